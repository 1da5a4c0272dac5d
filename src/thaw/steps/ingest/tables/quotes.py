"""Records of a block of delimited text: where they begin, though cells have lines and quotation marks go astray.

A cell with several lines begins and ends on lines with an odd number of quotation marks. Such lines are one record when
its marks open and close in turn: each opening mark after a delimiter, a line end or another mark, each closing one
before them. A mark that begins a cell and has no such partner costs its own line, and no other.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .lines import NEWLINE, RETURN, Lines, lines_of

QUOTE = 34
ESCAPED, DOUBLED = b'\\"', b'""'
MAX_CELL_LINES = 500


@dataclass(frozen=True)
class Records:
    """Records of a block, by line."""

    inner: np.ndarray
    """(lines,) bool: goes on with the record of the line before."""
    stray: list[int]
    """Lines that no record can be made of: a mark opens a cell, and nothing closes it."""
    end: int
    """Lines from here on belong to a record that may go on behind the block."""


@dataclass(frozen=True)
class Marks:
    """Quotation marks of a block: per line, and how many stand wrong before each, if it opens or if it closes."""

    before: np.ndarray
    """(lines + 1,) marks before each line."""
    wrong: tuple[np.ndarray, np.ndarray]
    """(marks + 1,) wrong ones before each mark, where those with an even number open, and where the others do."""
    opens: np.ndarray
    """(lines,) bool: a mark stands at the start of a cell."""

    def are_in_turn(self, first: np.ndarray, last: np.ndarray) -> np.ndarray:
        """Whether the marks of lines `first` to `last` open and close cells in turn; of each pair."""
        start, end = self.before[first], self.before[last + 1]
        even, odd = (wrong[end] - wrong[start] for wrong in self.wrong)
        return np.asarray(np.where(start % 2 == 0, even, odd) == 0)


def marks_of(lines: Lines, delimiter: int) -> Marks:
    content = lines.bytes
    places = np.flatnonzero(content == QUOTE)
    before = np.searchsorted(places, lines.starts)
    previous = np.where(places > 0, content[places - 1], NEWLINE)
    following = np.where(places + 1 < len(content), content[np.minimum(places + 1, len(content) - 1)], NEWLINE)
    ends = (delimiter, NEWLINE, RETURN)
    begins = np.isin(previous, ends)
    cannot_open = ~(begins | (previous == QUOTE))
    cannot_close = ~np.isin(following, (*ends, QUOTE))
    even = np.arange(len(places)) % 2 == 0
    wrong = (np.where(even, cannot_open, cannot_close), np.where(even, cannot_close, cannot_open))
    opens = np.diff(_running(begins)[before]) > 0
    return Marks(before, (_running(wrong[0]), _running(wrong[1])), opens)


def _running(flags: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(flags)])


def find_records(lines: Lines, delimiter: str, final: bool, is_row: Callable[[int], bool]) -> Records:
    """Where records begin, and which lines are lost.

    Args:
        lines: Whole lines; the first begins a record.
        delimiter: Between cells.
        final: Nothing follows the block.
        is_row: Whether a line by itself, its marks taken as letters, would be a row with a known label.
    """
    inner = np.zeros(lines.count, bool)
    if b'"' not in lines.data:
        return Records(inner, [], lines.count)
    marks = marks_of(lines, ord(delimiter))
    special, partners = _partners(marks, lines.count)
    stray: list[int] = []
    done = 0
    for line, last in zip(special.tolist(), partners.tolist(), strict=True):
        if line < done:
            continue
        if last == lines.count and not final:
            return Records(inner, stray, line)
        if line < last < lines.count and not _are_rows(line, last, is_row):
            inner[line + 1 : last + 1] = True
            done = last + 1
        elif _is_open(lines.text(line, line), delimiter):
            stray.append(line)
    return Records(inner, stray, lines.count)


def _partners(marks: Marks, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Lines where a cell may stay open, and for each the last line of its record.

    That is -1 where there is none, and `count` where it may lie behind the block.
    """
    every = np.arange(count)
    is_odd = np.diff(marks.before) % 2 == 1
    special = np.flatnonzero(marks.opens & (is_odd | ~marks.are_in_turn(every, every)))
    odd = np.append(np.flatnonzero(is_odd), count)
    last = odd[np.searchsorted(odd, special, side="right").clip(max=len(odd) - 1)]
    within = np.minimum(last, count - 1)
    proper = is_odd[special] & (within - special <= MAX_CELL_LINES) & marks.are_in_turn(special, within)
    return special, np.where(proper, last, -1)


def _are_rows(first: int, last: int, is_row: Callable[[int], bool]) -> bool:
    """Whether lines that marks hold together are rather rows of their own: the first, and most behind it."""
    if not is_row(first):
        return False
    others = [is_row(line) for line in (range(first + 1, last) if last > first + 1 else (last,))]
    return 2 * sum(others) >= len(others)


def _is_open(line: str, delimiter: str) -> bool:
    """Whether a cell is still open at the end of the line, as the csv module reads it."""
    reader = csv.reader([line, "\n"], delimiter=delimiter)
    next(reader, None)
    return reader.line_num > 1


def is_escaped(data: bytes, delimiter: str) -> bool:
    """Whether marks in cells are written with a backslash before them: fewer lines are improper when they are read so.

    >>> is_escaped(rb'"He said \\"hi, all\\"",pos', ","), is_escaped(b'"C:\\\\",pos', ",")
    (True, False)
    """
    return ESCAPED in data and improper_lines(data.replace(ESCAPED, DOUBLED), delimiter) < improper_lines(
        data, delimiter
    )


def improper_lines(data: bytes, delimiter: str) -> int:
    """Lines on which a mark begins a cell that does not end properly."""
    lines = lines_of(data)
    return int((_partners(marks_of(lines, ord(delimiter)), lines.count)[1] < 0).sum())
