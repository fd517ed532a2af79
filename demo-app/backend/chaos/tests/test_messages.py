"""Messages that the server never sent land between those that it sent, and a real client reads all of them."""

import asyncio
import random
import struct
import unittest

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

from ..messages import Messages, frame
from .ends import WithProxy, soon

HANDSHAKE = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


def ends_in(stream):
    """After how many bytes something may be inserted."""
    messages, at, ends = Messages(), 0, []
    for part in messages.split(stream):
        at += len(part)
        if messages.is_between:
            ends.append(at)
    return ends


class WhereMessagesEnd(unittest.TestCase):
    def test_the_pieces_are_the_stream_wherever_it_is_torn(self):
        sizes = [0, 1, 125, 126, 127, 65_535, 65_536]
        whole = HANDSHAKE + b"".join(frame(1, bytes(size)) for size in sizes)
        expected = ends_in(whole)
        self.assertEqual(len(expected), 1 + len(sizes))
        for seed in range(20):
            torn, messages, at, ends = random.Random(seed), Messages(), 0, []
            while at < len(whole):
                chunk = whole[at : at + torn.choice([1, 2, 3, 100, 70_000])]
                pieces = list(messages.split(chunk))
                self.assertEqual(b"".join(pieces), chunk)
                # All pieces but perhaps the last one end where a message ends.
                for piece in pieces[: None if messages.is_between else -1]:
                    at += len(piece)
                    ends.append(at)
                if not messages.is_between:
                    at += len(pieces[-1])
            self.assertEqual(sorted(set(ends)), expected)

    def test_nothing_goes_between_fragments_but_a_ping_there_ends_nothing(self):
        first, ping, last = struct.pack("!BB", 0x01, 2) + b"ab", frame(0x9, b""), struct.pack("!BB", 0x80, 1) + b"c"
        start = len(HANDSHAKE)
        self.assertEqual(ends_in(HANDSHAKE + first + ping + last), [start, start + len(first + ping + last)])

    def test_nothing_goes_after_a_close_frame_or_into_another_protocol(self):
        self.assertEqual(ends_in(HANDSHAKE + frame(0x8, b"") + b"whatever"), [len(HANDSHAKE)])
        self.assertEqual(ends_in(b"HTTP/1.1 403 Forbidden\r\n\r\n" + frame(1, b"no")), [])


class Inserting(WithProxy):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.upstream.close()
        self.upstream = await soon(serve(self.talk, "127.0.0.1", self.proxy.upstream))

    async def talk(self, socket):
        async for text in socket:
            await socket.send(text)

    async def test_a_client_gets_what_was_inserted_as_messages_of_the_server(self):
        async with connect(f"ws://127.0.0.1:{self.proxy.port}/?client=ann") as socket:
            await socket.send("before")
            self.assertEqual(await soon(socket.recv()), "before")
            state = await self.ask(
                "/links/insert", {"client": "ann", "messages": [{"text": "not {json"}, {"base64": "AAEC"}]}
            )
            self.assertEqual(state["links"][0]["down"]["inserted"], 2)
            self.assertEqual(await soon(socket.recv()), "not {json")
            self.assertEqual(await soon(socket.recv()), b"\0\1\2")
            await socket.send("after")
            self.assertEqual(await soon(socket.recv()), "after")

    async def test_a_large_message_that_is_under_way_is_not_torn(self):
        url = f"ws://127.0.0.1:{self.proxy.port}/"
        async with connect(url, max_size=None) as socket:
            large = random.Random(1).randbytes(500_000).hex()
            await self.ask("/conditions", {"conditions": {"bytes_per_second": 1_000_000}})
            await socket.send(large)
            await soon(self.until_half_is_there())
            await self.ask("/links/insert", {"messages": [{"text": "between"}]})
            await self.ask("/conditions", {"conditions": {}})
            self.assertEqual(await soon(socket.recv()), large)
            self.assertEqual(await soon(socket.recv()), "between")

    async def until_half_is_there(self):
        while (await self.ask("/"))["links"][0]["down"]["passed"] < 1_000:
            await asyncio.sleep(0)
