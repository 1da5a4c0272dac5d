"""Rows of a memory-mapped array as a network's inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from uuid import uuid4

import numpy as np

from ..contract import Examples


@dataclass(frozen=True)
class Images:
    """uint8 pixels of shape (n, size, size, 3) at cut 0, float16 activations above."""

    array: np.ndarray
    cut: int
    rows: np.ndarray

    @classmethod
    def all_of(cls, array: np.ndarray, cut: int) -> Self:
        return cls(array, cut, np.arange(len(array)))

    @classmethod
    def of(cls, examples: Examples) -> Self:
        """Examples that this engine made, as what they are."""
        if not isinstance(examples, cls):
            raise TypeError(f"examples of another engine: {type(examples).__name__}")
        return examples

    @property
    def lengths(self) -> np.ndarray:
        return np.ones(len(self.rows), dtype=np.int64)

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, rows: np.ndarray) -> Self:
        return type(self)(self.array, self.cut, self.rows[rows])

    def padded(self, size: int) -> np.ndarray:
        """(size, …): the rows, repeated in turn until the batch is full, so that its statistics stay theirs."""
        return self.array[np.resize(self.rows, size)]

    def batches(self, size: int) -> Iterator[tuple[np.ndarray, slice]]:
        """Batches of one shape, and which of these rows each holds."""
        for start in range(0, len(self), size):
            part = slice(start, min(start + size, len(self)))
            yield self.take(np.arange(part.start, part.stop)).padded(size), part


def new_file(scratch: Path, kind: str) -> Path:
    return scratch / f"{kind}-{uuid4().hex}.npy"
