"""JSON files that are one object: it holds a list of rows, a list for each split, or columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ....errors import InputError
from ..split_names import split_named
from .chunks import Chunk
from .json_rows import chunk_of, flat, parse

MAX_DOCUMENT = 2**27
"""Bytes of a document that must be held as a whole."""
PART_ROWS = 5000


def document_rows(data: bytes, name: str) -> list[Any]:
    """The rows of a document that is an object.

    Raises:
        InputError: It holds no rows.
    """
    try:
        value = parse(data.decode(errors="surrogateescape"))
    except ValueError as error:
        what = f"no row of {name} can be read ({name}:1: not valid JSON ({error}))"
        raise InputError(what, "mend the file") from error
    rows = _rows(value) if isinstance(value, dict) else []
    if not rows:
        raise InputError(f"{name} is JSON, but holds no list of rows", "give an array of objects, or one object a line")
    return rows


def _rows(value: dict[str, Any]) -> list[Any]:
    tables = {key: each for key, each in value.items() if _is_table(each)}
    if len(tables) == 1:
        return list(next(iter(tables.values())))
    if tables:
        splits = all(map(split_named, tables))
        return [{"split": key, **row} for key, rows in tables.items() for row in rows] if splits else []
    return _of_columns(value) or [value]


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _of_columns(value: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of an object of equally long columns, which pandas writes as objects by row; none where it is not."""
    columns = {name: list(each.values()) if isinstance(each, dict) else each for name, each in value.items()}
    lengths = {len(each) if isinstance(each, list) else -1 for each in columns.values()}
    if len(lengths) != 1 or lengths <= {-1, 0}:
        return []
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def document_chunks(rows: Sequence[Any], name: str, needed: Sequence[str] | None) -> Iterator[Chunk]:
    for start in range(0, len(rows), PART_ROWS):
        part = rows[start : start + PART_ROWS]
        good = [(number, flat(row)) for number, row in enumerate(part, start + 1) if isinstance(row, dict)]
        yield chunk_of([row for _, row in good], [number for number, _ in good], (), needed)
