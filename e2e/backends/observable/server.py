"""The routes of the Django backend behind django-observable-socket, for the tests."""

import asyncio
import functools
import time
from urllib.parse import parse_qs

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="a test signs nothing worth forging",
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    # Sessions live in the cookie, so AuthMiddlewareStack needs no database.
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    ROOT_URLCONF=__name__,
)
# The router reads the settings when it is imported.
django.setup()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django_observable_socket import AsyncSocketRouterConsumer, SocketRouterConsumer  # noqa: E402

from sockets import handlers  # noqa: E402
from sockets.link import Link  # noqa: E402

# These neither wait nor send. The router calls `sayHello` by its method `on_say_hello`.
HANDLERS = {
    "sayHello": handlers.say_hello,
    "echo": handlers.echo,
    "add": handlers.add,
    "headers": handlers.headers,
    "status": handlers.status,
    "big": handlers.big,
    "nan": handlers.nan,
    "fail": handlers.fail,
    "ticker": handlers.ticker,
    "silent": handlers.silent,
    "whoAmI": handlers.who_am_i,
}
ROUTES = [{"route": route} for route in (*HANDLERS, "slow", "pushOnce", "closeMe")]


def method_of(route):
    return "on_" + "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in route)


def with_handlers(adapt):
    def add_to(consumer):
        for route, handler in HANDLERS.items():
            setattr(consumer, method_of(route), adapt(handler))
        return consumer

    return add_to


def synchronous(handler):
    @functools.wraps(handler)
    def on_route(self, call):
        return result(handler(self, call.payload, call.headers))

    return on_route


def result(answer):
    """The synchronous router passes the keys of what a handler returns on as arguments, and takes only this one."""
    return {"result": answer}


def asynchronous(handler):
    @functools.wraps(handler)
    async def on_route(self, call):
        return handler(self, call.payload, call.headers)

    return on_route


@with_handlers(synchronous)
class SyncConsumer(Link, SocketRouterConsumer):
    _routes = ROUTES

    def on_slow(self, call):
        time.sleep(call.payload["ms"] / 1000)
        return result(handlers.answer({"ms": call.payload["ms"]}))

    def on_push_once(self, call):
        self.send_json(handlers.push("pushed", call.payload["payload"]))
        return result(handlers.answer())

    def on_close_me(self, call):
        self.close((call.payload or {}).get("code"))
        return result(handlers.answer())


@with_handlers(asynchronous)
class AsyncConsumer(Link, AsyncSocketRouterConsumer):
    # Of a route whose access check passes, the asynchronous router never calls the handler.
    _routes = [*ROUTES, {"route": "checked", "check_access": lambda call: True}]

    async def on_slow(self, call):
        await asyncio.sleep(call.payload["ms"] / 1000)
        return handlers.answer({"ms": call.payload["ms"]})

    async def on_push_once(self, call):
        await self.send_json(handlers.push("pushed", call.payload["payload"]))
        return handlers.answer()

    async def on_close_me(self, call):
        await self.close((call.payload or {}).get("code"))
        return handlers.answer()

    async def on_checked(self, call):
        return handlers.answer()


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


async def healthz(request):
    return HttpResponse("ok")


urlpatterns = [path("healthz", healthz)]

application = ProtocolTypeRouter(
    {
        "http": get_asgi_application(),
        "websocket": AuthMiddlewareStack(
            URLRouter(
                [
                    path("ws/app/", AsyncConsumer.as_asgi()),
                    path("ws/sync/", SyncConsumer.as_asgi()),
                    path("ws/deny/", DenyConsumer.as_asgi()),
                    path("ws/denyafter/", DenyAfterConsumer.as_asgi()),
                ]
            )
        ),
    }
)
