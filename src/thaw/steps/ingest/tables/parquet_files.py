"""Parquet files: the columns that are needed, some rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ....errors import InputError
from .arrow_chunks import chunk_of, class_names_of, columns_of, decoded_bytes, pieces
from .chunks import MAX_CHUNK, Chunk, TableFile

FIRST_ROWS = 64
MAX_ROWS = 2**16
MAX_RATIO, MIN_BOMB = 1000, 2**32
"""Bytes of values to bytes of the file, where the values are more than MIN_BOMB."""
MIN_BYTES = 4
"""A string takes as many and its letters; a column of less for each row repeats few values."""


def open_parquet(path: Path, name: str) -> TableFile:
    """A Parquet file.

    Raises:
        InputError: It is no whole one.
    """
    with _whole(name), pq.ParquetFile(path) as file:
        schema = file.schema_arrow
        columns = columns_of(schema, name)

    def chunks(needed: Sequence[str] | None, label: str | None) -> Iterator[Chunk]:
        return _chunks(path, name, columns if needed is None else needed, needed is None)

    return TableFile("parquet", columns, chunks, class_names=class_names_of(schema))


def _chunks(path: Path, name: str, needed: Sequence[str], sample: bool) -> Iterator[Chunk]:
    with _whole(name):
        repeated = _repeated(path, needed)
        with pq.ParquetFile(path, read_dictionary=repeated, pre_buffer=False) as file:
            row, room = 1, max(MIN_BOMB, MAX_RATIO * path.stat().st_size)
            for batch in file.iter_batches(batch_size=_rows_at_a_time(file, needed), columns=list(needed)):
                for piece in pieces(batch):
                    room -= decoded_bytes(piece)
                    if room < 0:
                        raise InputError(f"{name} unpacks to more than {MAX_RATIO} times its size", "give fewer rows")
                    yield chunk_of(piece, needed, row, sample)
                    row += piece.num_rows


def _repeated(path: Path, needed: Sequence[str]) -> list[str]:
    """Needed columns of few different values: they stay in their dictionary, however many rows a few bytes give."""
    metadata = pq.read_metadata(path)
    found: set[str] = set()
    for group in range(metadata.num_row_groups):
        rows = metadata.row_group(group)
        for place in range(rows.num_columns):
            column = rows.column(place)
            small = column.total_uncompressed_size < MIN_BYTES * rows.num_rows
            if column.path_in_schema in needed and column.physical_type == "BYTE_ARRAY" and small:
                found.add(column.path_in_schema)
    return sorted(found)


def _rows_at_a_time(file: pq.ParquetFile, needed: Sequence[str]) -> int:
    """Rows that take MAX_CHUNK bytes, by what the file says and by its first rows."""
    first = next(file.iter_batches(batch_size=FIRST_ROWS, columns=list(needed)), None)
    measured = first.nbytes / max(1, first.num_rows) if first is not None else 0.0
    metadata = file.metadata
    groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
    said = max((_bytes_per_row(group, needed) for group in groups), default=0.0)
    return int(min(MAX_ROWS, max(1, MAX_CHUNK // max(1.0, measured, said))))


def _bytes_per_row(group: pq.RowGroupMetaData, needed: Sequence[str]) -> float:
    columns = [group.column(place) for place in range(group.num_columns)]
    own = [each for each in columns if each.path_in_schema.split(".")[0] in needed or each.path_in_schema in needed]
    return float(sum(each.total_uncompressed_size for each in own) / max(1, group.num_rows))


@contextmanager
def _whole(name: str) -> Iterator[None]:
    try:
        yield
    except (PermissionError, FileNotFoundError, InputError):
        raise
    except (pa.ArrowException, OSError, ValueError, RecursionError) as error:
        raise InputError(f"{name} is not a whole Parquet file ({error})", "write the file again") from error
