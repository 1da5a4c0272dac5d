"""What Arrow's file formats share: their columns, names of classes, and pieces of batches."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ....errors import InputError
from .chunks import MAX_CHUNK, Chunk


def columns_of(schema: pa.Schema, name: str) -> tuple[str, ...]:
    """Names of the columns, without the row numbers that pandas writes.

    Raises:
        InputError: Two have one name.
    """
    twice = sorted(column for column, count in Counter(schema.names).items() if count > 1)
    if twice:
        raise InputError(f"{name} has two columns called {twice[0]!r}", "give each column a name of its own")
    return tuple(column for column in schema.names if column != "__index_level_0__")


def class_names_of(schema: pa.Schema) -> dict[str, tuple[str, ...]]:
    """Names of the classes by column, as the library `datasets` writes them into the schema."""
    try:
        features = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))["info"]["features"]
        return {column: names for column, feature in features.items() if (names := _names(feature))}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _names(feature: Any) -> tuple[str, ...]:
    if not isinstance(feature, dict) or feature.get("_type") != "ClassLabel":
        return ()
    return tuple(str(each) for each in feature.get("names") or ())


def pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Parts of a batch that take about MAX_CHUNK bytes each, though values stand in dictionaries."""
    if not batch.num_rows:
        return
    sizes = _row_bytes(batch)
    part = (np.cumsum(sizes) // MAX_CHUNK).astype(np.int64)
    borders = [0, *(np.flatnonzero(np.diff(part)) + 1).tolist(), batch.num_rows]
    for start, end in itertools.pairwise(borders):
        yield batch.slice(start, end - start)


def _row_bytes(batch: pa.RecordBatch) -> np.ndarray:
    """(rows,) bytes of each row, about, with what it has in dictionaries."""
    sizes = np.full(batch.num_rows, batch.nbytes / batch.num_rows)
    for column in batch.columns:
        if pa.types.is_dictionary(column.type) and _has_lengths(column.type.value_type):
            lengths = pc.fill_null(pc.binary_length(column.dictionary), 0).take(pc.fill_null(column.indices, 0))
            sizes += lengths.to_numpy(zero_copy_only=False)
    return sizes


def decoded_bytes(batch: pa.RecordBatch) -> int:
    """Bytes that a batch takes without dictionaries, about."""
    return int(_row_bytes(batch).sum())


def _has_lengths(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return any(test(kind) for test in tests)


def sound(column: pa.Array) -> pa.Array:
    """The column, which cannot bring the process down; strings that are no UTF-8 as bytes.

    Raises:
        pa.ArrowInvalid: It is damaged.
    """
    try:
        column.validate(full=True)
        return column
    except pa.ArrowInvalid:
        if not _has_lengths(column.type):
            raise
        raw = column.view(pa.binary() if pa.types.is_string(column.type) else pa.large_binary())
        raw.validate(full=True)
        return raw


def sound_or_null(column: pa.Array) -> pa.Array:
    """The column; nulls where it is damaged."""
    try:
        return sound(column)
    except pa.ArrowInvalid:
        return pa.nulls(len(column))


def chunk_of(piece: pa.RecordBatch, needed: Sequence[str], row: int, sample: bool) -> Chunk:
    """A piece of a batch that begins at this row. In a sample of all columns some may be damaged."""
    check = sound_or_null if sample else sound
    columns = {column: check(piece.column(column)) for column in needed}
    return Chunk(columns, np.arange(row, row + piece.num_rows))
