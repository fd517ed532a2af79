"""The server behind the proxy, as its child."""

import asyncio
import contextlib
import os
import signal
import sys

# In seconds. A server that needs longer to start or to stop gets a SIGKILL.
START_TIMEOUT, STOP_TIMEOUT = 30, 5
LOOK_EVERY = 0.05


class Server:
    """One process group, which can be ended and started again."""

    def __init__(self, command, port, health):
        self.command = command
        self.port = port
        self.health = health
        self.state = "down"
        self.starts = 0
        self._process = None
        # One thing at a time.
        self._lock = asyncio.Lock()

    async def start(self):
        """Starts it, unless it runs. Returns when it answers, or has ended."""
        async with self._lock:
            await self._start()

    async def restart(self, how=signal.SIGTERM):
        async with self._lock:
            await self._stop(how)
            await self._start()

    async def stop(self):
        async with self._lock:
            await self._stop(signal.SIGTERM)

    async def _start(self):
        if self.is_running:
            return
        self.state = "starting"
        self._process = await asyncio.create_subprocess_exec(
            *self.command, stdin=asyncio.subprocess.DEVNULL, start_new_session=True
        )
        self.starts += 1
        watching = asyncio.create_task(self._watch(self._process))
        try:
            async with asyncio.timeout(START_TIMEOUT):
                while not watching.done() and not await self._answers():
                    await asyncio.wait({watching}, timeout=LOOK_EVERY)
                self.state = "up" if self.is_running else "down"
        except TimeoutError:
            await self._stop(signal.SIGKILL)

    async def _stop(self, how):
        if not self.is_running:
            return
        self.state = "stopping"
        self._signal(how)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), STOP_TIMEOUT)
        # Whatever is left of its group, such as workers that lost their parent.
        self._signal(signal.SIGKILL)
        await self._process.wait()
        self.state = "down"

    async def _watch(self, process):
        code = await process.wait()
        if self.state in ("starting", "up"):
            self.state = "down"
            print(f"the server behind the proxy has stopped by itself ({code})", file=sys.stderr)

    @property
    def is_running(self):
        return self._process is not None and self._process.returncode is None

    def _signal(self, how):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, how)

    async def _answers(self):
        """Whether it answers its health check with 200."""
        try:
            async with asyncio.timeout(2):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                try:
                    writer.write(f"GET {self.health} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
                    return b" 200 " in await reader.readline()
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            return False

    def as_json(self):
        return {"state": self.state, "starts": self.starts}
