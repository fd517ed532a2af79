"""Listens for clients, and forwards what they send to the server."""

import asyncio
import collections
import contextlib
import urllib.parse

from .conditions import FINE
from .link import Link, reset

# The proxy remembers the conditions of so many clients.
MOST_CLIENTS = 1000


class Proxy:
    """A client is who has the same `?client=` in its address, over all of its links. Others have none."""

    def __init__(self, port, upstream):
        self.port = port
        self.upstream = upstream
        self.links = {}
        self._conditions_of_all = FINE
        self._conditions = collections.OrderedDict()
        self._listener = None
        self._last = 0

    # --- listening ---

    @property
    def is_listening(self):
        return self._listener is not None

    async def listen(self):
        if not self._listener:
            self._listener = await asyncio.start_server(self._handle, "127.0.0.1", self.port)
            self.port = self._listener.sockets[0].getsockname()[1]

    def refuse(self):
        """Stops listening: the kernel refuses new connections. Those that are open stay."""
        if self._listener:
            self._listener.close()
            self._listener = None

    def stop(self):
        self.refuse()
        for link in self.links_of():
            link.reset()

    # --- conditions, which hold for new links too ---

    def conditions_of(self, client=None):
        """Of one client, or of those that have none of their own."""
        return self._conditions.get(client, self._conditions_of_all)

    def set_conditions(self, conditions, client=None):
        """Of one client; or of all, whatever was set for one of them before."""
        if client is None:
            self._conditions_of_all = conditions
            self._conditions.clear()
        else:
            self._conditions[client] = conditions
            self._conditions.move_to_end(client)
            if len(self._conditions) > MOST_CLIENTS:
                self._conditions.popitem(last=False)
        for link in self.links_of(client):
            link.set_conditions(conditions)

    # --- links ---

    def links_of(self, client=None):
        """The open links of one client, or all."""
        return [link for link in self.links.values() if client in (None, link.client)]

    async def _handle(self, reader, writer):
        with contextlib.suppress(ConnectionError):
            head = await read_head(reader)
            client, path = read_address(head)
            conditions = self.conditions_of(client)
            if conditions.refuse:
                reset(writer)
                return
            try:
                server = await asyncio.open_connection("127.0.0.1", self.upstream)
            except OSError:
                reset(writer)
                return
            await self._forward(head, client, path, ((reader, writer), server))

    async def _forward(self, head, client, path, ends):
        self._last += 1
        # The conditions of now: they may have changed while the server was being connected.
        link = Link(self._last, client, path, self.conditions_of(client), ends)
        link.up.start_with(head)
        self.links[link.number] = link
        try:
            await link.forward()
        finally:
            del self.links[link.number]


async def read_head(reader):
    """What the client sends first, up to the empty line that ends the head of an HTTP request."""
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        return error.partial
    except asyncio.LimitOverrunError:
        return b""  # It stays in the reader.


def read_address(head):
    """The client that the address of a request names, and the path."""
    target = (head.split(b"\r\n", 1)[0].split(b" ") + [b""])[1].decode("latin-1") if head else ""
    path, _, query = target.partition("?")
    client = urllib.parse.parse_qs(query).get("client", [None])[0]
    return client, path
