"""What should go wrong, said over HTTP.

Each route answers with the state of the proxy as it is then. A body is a JSON object. With a `client` it means the links of that
client, without one those of all.

    GET  /?client=..        only the state
    POST /conditions        sets `conditions` (see `conditions.py`), for open and for new links
    POST /links/reset       ends the open links with RST
    POST /links/finish      ends them with FIN, and no close frame
    POST /links/silence     makes them half-open: bytes vanish in `direction`, "up", "down" or (by default) "both"
    POST /links/cut         lets `bytes` more pass in `direction` ("down" by default), and then ends them with RST
    POST /links/insert      puts `messages`, each a {"text": ..} or a {"base64": ..}, between those that the server sends
    POST /listening         whether to listen: {"listening": false} has the kernel refuse all new connections
    POST /server/restart    ends the server with `signal` ("SIGTERM" by default), and starts it again
    POST /server/start      starts it, if it has stopped
"""

import asyncio
import base64
import contextlib
import json
import signal

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Route

from .conditions import BLACKHOLES, DOWN, UP, Conditions
from .messages import BINARY, TEXT, frame

SIGNALS = {name: signal.Signals[name] for name in ("SIGTERM", "SIGINT", "SIGKILL")}

# Only pages that this machine serves may read or change anything. A body has to be JSON, which other pages may not send without
# asking first, and they are told no.
MIDDLEWARE = [
    Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"]),
    Middleware(
        CORSMiddleware,
        allow_origin_regex=r"https?://(127\.0\.0\.1|localhost)(:\d+)?",
        allow_methods=["GET", "POST"],
        allow_headers=["content-type"],
    ),
]


def control_app(proxy, server=None):
    """An ASGI application. As long as it runs, so do the proxy and the server."""
    control = Control(proxy, server)
    routes = [
        Route("/", control.state),
        *(
            Route(path, control.route(action), methods=["POST"])
            for path, action in {
                "/conditions": control.set_conditions,
                "/links/reset": control.reset,
                "/links/finish": control.finish,
                "/links/silence": control.silence,
                "/links/cut": control.cut,
                "/links/insert": control.insert,
                "/listening": control.set_listening,
                "/server/restart": control.restart,
                "/server/start": control.start,
            }.items()
        ),
    ]

    @contextlib.asynccontextmanager
    async def lifespan(app):
        await proxy.listen()
        starting = asyncio.create_task(server.start()) if server else None
        yield
        proxy.stop()
        if server:
            starting.cancel()
            await asyncio.wait({starting})
            await server.stop()

    return Starlette(routes=routes, middleware=MIDDLEWARE, lifespan=lifespan)


class Control:
    def __init__(self, proxy, server):
        self.proxy = proxy
        self.server = server

    async def state(self, request):
        return JSONResponse(self.as_json(request.query_params.get("client")))

    def route(self, action):
        async def endpoint(request):
            try:
                if request.headers.get("content-type") != "application/json":
                    raise ValueError("the body has to be application/json")
                body = await request.json()
                if not isinstance(body, dict) or not isinstance(body.get("client"), str | None):
                    raise ValueError("the body has to be an object, and its client a string")
                acted_on = await action(body)
            except json.JSONDecodeError:
                return refusal("the body is not JSON")
            except (ValueError, TypeError, KeyError) as error:
                return refusal(str(error))
            return JSONResponse({**self.as_json(body.get("client")), "acted_on": acted_on})

        return endpoint

    def as_json(self, client):
        """`links` are those of the client; `others` is how many more there are."""
        links = self.proxy.links_of(client)
        return {
            "listening": self.proxy.is_listening,
            "server": self.server.as_json() if self.server else None,
            "conditions": self.proxy.conditions_of(client).as_json(),
            "links": [link.as_json() for link in links],
            "others": len(self.proxy.links) - len(links),
        }

    # --- each action says on how many living links it acted ---

    async def set_conditions(self, body):
        self.proxy.set_conditions(Conditions.of(body.get("conditions", {})), body.get("client"))
        return self._each(body, lambda link: None)

    async def reset(self, body):
        return self._each(body, lambda link: link.reset())

    async def finish(self, body):
        return self._each(body, lambda link: link.finish())

    async def silence(self, body):
        direction = one_of([hole for hole in BLACKHOLES if hole], body, "direction", "both")
        return self._each(body, lambda link: link.silence(direction))

    async def cut(self, body):
        direction, left = one_of((UP, DOWN), body, "direction", DOWN), body.get("bytes", 0)
        if type(left) is not int or left < 0:
            raise ValueError("bytes has to be a number from 0 on")
        return self._each(body, lambda link: link.flow(direction).cut_after(left))

    async def insert(self, body):
        frames = [frame_of(message) for message in body.get("messages", [])]
        return self._each(body, lambda link: link.down.insert(*frames))

    async def set_listening(self, body):
        if one_of((True, False), body, "listening", True):
            await self.proxy.listen()
        else:
            self.proxy.refuse()
        return 0

    async def restart(self, body):
        how = one_of(SIGNALS, body, "signal", "SIGTERM")
        links = len(self.proxy.links)
        await self._server().restart(SIGNALS[how])
        return links

    async def start(self, body):
        await self._server().start()
        return 0

    def _server(self):
        if not self.server:
            raise ValueError("the proxy does not run its server, so it cannot restart it")
        return self.server

    def _each(self, body, act):
        """A link that is dead already is ended too, but does not count."""
        links = [(link, link.is_dead) for link in self.proxy.links_of(body.get("client"))]
        for link, _ in links:
            act(link)
        return sum(not was_dead for _, was_dead in links)


def one_of(allowed, body, key, default):
    wanted = body.get(key, default)
    if wanted not in allowed:
        raise ValueError(f"{key} has to be one of {', '.join(json.dumps(one) for one in allowed)}")
    return wanted


def frame_of(message):
    if not isinstance(message, dict) or not isinstance(message.get("text", message.get("base64")), str):
        raise ValueError('a message has to be {"text": ..} or {"base64": ..}')
    if "text" in message:
        return frame(TEXT, message["text"].encode())
    return frame(BINARY, base64.b64decode(message["base64"], validate=True))


def refusal(why):
    return JSONResponse({"message": why}, 422)
