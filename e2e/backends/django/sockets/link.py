"""What a link of this backend can do besides answering: be counted, push on its own, and go silent."""

import asyncio
import itertools
import json
import math
import os
import time

_numbers = itertools.count(1)
_open_links = set()


class Link:
    """Mixin for sync and async consumers: it works on the ASGI level, where the two are alike."""

    async def __call__(self, scope, receive, send):
        # With the process in it, the id stays unique when the server is started again.
        self.link_id = f"{os.getpid()}-{next(_numbers)}"
        self.pings = 0
        self._silent_until = 0.0
        self._after_answer = []
        background = set()

        async def hear():
            while True:
                event = await receive()
                if event["type"] == "websocket.receive" and json.loads(event["text"]).get("route") == "PING":
                    self.pings += 1
                if event["type"] != "websocket.receive" or not self._is_silent():
                    return event

        async def speak(event):
            await send(event)
            while self._after_answer:
                background.add(asyncio.create_task(self._after_answer.pop()(send)))

        _open_links.add(self)
        try:
            await super().__call__(scope, hear, speak)
        finally:
            _open_links.discard(self)
            for task in background:
                task.cancel()

    @property
    def open_links(self):
        """How many links this process has open, this one included."""
        return len(_open_links)

    def go_silent(self, seconds=math.inf):
        """Drops all that comes in and pushes nothing for so long; the link stays open."""
        self._silent_until = time.monotonic() + seconds

    def push_after_answer(self, messages, interval):
        """Pushes the messages, one per interval, once the running handler has answered."""

        async def push(send):
            for message in messages:
                await asyncio.sleep(interval)
                if not self._is_silent():
                    await send({"type": "websocket.send", "text": json.dumps(message)})

        self._after_answer.append(push)

    def _is_silent(self):
        return time.monotonic() < self._silent_until
