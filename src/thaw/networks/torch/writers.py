"""Flat files that rows are written to once, then read as memory maps."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from .examples import TextExamples


class TokenWriter:
    """Appends tokenised rows to a flat file that is mapped once it is whole: a row costs 12 bytes of memory."""

    def __init__(self, path: Path, rows: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self.file, self.written = path, path.open("wb"), 0
        self.lengths = np.empty(rows, np.int32)

    def append(self, encoded: Sequence[Sequence[int]]) -> np.ndarray:
        """The rows' tokens in one array (tokens,) int32, after they were written."""
        self.lengths[self.written : self.written + len(encoded)] = [len(ids) for ids in encoded]
        self.written += len(encoded)
        flat = np.fromiter(chain.from_iterable(encoded), np.int32)
        self.file.write(flat.data)
        return flat

    def examples(self) -> TextExamples:
        self.file.close()
        starts = np.cumsum(self.lengths, dtype=np.int64) - self.lengths
        return TextExamples(np.memmap(self.path, np.int32, "r"), starts, self.lengths)


class HiddenWriter:
    """Activations of rows in any order, in a file that is mapped once it is whole."""

    def __init__(self, path: Path, lengths: np.ndarray, width: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self.lengths = path, lengths
        self.starts = np.cumsum(lengths, dtype=np.int64) - lengths
        self.array = np.memmap(path, np.float16, "w+", shape=(int(lengths.sum(dtype=np.int64)), width))

    def write(self, rows: np.ndarray, hidden: np.ndarray) -> None:
        """`hidden` (rows, longest, width) float16, padded."""
        for row, row_hidden in zip(rows, hidden, strict=True):
            start, length = self.starts[row], self.lengths[row]
            self.array[start : start + length] = row_hidden[:length]

    def as_memmap(self) -> np.ndarray:
        self.array.flush()
        return np.memmap(self.path, np.float16, "r", shape=self.array.shape)
