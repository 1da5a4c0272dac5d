"""Parts of a table file as its reader yields them: values by column, and where they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from ..rows import Refused

MAX_CHUNK = 8 * 2**20
"""Bytes of one chunk, about."""
Column: TypeAlias = pa.Array | list[Any]
"""Arrow values; or Python's, where a format types each value by itself."""


@dataclass(frozen=True)
class Chunk:
    """Some rows of a table, in its order."""

    columns: Mapping[str, Column]
    positions: np.ndarray
    """(rows,) int64: physical line of a text file, or number of the row, from 1."""
    refused: Sequence[Refused] = ()


@dataclass(frozen=True)
class TableFile:
    """An opened table file."""

    format: str
    columns: tuple[str, ...]
    """Empty where each row names its own."""
    chunks: Callable[[Sequence[str] | None, str | None], Iterator[Chunk]]
    """Reads these columns (None: all), the second of them as labels; from the start, each time that it is called."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Fields of a `Reading`: compression, encoding, delimiter, header."""
    guessed: tuple[str, ...] = ()
    class_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Names of the classes, by column, where the schema has them."""


def with_constants(table: TableFile, constants: Mapping[str, str]) -> TableFile:
    """The table with further columns, each of one value."""
    if not constants:
        return table

    def chunks(columns: Sequence[str] | None, label: str | None) -> Iterator[Chunk]:
        own = None if columns is None else [column for column in columns if column not in constants]
        added = {name: value for name, value in constants.items() if columns is None or name in columns}
        for chunk in table.chunks(own, None if label in constants else label):
            more = {name: pa.repeat(pa.scalar(value), len(chunk.positions)) for name, value in added.items()}
            yield replace(chunk, columns={**chunk.columns, **more})

    kept = tuple(column for column in table.columns if column not in constants)
    return replace(table, columns=(*kept, *constants), chunks=chunks)
