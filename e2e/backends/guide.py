"""Starts each server that docs/guide shows, as the page says, and asks it what the page says about it."""

import asyncio
import contextlib
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import uuid

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

GUIDE = pathlib.Path(__file__).parents[2] / "docs" / "guide"
# Its first line names the file, and the command that runs it.
SERVER = re.compile(r"^```python\n# (?P<name>\w+)\.py: (?P<command>[^\n]+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
START_TIMEOUT = 30
REPLY_TIMEOUT = 10
SILENCE = 0.5


class Link:
    def __init__(self, websocket):
        self._websocket = websocket
        self.pushes = []

    async def call(self, route, payload=None, headers=None):
        """The status and the payload of the reply. What is pushed before it is kept."""
        request = {"uuid": str(uuid.uuid4()), "route": route, "headers": headers, "payload": payload, "status": 200}
        await self._websocket.send(json.dumps(request))
        while (message := await self._receive()).get("uuid") != request["uuid"]:
            self.pushes.append(message)
        return message.get("status"), message["payload"]

    async def push(self):
        """The route and the payload of the next push."""
        message = self.pushes.pop(0) if self.pushes else await self._receive()
        return message["route"], message["payload"]

    async def expect_no_push(self):
        with contextlib.suppress(TimeoutError):
            expect(await asyncio.wait_for(self.push(), SILENCE), None)

    async def close_code(self):
        with contextlib.suppress(ConnectionClosed):
            await self._receive()
        return self._websocket.close_code

    async def _receive(self):
        return json.loads(await asyncio.wait_for(self._websocket.recv(), REPLY_TIMEOUT))


@contextlib.asynccontextmanager
async def link_to(port, query=""):
    # As a page from another port.
    address = f"ws://127.0.0.1:{port}/ws/app/{query}"
    async with connect(address, proxy=None, origin="http://127.0.0.1:8080") as websocket:
        yield Link(websocket)


def expect(actual, expected):
    if actual != expected:
        raise AssertionError(f"expected {expected!r}, got {actual!r}")


async def hello(port):
    async with link_to(port) as link:
        expect(await link.call("sayHello", {"name": "World"}), (200, "Hello, World!"))
        await link.call("PING")
        expect((await link.call("noSuchRoute"))[0], 404)


def live(method):
    async def check(port):
        async with link_to(port) as one, link_to(port) as other:
            job = {"id": 1, "driver": 7, "title": "Deliver"}
            for link in (one, other):
                expect(await link.call("getJobs", {"driver": 7}), (200, [job]))
            expect(await one.call("renameJob", {"id": 1, "title": "by a call"}), (200, None))
            for link in (one, other):
                expect(await link.push(), ("jobChanged", {"job": job | {"title": "by a call"}}))
        async with link_to(port) as link:
            await link.call("getJobs", {"driver": 7})
            # By now, pushes to the links that are gone fail.
            for title in ("by a view", "by a view again"):
                await asyncio.to_thread(rename, port, title, method)
                expect(await link.push(), ("jobChanged", {"job": job | {"title": title}}))
            await link.expect_no_push()

    return check


def rename(port, title, method):
    address = f"http://127.0.0.1:{port}/jobs/1/rename/?title={urllib.parse.quote(title)}"
    urllib.request.urlopen(urllib.request.Request(address, method=method), timeout=REPLY_TIMEOUT).close()


async def watch(port):
    async with link_to(port) as link:
        for _ in range(2):
            expect(await link.call("watchRoom", {"room": 1}), (200, None))
        expect((await link.call("watchRoom", {"room": 4}))[0], 403)
        said = [{"room": room, "text": "hello"} for room in (1, 2)]
        for what in said:
            await link.call("say", what)
        expect(await link.push(), ("said", said[0]))
        await link.call("unwatchRoom", {"room": 1})
        await link.call("say", said[0])
        await link.expect_no_push()


async def login(port):
    async with link_to(port) as link:
        expect((await link.call("whoAmI"))[0], 401)
        wrong = {"name": "alice", "password": "guess"}
        expect(await link.call("login", wrong), (400, {"password": "This is wrong."}))
        status, session = await link.call("login", wrong | {"password": "s3cret"})
        expect(status, 200)
        expect(await link.call("whoAmI", None, session), (200, "alice"))
    async with link_to(port, "?ticket=old") as link:
        expect(await link.close_code(), 4401)
    async with link_to(port, f"?ticket={session['token']}") as link:
        expect((await link.call("whoAmI"))[0], 401)


CHECKS = {
    "hello_channels": hello,
    "hello_observable": hello,
    "hello_fastapi": hello,
    "live_channels": live("GET"),
    "live_fastapi": live("POST"),
    "watch_channels": watch,
    "watch_fastapi": watch,
    "login_channels": login,
    "login_fastapi": login,
}


@contextlib.contextmanager
def running(name, command, code):
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as log:
        pathlib.Path(folder, f"{name}.py").write_text(code)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = [sys.executable, "-m", *command.replace("8000", str(port)).split()]
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            wait_until_ready(process, port)
            yield port
        except AssertionError:
            log.seek(0)
            print("The server's last words:", *log.readlines()[-30:], file=sys.stderr)
            raise
        finally:
            process.kill()
            process.wait()


def wait_until_ready(process, port):
    deadline = time.monotonic() + START_TIMEOUT
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        time.sleep(0.05)
    raise AssertionError("the server did not start")


def main():
    text = "".join(page.read_text() for page in sorted(GUIDE.glob("*.md")))
    servers = {server["name"]: server for server in SERVER.finditer(text)}
    expect(sorted(servers), sorted(CHECKS))
    for name, check in CHECKS.items():
        with running(name, servers[name]["command"], servers[name]["code"]) as port:
            try:
                asyncio.run(check(port))
            except AssertionError as error:
                raise AssertionError(f"{name}: {error}") from error
    print(f"guide: {len(CHECKS)} servers are as they are described")


if __name__ == "__main__":
    try:
        main()
    except AssertionError as error:
        sys.exit(f"FAILED {error}")
