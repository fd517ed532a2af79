"""What handlers answer with, and how they read what they are given."""


class Refused(Exception):
    """Ends a handler. The page shows the message to its user."""

    def __init__(self, message, status=422):
        super().__init__(message)
        self.message = message
        self.status = status


def answer(payload=None, status=200):
    """The router demands all three keys."""
    return {"payload": payload, "status": status, "headers": None}


def text_in(payload, key, longest):
    text = payload.get(key)
    if not isinstance(text, str) or not text.strip():
        raise Refused(f"The {key} must not be empty.")
    # PostgreSQL stores no NUL.
    text = text.replace("\0", "").strip()
    if len(text) > longest:
        raise Refused(f"The {key} has {len(text)} characters; {longest} are possible.")
    return text


def number_in(payload, key):
    number = payload.get(key)
    if not isinstance(number, int):
        raise Refused(f"The {key} must be a number.")
    return number
