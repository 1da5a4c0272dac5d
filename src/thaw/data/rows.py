"""Rows of a dataset: labels in memory, contents read when they are asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import pyarrow as pa

BATCH = 10_000
"""Short values, such as ids, that are held in memory at a time."""


class Column(Sequence[Any]):
    """Values of chosen rows of a memory-mapped column, each copied out when it is asked for."""

    def __init__(self, values: pa.ChunkedArray, rows: np.ndarray | None = None) -> None:
        self._values, self._rows = values, rows  # all in order where no rows are chosen

    def __len__(self) -> int:
        return len(self._values) if self._rows is None else len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Column: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return self.take(np.arange(len(self))[index])
        row = range(len(self))[index]
        return self._values[row if self._rows is None else int(self._rows[row])].as_py()

    def take(self, rows: np.ndarray) -> Column:
        return Column(self._values, rows if self._rows is None else self._rows[rows])

    def batches(self) -> Iterator[list[Any]]:
        """All values in their order, up to BATCH at a time."""
        if self._rows is None:
            for chunk in self._values.chunks:
                yield from (chunk[start : start + BATCH].to_pylist() for start in range(0, len(chunk), BATCH))
        else:
            for start in range(0, len(self), BATCH):
                yield [self[row] for row in range(start, min(start + BATCH, len(self)))]


def batched(values: Sequence[str]) -> Iterator[list[str]]:
    """All values of a column or a list in their order, up to BATCH at a time."""
    if isinstance(values, Column):
        yield from values.batches()
    else:
        yield from (list(values[start : start + BATCH]) for start in range(0, len(values), BATCH))


def first_occurrences(values: Sequence[str]) -> np.ndarray:
    """Rows, ascending, whose value no earlier row has. Eight bytes per value, of a hash, are held in memory.

    >>> first_occurrences(["a", "b", "a"]).tolist()
    [0, 1]
    """
    hashes = [
        np.frombuffer(b"".join(hashlib.blake2b(value.encode(), digest_size=8).digest() for value in batch), np.uint64)
        for batch in batched(values)
    ]
    return np.sort(np.unique(np.concatenate(hashes), return_index=True)[1]) if hashes else np.arange(0)


@dataclass(frozen=True)
class Rows:
    """Rows of one or more splits."""

    ids: Sequence[str]
    labels: np.ndarray
    """(rows,) int64."""
    raw: Sequence[Any]
    """Bytes of image files, or strings."""
    source: Sequence[str]
    groups: np.ndarray | None = None
    """(rows,) int64: rows of one group have one number; None where the source names no groups."""
    weights: np.ndarray | None = None
    """(rows,) float64, of each row in training; None for equal ones."""

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: Sequence[int] | np.ndarray) -> Rows:
        """These rows in this order, as a view: nothing is read."""
        chosen = np.asarray(indices, dtype=np.int64)
        return Rows(
            _take(self.ids, chosen),
            self.labels[chosen],
            _take(self.raw, chosen),
            _take(self.source, chosen),
            None if self.groups is None else self.groups[chosen],
            None if self.weights is None else self.weights[chosen],
        )


def _take(values: Sequence[Any], rows: np.ndarray) -> Sequence[Any]:
    return values.take(rows) if isinstance(values, Column) else [values[row] for row in rows]
