"""Who is asking: a signed token that expires soon, and one to get the next token with."""

from django.conf import settings
from django.core import signing

from .answers import Refused

ACCESS, REFRESH = "access", "refresh"


def new_pass(name):
    return {"name": name, "token": new_token(name), "refresh": signing.dumps(name, salt=REFRESH)}


def new_token(name):
    return signing.dumps(name, salt=ACCESS)


def name_in(headers):
    """The name of the person whose token is in the headers."""
    token = headers.get("token") if isinstance(headers, dict) else None
    return _read(token, ACCESS, settings.TOKEN_SECONDS)


def refreshed(refresh):
    return new_token(_read(refresh, REFRESH, settings.REFRESH_SECONDS))


def _read(token, salt, seconds):
    try:
        return signing.loads(token, salt=salt, max_age=seconds)
    except (signing.BadSignature, TypeError, AttributeError):
        raise Refused("Please sign in again.", status=401) from None
