"""Asks every route of the backend for real, of the sync and the async consumer, under daphne and uvicorn."""

import asyncio
import contextlib
import http.client
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import uuid

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

SERVE = pathlib.Path(__file__).with_name("serve.sh")
SERVERS = ("daphne", "uvicorn")
PATHS = ("/ws/sync/", "/ws/async/", "/ws/app/")
START_TIMEOUT = 30
REPLY_TIMEOUT = 10

# What the client sees when a handler crashes; 1006 stands for a link that ends without a close frame.
CRASHED = {"daphne": 1011, "uvicorn": 1006}


class Link:
    """One connection to a path of one server."""

    def __init__(self, server, path, websocket):
        self.server = server
        self.swaps_errors = path != "/ws/sync/"
        self._websocket = websocket

    async def send(self, route, payload=None, headers=None):
        message = {"uuid": str(uuid.uuid4()), "route": route, "headers": headers, "payload": payload, "status": 200}
        await self._websocket.send(json.dumps(message))
        return message

    async def receive(self):
        return json.loads(await asyncio.wait_for(self._websocket.recv(), REPLY_TIMEOUT))

    async def call(self, route, payload=None, headers=None):
        """The reply to this request, which must be the next frame."""
        request = await self.send(route, payload, headers)
        reply = await self.receive()
        expect([reply["uuid"], reply["route"]], [request["uuid"], route])
        return reply

    async def payload_of(self, route, payload=None):
        reply = await self.call(route, payload)
        expect(reply["status"], 200)
        return reply["payload"]

    async def close_code(self):
        try:
            frame = await self.receive()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006
        raise AssertionError(f"expected the link to close, got {frame}")


@contextlib.asynccontextmanager
async def link_to(server, path):
    name, port = server
    async with connect(f"ws://127.0.0.1:{port}{path}", proxy=None, max_size=None) as websocket:
        yield Link(name, path, websocket)


def expect(actual, expected):
    if actual != expected:
        raise AssertionError(f"expected {expected!r}, got {actual!r}")


# --- the checks, each on a link of its own ---


async def answers(link):
    expect(await link.payload_of("sayHello"), "Hello, World!")
    expect(await link.payload_of("sayHello", {"name": "Ali"}), "Hello, Ali!")
    expect(await link.payload_of("add", {"a": 2, "b": 40}), 42)
    for payload in ({"a": [1, None]}, [], 0, False, "", None, "😀"):
        expect(await link.payload_of("echo", payload), payload)
    expect(await link.payload_of("slow", {"ms": 20}), {"ms": 20})
    expect(len(await link.payload_of("big", {"bytes": 100_000})), 100_000)
    expect(str(await link.payload_of("nan")), "nan")


async def echoes_headers(link):
    headers = {"token": "XYZ", "nested": {"a": 1}}
    reply = await link.call("headers", None, headers)
    expect([reply["headers"], reply["payload"]], [headers, headers])


async def answers_with_each_status(link):
    for code in (200, 201, 204, 299, 402, 404, 429, 500, 503, 999):
        reply = await link.call("status", {"code": code, "payload": {"why": code}})
        expect([reply["status"], reply["payload"]], [code, {"why": code}])
    expect((await link.call("status", {"code": 401}))["payload"], None)


async def knows_no_other_route(link):
    expect((await link.call("noSuchRoute"))["status"], 404)


async def answers_ping(link):
    expect((await link.call("PING"))["status"], 200)


async def fails_with_an_answer(link):
    reply = await link.call("fail", {"kind": "AttributeError"})
    expect([reply["status"], reply["payload"]], [500, {"Error": "Route not declared properly in backend"}])
    expect((await link.call("fail", {"kind": "nonsense"}))["status"], 400)
    for kind in ("KeyError", "missingHeaders"):
        request = await link.send("fail", {"kind": kind})
        reply = await link.receive()
        names = [request["uuid"], "fail"]
        expect([reply["uuid"], reply["route"]], names[::-1] if link.swaps_errors else names)
        expect([reply["status"], reply["payload"]], [400, None])


def crashes(kind):
    async def check(link):
        await link.send("fail", {"kind": kind})
        expect(await link.close_code(), CRASHED[link.server])

    check.__name__ = f"crashes_on_{kind}"
    return check


def closes(code, daphne=None):
    async def check(link):
        await link.send("closeMe", {"code": code})
        expect(await link.close_code(), daphne if daphne and link.server == "daphne" else code)

    check.__name__ = f"closes_with_{code}"
    return check


async def closes_with_1000_by_default(link):
    await link.send("closeMe")
    expect(await link.close_code(), 1000)


