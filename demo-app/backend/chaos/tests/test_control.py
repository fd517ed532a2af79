"""Who may say what goes wrong, and what happens to those who say nonsense; and a server that is restarted."""

import asyncio
import os
import signal
import socket
import sys

from ..server import Server
from .ends import WithProxy, soon

SERVER = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(os.getpid()).encode())
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


class Control(WithProxy):
    async def test_pages_of_this_machine_may_use_it(self):
        await self.ask("/", headers={"origin": "http://localhost:8080"})
        self.assertEqual(self.headers["access-control-allow-origin"], "http://localhost:8080")

    async def test_other_pages_may_not(self):
        await self.ask("/", headers={"origin": "http://127.0.0.1.evil.example"})
        self.assertNotIn("access-control-allow-origin", self.headers)
        await self.ask("/", headers={"host": "evil.example"}, expect=400)
        # All that a page may send without asking.
        await self.ask("/links/reset", {}, headers={"content-type": "text/plain"}, expect=422)

    async def test_it_listens_on_this_machine_alone(self):
        address = self.uvicorn.servers[0].sockets[0].getsockname()[0]
        self.assertEqual(address, "127.0.0.1")

    async def test_nonsense_is_refused_and_changes_nothing(self):
        before = await self.ask("/")
        for path, body in [
            ("/conditions", []),
            ("/conditions", {"conditions": {"latency": 1}}),
            ("/conditions", {"conditions": {"latency_ms": "1"}}),
            ("/conditions", {"conditions": {"bytes_per_second": 0}}),
            ("/conditions", {"conditions": {"blackhole": "left"}}),
            ("/conditions", {"conditions": 1}),
            ("/conditions", {"client": 1}),
            ("/links/cut", {"bytes": -1}),
            ("/links/cut", {"direction": "both"}),
            ("/links/silence", {"direction": {}}),
            ("/links/insert", {"messages": [{"text": 1}]}),
            ("/links/insert", {"messages": [{"base64": "?"}]}),
            ("/links/insert", {"messages": 1}),
            ("/server/restart", {}),
        ]:
            with self.subTest(path=path, body=body):
                await self.ask(path, body, expect=422)
        self.assertEqual(await self.ask("/"), before)

    async def test_the_state_has_no_query_and_tells_a_client_of_its_own_links(self):
        await self.connect("ann")
        await self.connect("ben")
        state = await self.ask("/?client=ann")
        self.assertEqual([(link["client"], link["path"]) for link in state["links"]], [("ann", "/ws/")])
        self.assertEqual(state["others"], 1)
        self.assertNotIn("secret", str(state))


class Restart(WithProxy):
    async def asyncSetUp(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.server = Server([sys.executable, "-c", SERVER, str(port)], port, "/")
        await super().asyncSetUp()
        self.proxy.upstream = port
        await soon(self.until("up"))

    async def test_a_restarted_server_is_another_process_and_answers(self):
        before = await self.pid()
        state = await self.ask("/server/restart", {})
        self.assertEqual(state["server"], {"state": "up", "starts": 2})
        after = await self.pid()
        self.assertNotEqual(before, after)
        with self.assertRaises(ProcessLookupError):
            os.kill(before, 0)

    async def test_a_server_that_is_killed_is_down_until_it_is_started(self):
        os.kill(await self.pid(), signal.SIGKILL)
        await soon(self.until("down"))
        await self.assert_refused()
        self.assertEqual((await self.ask("/server/start", {}))["server"]["state"], "up")
        await self.pid()

    async def test_it_ends_with_the_proxy(self):
        pid = await self.pid()
        self.uvicorn.should_exit = True
        await soon(asyncio.shield(self.serving))
        with self.assertRaises(ProcessLookupError):
            os.kill(pid, 0)

    async def until(self, state):
        while (await self.ask("/"))["server"]["state"] != state:
            pass

    async def pid(self):
        reader, writer = await soon(asyncio.open_connection("127.0.0.1", self.proxy.port))
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        answer = await soon(reader.read())
        writer.close()
        return int(answer.rpartition(b"\r\n")[2])
