"""Rows that a source yields, some at a time: those that may become part of the dataset, and those that it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from ...records import Modality, Reading, RefusedKind


@dataclass(frozen=True)
class Refused:
    """A row, or a file in a folder, that is set aside."""

    source: str
    """File name, or file name and line."""
    kind: RefusedKind
    reason: str


@dataclass(frozen=True)
class RowBatch:
    """Labelled rows, column by column, in the order of the source, and what was refused among them."""

    contents: pa.Array | Sequence[Callable[[], bytes]]
    """Texts (string, no nulls); or for images what reads each file when it is its turn. That raises OSError, or
    ValueError with the reason."""
    labels: pa.Array
    """String, no nulls, stripped."""
    sources: pa.Array
    """String: file name, or `name:line`."""
    splits: pa.Array | None = None
    """String: train, validation, test or null for each row; None where no row says."""
    groups: pa.Array | None = None
    """String; None without a group column. Null where a row has none: it is a group of its own."""
    times: pa.Array | None = None
    """Int64, microseconds or any other measure that ascends; None without a time column."""
    weights: pa.Array | None = None
    """Float64, positive; None without a weight column."""
    refused: Sequence[Refused] = field(default=())

    def filter(self, kept: pa.Array, refused: Sequence[Refused]) -> RowBatch:
        """The rows where `kept` (bool) is true, with these refused rows. The contents are an array."""
        columns = {
            name: None if getattr(self, name) is None else getattr(self, name).filter(kept)
            for name in ("contents", "labels", "sources", "splits", "groups", "times", "weights")
        }
        return RowBatch(**columns, refused=refused)


@dataclass(frozen=True)
class Source:
    """An opened source. Its batches are read once, lazily."""

    modality: Modality
    batches: Iterator[RowBatch]
    readings: Sequence[Reading]
    """How it is read: what was asked for, and what was guessed."""
    class_names: tuple[str, ...] = ()
    """Names of the classes in the order of the source's own schema; empty where it has none."""
