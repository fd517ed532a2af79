"""The same routes twice: for django-channels-router's synchronous and for its asynchronous consumer."""

import asyncio
import functools
import time
from urllib.parse import parse_qs

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django_channels_router import AsyncSocketRouterConsumer, SocketRouterConsumer

from . import handlers
from .link import Link

# The router calls `sayHello` by its method `on_say_hello`.
ROUTES = [
    {"route": route}
    for route in (
        "sayHello",
        "echo",
        "add",
        "headers",
        "status",
        "big",
        "nan",
        "fail",
        "ticker",
        "silent",
        "whoAmI",
        "slow",
        "pushOnce",
        "closeMe",
    )
]


class SyncConsumer(Link, SocketRouterConsumer):
    routes = ROUTES

    on_say_hello = handlers.say_hello
    on_echo = handlers.echo
    on_add = handlers.add
    on_headers = handlers.headers
    on_status = handlers.status
    on_big = handlers.big
    on_nan = handlers.nan
    on_fail = handlers.fail
    on_ticker = handlers.ticker
    on_silent = handlers.silent
    on_who_am_i = handlers.who_am_i

    def on_slow(self, payload, headers):
        time.sleep(payload["ms"] / 1000)
        return handlers.answer({"ms": payload["ms"]})

    def on_push_once(self, payload, headers):
        self.send_json(handlers.push("pushed", payload["payload"]))
        return handlers.answer()

    def on_close_me(self, payload, headers):
        self.close((payload or {}).get("code"))
        # Nobody is left to answer.
        raise StopConsumer


def asynchronous(handler):
    @functools.wraps(handler)
    async def on_route(self, payload, headers):
        return handler(self, payload, headers)

    return on_route


class AsyncConsumer(Link, AsyncSocketRouterConsumer):
    routes = ROUTES

    on_say_hello = asynchronous(handlers.say_hello)
    on_echo = asynchronous(handlers.echo)
    on_add = asynchronous(handlers.add)
    on_headers = asynchronous(handlers.headers)
    on_status = asynchronous(handlers.status)
    on_big = asynchronous(handlers.big)
    on_nan = asynchronous(handlers.nan)
    on_fail = asynchronous(handlers.fail)
    on_ticker = asynchronous(handlers.ticker)
    on_silent = asynchronous(handlers.silent)
    on_who_am_i = asynchronous(handlers.who_am_i)

    async def on_slow(self, payload, headers):
        await asyncio.sleep(payload["ms"] / 1000)
        return handlers.answer({"ms": payload["ms"]})

    async def on_push_once(self, payload, headers):
        await self.send_json(handlers.push("pushed", payload["payload"]))
        return handlers.answer()

    async def on_close_me(self, payload, headers):
        await self.close((payload or {}).get("code"))
        # Nobody is left to answer.
        raise StopConsumer


class DenyConsumer(AsyncWebsocketConsumer):
    """Refuses the handshake."""

    async def connect(self):
        await self.close()


class DenyAfterConsumer(AsyncWebsocketConsumer):
    """Accepts the link and closes it at once, with the `?code=` of its address or 4403."""

    async def connect(self):
        await self.accept()
        query = parse_qs(self.scope["query_string"].decode())
        await self.close(int(query.get("code", ["4403"])[0]))