async def ticks_after_the_answer(link):
    for ids in (False, True):
        ticker = {"count": 3, "interval_ms": 0}
        expect(await link.payload_of("ticker", {**ticker, "uuid": ids}), ticker)
        for n in (1, 2, 3):
            tick = await link.receive()
            expect("uuid" in tick, ids)
            tick.pop("uuid", None)
            expect(tick, {"route": "tick", "headers": None, "payload": {"n": n}, "status": 200})
    # The last ticker ends with the link.
    await link.payload_of("ticker", {"count": 1000, "interval_ms": 1})


async def pushes_before_the_answer(link):
    request = await link.send("pushOnce", {"payload": {"news": 1}})
    expect(await link.receive(), {"route": "pushed", "headers": None, "payload": {"news": 1}, "status": 200})
    expect((await link.receive())["uuid"], request["uuid"])


async def goes_silent(link):
    expect(await link.payload_of("silent", {"ms": 300}), {"ms": 300})
    unheard = (await link.send("PING"))["uuid"]
    heard = asyncio.create_task(link.receive())
    while not heard.done():
        await link.send("echo", "is anybody there?")
        await asyncio.wait([heard], timeout=0.01)
    # Answers come in the order of the requests, so the PING has none.
    expect([heard.result()["route"], heard.result()["uuid"] != unheard], ["echo", True])


CHECKS = [
    answers,
    echoes_headers,
    answers_with_each_status,
    knows_no_other_route,
    answers_ping,
    fails_with_an_answer,
    *map(crashes, ("ValueError", "none", "unserializable")),
    *map(closes, (1000, 3000, 4000, 4403)),
    # daphne sends no other code below 3000, so the handler crashes instead.
    *(closes(code, daphne=1011) for code in (1001, 1008, 1011)),
    closes_with_1000_by_default,
    ticks_after_the_answer,
    pushes_before_the_answer,
    goes_silent,
]


# --- the checks of a whole server ---


async def counts_its_links(server, path):
    async with link_to(server, path) as first, link_to(server, path) as second:
        a, b = await first.payload_of("whoAmI"), await second.payload_of("whoAmI")
        expect([a["path"], a["open_links"], b["open_links"]], [path, 2, 2])
        expect(a["link"] != b["link"], True)
    await eventually_alone(server, path)


async def eventually_alone(server, path):
    async with link_to(server, path) as link, asyncio.timeout(REPLY_TIMEOUT):
        while (await link.payload_of("whoAmI"))["open_links"] > 1:
            pass


async def denies(server):
    try:
        async with link_to(server, "/ws/deny/"):
            raise AssertionError("the handshake should be refused")
    except InvalidStatus as refused:
        expect(refused.response.status_code, 403)


async def denies_after_accepting(server):
    codes = {"": 4403, "?code=1000": 1000, "?code=4000": 4000, "?code=1008": 1011 if server[0] == "daphne" else 1008}
    for query, code in codes.items():
        async with link_to(server, f"/ws/denyafter/{query}") as link:
            expect(await link.close_code(), code)


# --- running them ---


async def check_server(server):
    for path in PATHS:
        await counts_its_links(server, path)
    await denies(server)
    await denies_after_accepting(server)
    # Together, because daphne takes a second to close the link of a handler that crashed.
    results = await asyncio.gather(*(run(check, server, path) for path in PATHS for check in CHECKS))
    failures = [result for result in results if result]
    if failures:
        raise AssertionError("\n".join(failures))
    await eventually_alone(server, PATHS[0])


async def run(check, server, path):
    try:
        async with link_to(server, path) as link:
            await check(link)
    except Exception as error:
        return f"{server[0]} {path} {check.__name__}: {error or error!r}"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextlib.contextmanager
def running(name):
    port = free_port()
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen([SERVE, name, str(port)], stdout=log, stderr=log)
        try:
            wait_until_ready(process, port)
            yield (name, port)
        except AssertionError:
            log.seek(0)
            print("The server's last words:", *log.readlines()[-30:], file=sys.stderr)
            raise
        finally:
            process.kill()
            process.wait()


def wait_until_ready(process, port):
    deadline = time.monotonic() + START_TIMEOUT
    while not answers_http(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError("the server did not start")
        time.sleep(0.05)


def answers_http(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    with contextlib.suppress(OSError), contextlib.closing(connection):
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    return False


def main():
    for name in SERVERS:
        start = time.monotonic()
        with running(name) as server:
            asyncio.run(check_server(server))
        print(f"{name}: {len(CHECKS) * len(PATHS)} checks passed in {time.monotonic() - start:.1f} s")


if __name__ == "__main__":
    try:
        main()
    except AssertionError as error:
        sys.exit(f"FAILED {error}")
