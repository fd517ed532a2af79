"""The routes of the Django backend behind fastapi-observable-socket, for the tests."""

import asyncio
import uuid

from fastapi import FastAPI, WebSocket
from fastapi_observable_socket import SocketRouter

from sockets import handlers
from sockets.handlers import answer, push

application = FastAPI()
router = SocketRouter()
background = set()


async def whole(ws, message):
    """What a handler gets as its only argument. Without this it never sees a payload."""
    return ws, message["payload"], message["headers"]


async def refuse(message, local):
    return False


def add_shared(route, handler):
    @router.route(route, options={"hydrate": whole})
    async def on_route(call):
        return handler(*call)


for route, handler in {
    "sayHello": handlers.say_hello,
    "echo": handlers.echo,
    "add": handlers.add,
    "headers": handlers.headers,
    "status": handlers.status,
    "big": handlers.big,
    "nan": handlers.nan,
    "fail": handlers.fail,
}.items():
    add_shared(route, handler)


@router.route("slow", options={"hydrate": whole})
async def slow(call):
    _, payload, _ = call
    await asyncio.sleep(payload["ms"] / 1000)
    return answer({"ms": payload["ms"]})


@router.route("pushOnce", options={"hydrate": whole})
async def push_once(call):
    ws, payload, _ = call
    await ws.send_json(push("pushed", payload["payload"]))
    return answer()


@router.route("ticker", options={"hydrate": whole})
async def ticker(call):
    ws, payload, _ = call
    count, interval_ms, ids = payload["count"], payload["interval_ms"], payload.get("uuid", False)

    async def tick():
        for n in range(1, count + 1):
            await asyncio.sleep(interval_ms / 1000)
            await ws.send_json(push("tick", {"n": n}, **({"uuid": str(uuid.uuid4())} if ids else {})))

    background.add(asyncio.create_task(tick()))
    return answer({"count": count, "interval_ms": interval_ms})


@router.route("closeMe", options={"hydrate": whole})
async def close_me(call):
    ws, payload, _ = call
    await ws.close(payload.get("code", 1000))
    return answer()


# What the router does when data is refused: no answer, and none to anything after it, PING included.
@router.route("silent", options={"data_check": refuse})
async def silent(call):
    return answer()


async def never(ws):
    return False


guarded = SocketRouter(access_logic=never)


@application.get("/healthz")
async def healthz():
    return "ok"


@application.websocket("/ws/app/")
async def app(ws: WebSocket):
    await router(ws)


@application.websocket("/ws/deny/")
async def deny(ws: WebSocket):
    """Refuses the handshake."""
    await guarded(ws)


@application.websocket("/ws/denyafter/")
async def deny_after(ws: WebSocket, code: int = 4403):
    """Accepts the link and closes it at once."""
    await ws.accept()
    await ws.close(code)
