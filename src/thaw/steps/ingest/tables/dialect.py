"""Delimiter and header of a text table, as said or from its first lines."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ....errors import InputError
from ....records import SourceOptions
from .role_names import is_role_name

DELIMITERS = ",\t;|"
SNIFFED_LINES = 200
MIN_SHARE = 0.6
"""Share of the first lines that have as many values as the first one has."""
MAX_NAME = 64
"""Letters in the name of a column; longer ones are values."""


@dataclass(frozen=True)
class Dialect:
    delimiter: str
    header: bool
    columns: tuple[str, ...]
    skipped_lines: int
    """Physical lines before the first row."""
    guessed: tuple[str, ...]


def find_dialect(sample: str, name: str, format: str, options: SourceOptions) -> Dialect | None:
    """How a table is written, from its first lines; None when there are none.

    Raises:
        InputError: Two columns have one name, or the delimiter is none.
    """
    leading = len(sample) - len(sample.lstrip("\r\n"))
    before = sample[:leading].count("\n")
    said = re.match(r"sep=(.)\r?\n", sample[leading:])
    body = sample[leading + (said.end() if said else 0) :]
    if not body.strip("\r\n"):
        return None
    asked = options.delimiter.replace("\\t", "\t")
    if len(asked) > 1 or asked in ('"', "\n", "\r"):
        raise InputError(f"the delimiter {options.delimiter!r} is not one character", "give one such as , ; or \\t")
    delimiter = asked or (said[1] if said else sniff(body, "\t" if format == "tsv" else ","))
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter)
    first = next(reader)
    header_lines = reader.line_num
    others = [row for _, row in zip(range(SNIFFED_LINES), reader, strict=False) if len(row) == len(first)]
    header = options.header == "first" or (options.header == "" and is_header(first, others))
    return Dialect(
        delimiter,
        header,
        column_names(first, name) if header else tuple(str(number + 1) for number in range(len(first))),
        before + bool(said) + (header_lines if header else 0),
        (*(() if asked or said else ("delimiter",)), *(() if options.header else ("header",))),
    )


def sniff(body: str, usual: str) -> str:
    """The delimiter that gives most lines as many values as the first line has; the usual one when none does.

    >>> sniff("text;label\\ngood, cheap;pos\\nbad;neg\\n", ",")
    ';'
    >>> sniff("text\\none, two\\nthree\\n", ",")
    ','
    """
    scores = {delimiter: _consistency(body, delimiter) for delimiter in DELIMITERS}
    good = {delimiter: score for delimiter, score in scores.items() if score[0] >= MIN_SHARE}
    if usual in good and good[usual][0] > 0.95:
        return usual if usual == "\t" else max(good, key=lambda each: (round(good[each][0], 1), good[each][1]))
    return max(good, key=lambda each: good[each], default=usual)


def _consistency(body: str, delimiter: str) -> tuple[float, int]:
    """Share of lines with as many values as the first, and how many those are; nothing for one value."""
    sign = re.escape(delimiter)
    bare = re.sub(rf'(?:(?<=^)|(?<=[\n{sign}]))"(?:[^"]|"")*"(?=[\r\n{sign}]|$)', "", body)
    lines = [line for line in re.split(r"[\r\n]+", bare)[: SNIFFED_LINES + 1] if line]
    counts = [line.count(delimiter) for line in lines]
    if not counts or counts[0] == 0:
        return 0.0, 0
    return Counter(counts)[counts[0]] / len(counts), counts[0]


def is_header(first: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns: by names that are known, else because it is not like the rows below."""
    if any(is_role_name(cell) for cell in first):
        return True
    if [cell.strip() for cell in first] == [str(number) for number in range(len(first))] and len(first) > 1:
        return True  # as pandas calls columns without names
    filled = [cell.strip() for cell in first if cell.strip()]
    if len(set(filled)) < len(filled) or any(_is_value(cell) for cell in filled):
        return False
    return not any(cell == row[place] for row in others for place, cell in enumerate(first) if cell.strip())


def _is_value(cell: str) -> bool:
    return len(cell) > MAX_NAME or bool(re.fullmatch(r"\s*[+-]?\d+([.,]\d+)?\s*", cell))


def column_names(cells: Sequence[str], name: str) -> tuple[str, ...]:
    """Names of the columns, stripped; a column without a name gets its number.

    Raises:
        InputError: A name stands twice.
    """
    names = [cell.strip() or str(number + 1) for number, cell in enumerate(cells)]
    twice = sorted(column for column, count in Counter(names).items() if count > 1)
    if twice:
        raise InputError(f"{name} has two columns called {twice[0]!r}", "give each column a name of its own")
    return tuple(names)
