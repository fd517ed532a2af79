"""Who is asking: a signed token that expires soon, and one to get the next token with."""

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import F

from .answers import Refused
from .models import TokenEpoch

ACCESS, REFRESH = "access", "refresh"


def new_pass(name):
    return {"name": name, "token": new_token(name), "refresh": signing.dumps(name, salt=REFRESH)}


def new_token(name):
    return signing.dumps([name, _epoch_of(name)], salt=ACCESS)


def name_in(headers):
    """The name of the person whose token is in the headers."""
    token = headers.get("token") if isinstance(headers, dict) else None
    name, epoch = _read(token, ACCESS, settings.TOKEN_SECONDS)
    if epoch != _epoch_of(name):
        raise _refused()
    return name


def refreshed(refresh):
    return new_token(_read(refresh, REFRESH, settings.REFRESH_SECONDS))


def expire(name):
    """Ends all tokens of a person that there are, on every page and in every process. Their refresh tokens still work."""
    with transaction.atomic():
        TokenEpoch.objects.get_or_create(name=name)
        TokenEpoch.objects.filter(name=name).update(epoch=F("epoch") + 1)


def _epoch_of(name):
    return TokenEpoch.objects.filter(name=name).values_list("epoch", flat=True).first() or 0


def _read(token, salt, seconds):
    try:
        return signing.loads(token, salt=salt, max_age=seconds)
    except (signing.BadSignature, TypeError, AttributeError):
        raise _refused() from None


def _refused():
    return Refused("Please sign in again.", status=401)
