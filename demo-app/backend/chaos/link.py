"""One connection of a client, forwarded to the server."""

import asyncio
import collections
import contextlib
import socket
import struct

from .conditions import DOWN, UP
from .messages import Messages

CHUNK = 64 * 1024
# How many chunks wait for their latency. Then the sender has to wait.
MOST_WAITING = 256
# A throttled direction passes so many pieces on each second.
PIECES_PER_SECOND = 20

# What is received when there is nothing more to receive.
ENDED, WAS_RESET = object(), object()


class Link:
    """Two flows of bytes, and what is wrong with them."""

    def __init__(self, number, client, path, conditions, ends):
        (client_reader, client_writer), (server_reader, server_writer) = ends
        self.number = number
        self.client = client
        self.path = path
        self.conditions = conditions
        # A direction in which this link is dead for good, whatever the conditions are.
        self.blackhole = None
        self.up = Flow(self, UP, client_reader, server_writer)
        self.down = Flow(self, DOWN, server_reader, client_writer, Messages())
        self._task = None

    async def forward(self):
        """Until both directions have ended, or the link is reset."""
        self._task = asyncio.gather(self.up.run(), self.down.run())
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        finally:
            self._task.cancel()
            for flow in self.flows:
                flow.writer.close()

    @property
    def flows(self):
        return (self.up, self.down)

    def flow(self, direction):
        return {UP: self.up, DOWN: self.down}[direction]

    @property
    def is_dead(self):
        """Whether nothing passes any more, whatever the conditions are."""
        return self.blackhole == "both"

    def is_lost(self, direction):
        """Whether bytes in this direction vanish."""
        return any(hole in (direction, "both") for hole in (self.blackhole, self.conditions.blackhole))

    def silence(self, direction):
        """Ends this direction for good, and nobody hears of it."""
        self.blackhole = direction if self.blackhole in (None, direction) else "both"

    def set_conditions(self, conditions):
        self.conditions = conditions
        # What comes after a gap in a stream makes no sense.
        if any(flow.lost and not self.is_lost(flow.direction) for flow in self.flows):
            self.reset()

    def reset(self):
        """Ends it as a broken network does: with RST, for the client and for the server."""
        for flow in self.flows:
            reset(flow.writer)
        self._stop()

    def finish(self):
        """Ends it with FIN and no close frame, for the client and for the server."""
        for flow in self.flows:
            flow.writer.close()
        self._stop()

    def _stop(self):
        if self._task:
            self._task.cancel()

    def as_json(self):
        """The path is without its query, which may have a ticket in it."""
        return {
            "link": self.number,
            "client": self.client,
            "path": self.path,
            "blackhole": self.blackhole,
            "conditions": self.conditions.as_json(),
            "up": self.up.as_json(),
            "down": self.down.as_json(),
        }


class Flow:
    """One direction of a link."""

    def __init__(self, link, direction, reader, writer, messages=None):
        self.link = link
        self.direction = direction
        self.reader = reader
        self.writer = writer
        self.messages = messages
        self.passed = self.lost = self.inserted = 0
        # How many more bytes pass before the link is reset.
        self.left = None
        self._inserts = collections.deque()
        self._waiting = asyncio.Queue(MOST_WAITING)
        # Then what was drained has left this process.
        writer.transport.set_write_buffer_limits(high=0)

    def start_with(self, data):
        """What was read already."""
        self._waiting.put_nowait((asyncio.get_running_loop().time(), data))

    async def run(self):
        receiving = asyncio.create_task(self._receive())
        try:
            await self._deliver()
        finally:
            receiving.cancel()

    async def _receive(self):
        """Takes everything at once, so that a latency delays and does not slow down."""
        while True:
            try:
                data = await self.reader.read(CHUNK) or ENDED
            except OSError:
                data = WAS_RESET
            await self._waiting.put((asyncio.get_running_loop().time(), data))
            if data is ENDED or data is WAS_RESET:
                return

    async def _deliver(self):
        while True:
            received_at, data = await self._waiting.get()
            await self._await_latency(received_at)
            is_lost = self.link.is_lost(self.direction)
            if data is ENDED or data is WAS_RESET:
                if not is_lost:
                    self._end(data)
                return
            if is_lost:
                self.lost += len(data)
            else:
                await self._pass(data)

    async def _await_latency(self, received_at):
        """Looks again now and then: the latency may change meanwhile."""
        loop = asyncio.get_running_loop()
        while (left := received_at + self.link.conditions.latency_ms / 1000 - loop.time()) > 0:
            await asyncio.sleep(min(left, 0.05))

    def _end(self, how):
        if self.writer.is_closing():
            return
        if how is WAS_RESET:
            reset(self.writer)
        else:
            # The other end may be gone already, where nobody heard of it.
            with contextlib.suppress(OSError):
                self.writer.write_eof()

    async def _pass(self, data):
        while data:
            rate = self.link.conditions.bytes_per_second
            size = len(data) if rate is None else max(1, rate // PIECES_PER_SECOND)
            piece, data = data[:size], data[size:]
            if self.left is not None:
                piece = piece[: self.left]
                self.left -= len(piece)
            await self._write(piece)
            if self.left == 0:
                self.link.reset()
            if rate is not None:
                await asyncio.sleep(len(piece) / rate)

    async def _write(self, data):
        for part in self.messages.split(data) if self.messages else (data,):
            self._put(part)
            self.insert()
        self.passed += len(data)
        with contextlib.suppress(OSError):
            await self.writer.drain()

    def insert(self, *frames):
        """Puts these between two messages: now, or after the one that is under way. They vanish like any other."""
        if self.link.is_lost(self.direction):
            return
        self._inserts.extend(frames)
        while self._inserts and self.messages.is_between:
            self._put(self._inserts.popleft())
            self.inserted += 1

    def _put(self, data):
        # An end that is gone says so in the other direction.
        if not self.writer.is_closing():
            self.writer.write(data)

    def cut_after(self, left):
        self.left = left
        if left == 0:
            self.link.reset()

    def as_json(self):
        return {"passed": self.passed, "lost": self.lost, "inserted": self.inserted}


def reset(writer):
    """Closes a connection with RST."""
    if not writer.is_closing():
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
