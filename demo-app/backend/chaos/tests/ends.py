"""Both ends of a proxied link, and the control port."""

import asyncio
import contextlib
import json
import unittest
import urllib.error
import urllib.request

import uvicorn

from ..control import control_app
from ..proxy import Proxy

# Nothing here is awaited for longer. A test that gets this far has failed.
SOON = 5


def soon(awaitable):
    return asyncio.wait_for(awaitable, SOON)


class Far:
    """The end of a link at the server."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer


class WithProxy(unittest.IsolatedAsyncioTestCase):
    """A proxy with a control port, and a server that does what a test wants."""

    server = None

    async def asyncSetUp(self):
        self.unhandled = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: self.unhandled.append(context))
        self.arrived = asyncio.Queue()
        self.upstream = await asyncio.start_server(
            lambda reader, writer: self.arrived.put_nowait(Far(reader, writer)), "127.0.0.1", 0
        )
        self.proxy = Proxy(0, port_of(self.upstream))
        await self.start_control(control_app(self.proxy, self.server))

    async def start_control(self, app):
        config = uvicorn.Config(app, port=0, ws="none", lifespan="on", log_level="warning")
        self.uvicorn = uvicorn.Server(config)
        self.uvicorn.capture_signals = contextlib.nullcontext
        self.serving = asyncio.create_task(self.uvicorn.serve())
        while not self.uvicorn.started:
            self.assertFalse(self.serving.done(), "the control port did not open")
            await asyncio.sleep(0)
        self.control = port_of(self.uvicorn.servers[0])

    async def asyncTearDown(self):
        self.uvicorn.should_exit = True
        await self.serving
        self.upstream.close()
        self.assertEqual(self.unhandled, [])

    async def connect(self, client=None):
        """Both ends of a new link, which has passed the head of a request."""
        reader, writer = await soon(asyncio.open_connection("127.0.0.1", self.proxy.port))
        self.addCleanup(writer.close)
        address = "/ws/" if client is None else f"/ws/?client={client}&token=secret"
        writer.write(f"GET {address} HTTP/1.1\r\nHost: here\r\n\r\n".encode())
        far = await soon(self.arrived.get())
        self.addCleanup(far.writer.close)
        await soon(far.reader.readuntil(b"\r\n\r\n"))
        return reader, writer, far

    async def ask(self, path, body=None, headers=None, expect=200):
        """Asks the control port: GET without a body, POST with one."""
        url = f"http://127.0.0.1:{self.control}{path}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"content-type": "application/json", **(headers or {})})

        def send():
            try:
                with urllib.request.urlopen(request, timeout=SOON) as response:
                    return response.status, response.headers, json.loads(response.read())
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, error.headers, error.read()

        status, self.headers, answer = await asyncio.to_thread(send)
        self.assertEqual(status, expect, answer)
        return answer

    async def assert_reset(self, reader):
        """It ends with RST."""
        with self.assertRaises(ConnectionResetError):
            while await soon(reader.read(1024)):
                pass

    async def assert_refused(self, client=None):
        """A new link gets no further than to the proxy."""
        try:
            reader, writer, _ = await soon(self.attempt(client))
        except ConnectionRefusedError:
            return
        await self.assert_reset(reader)
        writer.close()

    async def attempt(self, client):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.proxy.port)
        writer.write(f"GET /?client={client} HTTP/1.1\r\n\r\n".encode())
        return reader, writer, None


def port_of(server):
    return server.sockets[0].getsockname()[1]
