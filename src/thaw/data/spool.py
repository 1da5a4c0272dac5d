"""Columns of strings or bytes in a file: appended to while they come, then taken from at random."""

from __future__ import annotations

import mmap
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

RESIDENT_BYTES = 64 * 2**20
"""Bytes taken before the pages that were read are handed back: a mapped file counts as memory of the process."""


LONG_BYTES = 4096
"""Values that are longer on average are read one by one: pages around each would be mapped for nothing."""


class Spool:
    """A column being written. Eight bytes a value are held in memory, and no content."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = open(path, "wb")  # noqa: SIM115 (until it is sealed)
        self._lengths: list[np.ndarray] = []

    def append(self, values: pa.Array) -> None:
        """Add the values of a string or binary array without nulls."""
        offsets, data = offsets_and_data(values)
        self._file.write(data)
        self._lengths.append(np.diff(offsets))

    def seal(self) -> SpooledColumn:
        """The column as it was written; nothing can be added any more."""
        self._file.close()
        lengths = np.concatenate(self._lengths) if self._lengths else np.empty(0, np.int64)
        return SpooledColumn(self.path, np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)]))


class SpooledColumn(Sequence[bytes]):
    """A written column, mapped into memory."""

    def __init__(self, path: Path, offsets: np.ndarray) -> None:
        self._offsets, self._taken = offsets, 0
        self._file = open(path, "rb")  # noqa: SIM115 (as long as the column)
        self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) if offsets[-1] else None
        self._values = self._array(pa.large_binary())

    @property
    def lengths(self) -> np.ndarray:
        """Bytes of each value, (rows,) int64."""
        return np.diff(self._offsets)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, row: int) -> bytes:  # type: ignore[override]  # no slices
        start, end = self._offsets[row : row + 2].tolist()
        return os.pread(self._file.fileno(), end - start, start)

    def take(self, rows: np.ndarray) -> pa.Array:
        """The values of these rows in this order, as large_binary."""
        if self._offsets[-1] > LONG_BYTES * len(self):
            return pa.array([self[row] for row in rows.tolist()], pa.large_binary())
        taken = self._values.take(pa.array(rows))
        self._taken += taken.nbytes
        if self._map and self._taken >= RESIDENT_BYTES:
            self._taken = 0
            self._map.madvise(mmap.MADV_DONTNEED)
        return taken

    def strings(self, rows: np.ndarray) -> pa.Array:
        """The values of these rows in this order, as strings; they were appended as such."""
        taken = self.take(rows)
        return pa.Array.from_buffers(pa.large_string(), len(taken), taken.buffers()).cast(pa.string())

    def _array(self, kind: pa.DataType) -> pa.Array:
        data = pa.py_buffer(self._map if self._map else b"")
        return pa.Array.from_buffers(kind, len(self), [None, pa.py_buffer(self._offsets), data])


def offsets_and_data(values: pa.Array) -> tuple[np.ndarray, memoryview]:
    """Offsets (rows + 1,) int64, from 0, and the bytes that they point into, of a string or binary array."""
    wide = pa.types.is_large_string(values.type) or pa.types.is_large_binary(values.type)
    _, offsets, data = values.buffers()
    if not len(values) or data is None:
        return np.zeros(len(values) + 1, np.int64), memoryview(b"")
    all_offsets = np.frombuffer(offsets, np.int64 if wide else np.int32)
    used = all_offsets[values.offset : values.offset + len(values) + 1].astype(np.int64)
    return used - used[0], memoryview(data)[used[0] : used[-1]]
