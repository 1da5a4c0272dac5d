"""Rows of an array on disk as a network's inputs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self
from uuid import uuid4

import numpy as np

from ...data.pixels import Pixels
from ..protocol import Examples


@dataclass(frozen=True)
class Images:
    """uint8 pixels of shape (n, size, size, 3) at cut 0, decoded when taken; float16 activations above."""

    array: np.ndarray | Pixels
    cut: int
    rows: np.ndarray

    @classmethod
    def all_of(cls, array: np.ndarray | Pixels, cut: int) -> Self:
        return cls(array, cut, np.arange(len(array)))

    @classmethod
    def of(cls, examples: Examples) -> Self:
        """The same examples, typed as this engine's.

        Raises:
            TypeError: where another engine made them.
        """
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
        """The rows, repeated in turn until there are `size`: (size, …)."""
        values = self.array[self.rows]
        return values if len(values) == size else values[np.resize(np.arange(len(values)), size)]

    def batch(self, part: slice, size: int) -> np.ndarray:
        """A part of the rows as one batch of `size`."""
        return self.take(np.arange(part.start, part.stop)).padded(size)


def new_file(scratch: Path, kind: str) -> Path:
    return scratch / f"{kind}-{uuid4().hex}"
