"""The handlers that sync and async consumers share: none of them waits. `link` is the consumer."""

import uuid


def answer(payload=None, status=200, headers=None):
    """The router demands all three keys."""
    return {"payload": payload, "status": status, "headers": headers}


def push(route, payload, **more):
    return {"route": route, "headers": None, "payload": payload, "status": 200, **more}


def say_hello(link, payload, headers):
    name = (payload or {}).get("name", "World")
    return answer(f"Hello, {name}!")


def echo(link, payload, headers):
    return answer(payload)


def add(link, payload, headers):
    return answer(payload["a"] + payload["b"])


def headers(link, payload, headers):
    return answer(headers, headers=headers)


def status(link, payload, headers):
    return answer(payload.get("payload"), status=payload["code"])


def big(link, payload, headers):
    return answer("x" * payload["bytes"])


def nan(link, payload, headers):
    return answer(float("nan"))


def fail(link, payload, headers):
    """Each way of failing that the router treats differently; README.md says what the client sees."""
    match payload["kind"]:
        case "KeyError":
            return {}["missing"]
        case "AttributeError":
            return None.missing
        case "ValueError":
            raise ValueError("fail was asked for a ValueError")
        case "missingHeaders":
            return {"payload": None, "status": 200}
        case "none":
            return None
        case "unserializable":
            return answer(object())
        case kind:
            return answer(f"fail knows no kind {kind}", status=400)


def ticker(link, payload, headers):
    count, interval_ms = payload["count"], payload["interval_ms"]
    ids = payload.get("uuid", False)
    ticks = (push("tick", {"n": n}, **({"uuid": str(uuid.uuid4())} if ids else {})) for n in range(1, count + 1))
    link.push_after_answer(ticks, interval_ms / 1000)
    return answer({"count": count, "interval_ms": interval_ms})


def silent(link, payload, headers):
    ms = (payload or {}).get("ms")
    if ms is None:
        link.go_silent()
    else:
        link.go_silent(ms / 1000)
    return answer({"ms": ms})


def who_am_i(link, payload, headers):
    return answer(
        {"path": link.scope["path"], "link": link.link_id, "pings": link.pings, "open_links": link.open_links}
    )
