"""Cells of whole records of delimited text, by pyarrow's reader, or by Python's where the two disagree."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv as pv

csv.field_size_limit(sys.maxsize)  # the default refuses texts above 128 KiB


@dataclass(frozen=True)
class Cells:
    columns: dict[str, pa.Array]
    kept: np.ndarray
    """(records,) bool: has as many values as there are columns."""
    counts: list[int]
    """Numbers of values of the records that are not kept."""


def read_cells(data: bytes, starts: np.ndarray, columns: Sequence[str], needed: Sequence[str], delimiter: str) -> Cells:
    """The needed columns of records, none of them a blank line, that begin at `starts`."""
    if len(starts) == 0:
        return Cells({name: pa.array([], pa.string()) for name in needed}, np.ones(0, bool), [])
    found: list[tuple[int, int]] = []

    def refuse(row: pv.InvalidRow) -> str:
        found.append((row.number, row.actual_columns))
        return "skip"

    table = pv.read_csv(
        pa.py_buffer(data),
        read_options=pv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=list(columns)),
        parse_options=pv.ParseOptions(delimiter=delimiter, invalid_row_handler=refuse, newlines_in_values=True),
        convert_options=pv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()), include_columns=list(needed), check_utf8=False
        ),
    )
    if table.num_rows + len(found) != len(starts):
        ends = [*starts[1:].tolist(), len(data)]
        records = [data[start:end] for start, end in zip(starts.tolist(), ends, strict=True)]
        return _one_by_one(records, columns, needed, delimiter)
    kept = np.ones(len(starts), bool)
    kept[[number - 1 for number, _ in found]] = False
    return Cells({name: _whole(table[name]) for name in needed}, kept, [count for _, count in found])


def _whole(values: pa.ChunkedArray) -> pa.Array:
    return values.chunk(0) if values.num_chunks == 1 else pa.concat_arrays(values.chunks or [pa.array([], pa.string())])


def _one_by_one(records: Sequence[bytes], columns: Sequence[str], needed: Sequence[str], delimiter: str) -> Cells:
    rows = [_row(record.decode(), delimiter) for record in records]
    whole = [row for row in rows if len(row) == len(columns)]
    places = {name: columns.index(name) for name in needed}
    return Cells(
        {name: pa.array([row[place] for row in whole], pa.string()) for name, place in places.items()},
        np.array([len(row) == len(columns) for row in rows], bool),
        [len(row) for row in rows if len(row) != len(columns)],
    )


def _row(record: str, delimiter: str) -> list[str]:
    rows = list(csv.reader(io.StringIO(record, newline=""), delimiter=delimiter))
    return rows[0] if len(rows) == 1 else []
