"""The server of the soak. It remembers which call it executed how often, and has some live data.

`GET /memory` shows what it knows, `/change` makes a change at the place `one`, as somebody else would do, and `/expire` ends all
tokens. MEMORY is the file in which it keeps what it knows, and TOKEN_SECONDS is how long a token lasts.
"""

import asyncio
import json
import os
import time

import django
from django.conf import settings

LAYER = {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 1_000_000}}
settings.configure(CHANNEL_LAYERS={"default": LAYER})
django.setup()

from channels.layers import get_channel_layer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402
from django_channels_router import AsyncSocketRouterConsumer  # noqa: E402

from memory import ITEMS, Memory  # noqa: E402

TOKEN_SECONDS = float(os.environ.get("TOKEN_SECONDS", "3"))
memory = Memory(os.environ["MEMORY"])
# Tokens that were made earlier have expired.
tokens_since = 0.0


def answer(payload=None, status=200):
    return {"status": status, "headers": None, "payload": payload}


def square(number):
    """What tells that a reply belongs to its call."""
    return number * number % 1_000_003


def person_of(headers):
    """Who has this token, if it has not expired."""
    token = (headers or {}).get("token")
    name, _, expires = token.partition("@") if isinstance(token, str) else ("", "", "")
    is_good = expires and float(expires) > max(time.time(), tokens_since + TOKEN_SECONDS)
    return name if is_good else None


async def change(number, place, person, item, by):
    """Changes an item, and tells everybody who watches the place."""
    memory.execute(number, place, person, item, by)
    now = memory.places[place]
    push = {"version": now.version, "item": item, "by": by, "value": now.items[item]}
    await get_channel_layer().group_send(place, {"type": "push", "payload": push})


def signed_in(handler):
    """A 401 means that nothing was done."""

    async def on_route(self, payload, headers):
        person = person_of(headers)
        return await handler(self, payload, person) if person else answer(status=401)

    return on_route


class Soak(AsyncSocketRouterConsumer):
    routes = [
        {"route": name} for name in ("token", "work", "change", "put", "getItems", "watchItems", "unwatchItems")
    ]

    async def connect(self):
        self.place = self.scope["url_route"]["kwargs"]["place"]
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.place, self.channel_name)

    async def on_token(self, payload, headers):
        return answer(f"{payload['name']}@{time.time() + TOKEN_SECONDS}")

    @signed_in
    async def on_work(self, payload, person):
        number = payload["number"]
        memory.execute(number, self.place, person)
        await asyncio.sleep(payload["ms"] / 1000)
        match payload["ends"]:
            case "refused":
                return answer({"number": number}, 409)
            case "odd":
                return answer({"number": f"{number}"})
            case _:
                return answer({"number": number, "square": square(number)})

    @signed_in
    async def on_change(self, payload, person):
        number, item, by = payload["number"], payload["item"], payload["by"]
        if not 0 <= item < ITEMS:
            return answer({"number": number}, 409)
        await change(number, self.place, person, item, by)
        return answer({"number": number, "square": square(number)})

    @signed_in
    async def on_put(self, payload, person):
        """Setting an item twice does no more than setting it once."""
        number, item, value = payload["number"], payload["item"], payload["value"]
        await change(number, self.place, person, item, value - memory.places[self.place].items[item])
        return answer({"number": number, "square": square(number)})

    @signed_in
    async def on_get_items(self, payload, person):
        return answer(memory.places[self.place].as_json())

    @signed_in
    async def on_watch_items(self, payload, person):
        await self.channel_layer.group_add(self.place, self.channel_name)
        return answer()

    async def on_unwatch_items(self, payload, headers):
        await self.channel_layer.group_discard(self.place, self.channel_name)
        return answer()

    async def push(self, event):
        await self.send_json({"route": "itemChanged", "headers": None, "payload": event["payload"], "status": 200})


async def change_by_another():
    await change(0, "one", "carol", 1, 1)


async def expire():
    global tokens_since
    tokens_since = time.time()


async def show():
    return memory.as_json()


async def healthz():
    return "ok"


PAGES = {"/healthz": healthz, "/memory": show, "/change": change_by_another, "/expire": expire}


async def pages(scope, receive, send):
    page = PAGES.get(scope["path"])
    body = json.dumps(await page()).encode() if page else b""
    start = {"type": "http.response.start", "status": 200 if page else 404}
    await send({**start, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})


places = URLRouter([path("ws/<str:place>/", Soak.as_asgi())])
application = ProtocolTypeRouter({"http": pages, "websocket": places})
