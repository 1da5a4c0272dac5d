"""Excel and OpenDocument workbooks, by python-calamine."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ....errors import InputError
from ....records import SourceOptions
from ..rows import Refused
from .chunks import Chunk, TableFile
from .dialect import column_names, is_header

PART_ROWS = 5000
MAX_UNPACKED = 2**29
"""Bytes of the files in a workbook, all of which are in memory at a time."""
Rows = list[tuple[int, list[Any]]]
"""Numbers and cells of rows that are not empty."""


def open_workbook(path: Path, name: str, options: SourceOptions) -> TableFile | None:
    """The first sheet with rows of a workbook; None when there is none.

    Raises:
        InputError: It cannot be read.
    """
    rows = _rows(path, name)
    if not rows:
        return None
    width = max(len(cells) for _, cells in rows)
    first = [_text(cell) for cell in rows[0][1]]
    others = [[_text(cell) for cell in cells] for _, cells in rows[1:200]]
    header = options.header == "first" or (options.header == "" and is_header(first, others))
    columns = column_names(first, name) if header else tuple(str(number + 1) for number in range(width))
    body = rows[1:] if header else rows

    def chunks(needed: Sequence[str] | None, label: str | None) -> Iterator[Chunk]:
        chosen = columns if needed is None else needed
        return (
            _chunk(body[start : start + PART_ROWS], columns, chosen, name) for start in range(0, len(body), PART_ROWS)
        )

    return TableFile("excel", columns, chunks, {"header": header}, () if options.header else ("header",))


def _chunk(rows: Rows, columns: Sequence[str], needed: Sequence[str], name: str) -> Chunk:
    good = [(number, cells) for number, cells in rows if len(cells) == len(columns)]
    refused = [
        Refused(f"{name}:{number}", "structure", f"has {len(cells)} values where the header has {len(columns)}")
        for number, cells in rows
        if len(cells) != len(columns)
    ]
    places = {column: columns.index(column) for column in needed}
    values = {column: [cells[place] for _, cells in good] for column, place in places.items()}
    return Chunk(values, np.array([number for number, _ in good], np.int64), refused)


def _rows(path: Path, name: str) -> Rows:
    try:
        import python_calamine
    except ImportError as error:
        raise InputError(f"{name} needs a reader of workbooks", "pip install python-calamine") from error
    try:
        _check_size(path, name)
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        for sheet in range(len(book.sheet_names)):
            rows = book.get_sheet_by_index(sheet).to_python(skip_empty_area=False)
            if found := _filled(rows):
                return found
    except (PermissionError, KeyboardInterrupt, InputError):
        raise
    except BaseException as error:  # of several kinds; a panic of its Rust code is no Exception
        raise InputError(f"{name} is not a whole workbook ({error})", "write the file again") from error
    return []


def _check_size(path: Path, name: str) -> None:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MAX_UNPACKED:
            what = f"{name} unpacks to {size // 2**20} MB (at most {MAX_UNPACKED // 2**20})"
            raise InputError(what, "write it as CSV or Parquet")


def _filled(rows: Sequence[Sequence[Any]]) -> Rows:
    """Rows that are not empty, without columns that are, on the right; an empty cell is None."""
    numbered = [(number, [_cell(cell) for cell in cells]) for number, cells in enumerate(rows, 1)]
    found = [(number, cells) for number, cells in numbered if any(cell is not None for cell in cells)]
    width = max((place + 1 for _, cells in found for place, cell in enumerate(cells) if cell is not None), default=0)
    return [(number, cells[:width]) for number, cells in found]


def _cell(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _text(value: Any) -> str:
    return "" if value is None else str(value)
