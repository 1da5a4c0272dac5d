"""Tokenised texts, and activations kept at a cut, as memory-mapped ragged arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Self

import numpy as np

STEPS = ((64, 4), (256, 8), (1024, 32))
"""(up to, multiple of): lengths that batches are padded to. Measured on short texts, a step takes time in proportion to
its padded tokens, whatever the length; multiples of 16 pad 32% of them, of 8 19%, of 4 13%, exact lengths 7%."""


@dataclass(frozen=True)
class TextExamples:
    """Row i owns tokens[starts[i] : starts[i] + lengths[i]], and as many rows of `hidden` where it is kept."""

    tokens: np.ndarray
    """(all tokens,) int32."""
    starts: np.ndarray
    lengths: np.ndarray
    cut: int = 0
    hidden: np.ndarray | None = None
    """(all kept tokens, width) float16: activations after block `cut`."""
    hidden_starts: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.starts)

    def take(self, rows: np.ndarray) -> Self:
        kept = None if self.hidden_starts is None else self.hidden_starts[rows]
        return replace(self, starts=self.starts[rows], lengths=self.lengths[rows], hidden_starts=kept)

    def padded(self, pad: int) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Token ids (rows, longest) int64, attention mask of that shape, bool, and hidden (rows, longest, width)
        float16 if kept. Of a batch: index arrays of all its tokens are built."""
        places = np.arange(padded_length(int(self.lengths.max())))
        mask = places < self.lengths[:, None]
        ids = np.full(mask.shape, pad, np.int64)
        ids[mask] = self.tokens[(self.starts[:, None] + places)[mask]]
        if self.hidden is None or self.hidden_starts is None:
            return ids, mask, None
        hidden = np.zeros((*mask.shape, self.hidden.shape[1]), self.hidden.dtype)
        hidden[mask] = self.hidden[(self.hidden_starts[:, None] + places)[mask]]
        return ids, mask, hidden

    def batches(self, tokens: int) -> Iterator[np.ndarray]:
        """Rows in batches of like length with at most about `tokens` padded tokens each, longest first."""
        order = np.argsort(-self.lengths, kind="stable")
        start = 0
        while start < len(order):
            size = max(1, tokens // padded_length(int(self.lengths[order[start]])))
            yield order[start : start + size]
            start += size


def padded_length(tokens: int) -> int:
    """
    >>> [padded_length(tokens) for tokens in (3, 24, 25, 65, 200, 257, 2000)]
    [4, 24, 28, 72, 200, 288, 2016]
    """
    multiple = next((multiple for most, multiple in STEPS if tokens <= most), STEPS[-1][1])
    return -(-tokens // multiple) * multiple


class TokenWriter:
    """Appends tokenised rows to a flat file that is mapped once it is whole: a row costs 12 bytes of memory."""

    def __init__(self, path: Path, rows: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self.file, self.written = path, path.open("wb"), 0
        self.lengths = np.empty(rows, np.int32)

    def append(self, encoded: Sequence[Sequence[int]]) -> np.ndarray:
        """The rows' tokens in one array (tokens,) int32."""
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
        """hidden (rows, longest, width) float16, padded."""
        for row, kept in zip(rows, hidden, strict=True):
            start, length = self.starts[row], self.lengths[row]
            self.array[start : start + length] = kept[:length]

    def mapped(self) -> np.ndarray:
        self.array.flush()
        return np.memmap(self.path, np.float16, "r", shape=self.array.shape)
