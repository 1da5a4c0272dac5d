"""Contents hashed on all cores, while the source is read."""

from __future__ import annotations

import subprocess
import sys
from array import array
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue

import numpy as np
import pyarrow as pa

from ...cores import cores
from ...data.spool import offsets_and_data
from . import digests

Hashed = tuple[np.ndarray, np.ndarray]
"""SHA-256 of each value as four big-endian words, (rows, 4) uint64, and its position, (rows,) float64."""

MIN_ROWS = 5_000
"""Rows of a batch that are worth a process."""
WORDS = np.dtype(">u8")


class Hasher:
    """Hashes batches, large ones in processes of their own."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        self.processes: list[subprocess.Popen[bytes]] = []

    def submit(self, values: pa.Array) -> Future[Hashed]:
        """The hashes of a string or binary array, when they are there."""
        offsets, data = offsets_and_data(values)
        lengths = array("q", np.diff(offsets).tobytes())
        if len(values) < MIN_ROWS:
            return self._pool.submit(hashed, data, lengths)
        if len(self.processes) < cores():
            self._start()
        return self._pool.submit(self._asked, data, lengths)

    def _start(self) -> None:
        command = [sys.executable, "-I", "-S", digests.__file__]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.processes.append(process)
        self._idle.put(process)

    def _asked(self, data: memoryview, lengths: array[int]) -> Hashed:
        process = self._idle.get()
        assert process.stdin is not None, "it was opened with a pipe"
        assert process.stdout is not None, "it was opened with a pipe"
        process.stdin.write(len(lengths).to_bytes(8, sys.byteorder) + lengths.tobytes())
        process.stdin.write(data)
        process.stdin.flush()
        answer = process.stdout.read(64 * len(lengths))
        self._idle.put(process)
        return _arrays(answer)


@contextmanager
def hasher() -> Iterator[Hasher]:
    """A hasher; its processes end with the block."""
    with ThreadPoolExecutor(cores(), thread_name_prefix="hasher") as pool:
        made = Hasher(pool)
        try:
            yield made
        finally:
            pool.shutdown(cancel_futures=True)
            for process in made.processes:
                process.communicate()


def hashed(data: memoryview | bytes, lengths: array[int]) -> Hashed:
    """The hashes of values that lie one after the other."""
    return _arrays(digests.digests(data, lengths))


def _arrays(answer: bytes) -> Hashed:
    """Ids, and positions: `digests.position` of all at once."""
    ids, salted = np.frombuffer(answer, WORDS).reshape(2, -1, 4)
    return ids, salted[:, 0].astype(np.float64) / 2.0**64
