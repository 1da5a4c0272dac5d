"""CSV, TSV and their kin, block by block."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from ....records import SourceOptions
from ..rows import Refused
from .cells import read_cells
from .chunks import Chunk, TableFile
from .dialect import Dialect, find_dialect
from .encodings import find_encoding, utf8_blocks
from .lines import Lines, invalid_lines, lines_of
from .quotes import DOUBLED, ESCAPED, QUOTE, Records, find_records, is_escaped
from .text_blocks import line_blocks, raw_blocks

SAMPLE_BYTES = 2**18
MANY_LINES, SEEN_LINES = 200, 2000
"""Lines of a block that known labels are taken from, where a record may be broken."""
REPLACED = "\ufffd".encode()


@dataclass
class Reader:
    """One pass over a delimited file."""

    name: str
    encoding: str
    dialect: Dialect
    needed: Sequence[str]
    label: str | None
    known: set[str] = field(default_factory=set)
    """Labels of rows so far."""
    line: int = 1
    """Physical number of the next block's first line."""

    def chunks(self, blocks: Iterator[bytes]) -> Iterator[Chunk]:
        """All rows. `blocks` are whole lines in UTF-8."""
        rest = b""
        for block, final in _with_last(blocks):
            data = rest + block
            whole, damaged = _valid(data, self.encoding)
            lines = lines_of(whole)
            records = find_records(lines, self.dialect.delimiter, final, self._is_row(lines))
            yield self._chunk(lines, records, damaged)
            rest = whole[lines.starts[records.end] :] if len(whole) == len(data) else self._undecoded(data, records.end)
            self.line += records.end

    @staticmethod
    def _undecoded(data: bytes, line: int) -> bytes:
        return data[lines_of(data).starts[line] :]

    def _chunk(self, lines: Lines, records: Records, damaged: Sequence[int]) -> Chunk:
        begins = ~records.inner & ~lines.blank()
        begins[: max(0, self.dialect.skipped_lines + 1 - self.line)] = False
        begins[records.end :] = False
        lost = {line: self._stray(line) for line in records.stray}
        for line in damaged:
            first = int(np.flatnonzero(~records.inner[: line + 1])[-1])
            lost.setdefault(first, self._damaged(first))
        lost = {line: refused for line, refused in lost.items() if begins[line]}
        data, at, starts = _without(lines, begins, sorted(lost), records.end)
        cells = read_cells(data, starts, self.dialect.columns, self.needed, self.dialect.delimiter)
        for line, count in zip(at[~cells.kept].tolist(), cells.counts, strict=True):
            lost[line] = self._wrong_count(line, count)
        columns: dict[str, pa.Array] = dict(cells.columns)
        return Chunk(columns, self.line + at[cells.kept], [lost[line] for line in sorted(lost)])

    def _refused(self, line: int, kind: str, reason: str) -> Refused:
        return Refused(f"{self.name}:{self.line + line}", kind, reason)  # type: ignore[arg-type]

    def _stray(self, line: int) -> Refused:
        return self._refused(line, "structure", "a quotation mark begins a cell that has no proper end")

    def _damaged(self, line: int) -> Refused:
        return self._refused(line, "encoding", f"is not {self.encoding}; if the whole file is not, give its --encoding")

    def _wrong_count(self, line: int, count: int) -> Refused:
        where = "header" if self.dialect.header else "first line"
        reason = f"has {count} values where the {where} has {len(self.dialect.columns)}"
        return self._refused(line, "structure", reason if count else "has another number of values than the header")

    def _is_row(self, lines: Lines) -> Callable[[int], bool]:
        """Whether a line by itself would be a row with a label that others have."""
        if self.label is None:
            return lambda line: False
        place, width = self.dialect.columns.index(self.label), len(self.dialect.columns)
        seen = False

        def is_row(line: int) -> bool:
            nonlocal seen
            if not seen:
                self.known |= _common(lines, self.dialect.delimiter, place, width)
                seen = True
            cells = lines.text(line, line).rstrip("\r\n").split(self.dialect.delimiter)
            return len(cells) == width and cells[place].strip('"') in self.known

        return is_row


def _common(lines: Lines, delimiter: str, place: int, width: int) -> set[str]:
    """Labels of the first lines that are rows by themselves; of many lines, those of two at least.

    Lines with an odd number of marks before them are left out: they lie within cells, unless a mark is stray.
    """
    marks = np.searchsorted(np.flatnonzero(lines.bytes == QUOTE), lines.starts[:SEEN_LINES])
    outside = np.flatnonzero(marks[: lines.count] % 2 == 0).tolist()
    texts = [lines.text(line, line).rstrip("\r\n") for line in outside]
    rows = [cells for text in texts if len(cells := _alone(text, delimiter)) == width]
    counts = Counter(cells[place] for cells in rows)
    some = {label for label, count in counts.items() if count > (len(texts) > MANY_LINES)}
    return {label for label in some if label.strip() and '"' not in label}


def _alone(line: str, delimiter: str) -> list[str]:
    """The cells of a line whose marks are in turn; none where they are not."""
    if '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


def _with_last(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each block, and whether it is the last."""
    held = next(blocks, None)
    for block in blocks:
        if held is not None:
            yield held, False
        held = block
    if held is not None:
        yield held, True


def _valid(data: bytes, encoding: str) -> tuple[bytes, list[int]]:
    """The data in valid UTF-8, and the numbers of the lines where it was not."""
    if data.isascii():
        return data, []
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode(errors="replace").encode(), invalid_lines(data)
    if encoding != "utf-8" and REPLACED in data:
        lines = lines_of(data)
        return data, [line for line in range(lines.count) if REPLACED in lines.line(line)]
    return data, []


def _without(lines: Lines, begins: np.ndarray, lost: Sequence[int], end: int) -> tuple[bytes, np.ndarray, np.ndarray]:
    """The records without the lost ones: their bytes, their first lines, and where those begin in the bytes."""
    at = np.flatnonzero(begins)
    ends = lines.starts[np.append(at[1:], end)] if len(at) else at
    kept = ~np.isin(at, lost)
    lengths = (ends - lines.starts[at])[kept]
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]) if len(lengths) else lengths
    if not lost and len(at):
        return lines.data[lines.starts[at[0]] : lines.starts[end]], at, starts
    pieces = [lines.data[a:b] for a, b in zip(lines.starts[at[kept]], ends[kept], strict=True)]
    return b"".join(pieces), at[kept], starts


def open_delimited(path: Path, name: str, format: str, compression: str, options: SourceOptions) -> TableFile | None:
    """A delimited file; None when it has no lines.

    Raises:
        InputError: It cannot be read as a table.
    """
    raw = partial(raw_blocks, path, name, compression)
    encoding = find_encoding(line_blocks(raw(), name), name, options.encoding)

    def blocks() -> Iterator[bytes]:
        return line_blocks(utf8_blocks(raw(), encoding.name), name)

    sample = next(blocks(), b"")
    dialect = find_dialect(sample[:SAMPLE_BYTES].decode(errors="replace"), name, format, options)
    if dialect is None:
        return None
    columns = dialect.columns
    escaped = is_escaped(sample[:SAMPLE_BYTES], dialect.delimiter)

    def chunks(needed: Sequence[str] | None, label: str | None) -> Iterator[Chunk]:
        chosen = columns if needed is None else needed
        parts = (block.replace(ESCAPED, DOUBLED) for block in blocks()) if escaped else blocks()
        return Reader(name, encoding.name, dialect, chosen, label).chunks(parts)

    facts = {
        "compression": compression,
        "encoding": encoding.name,
        "delimiter": dialect.delimiter,
        "header": dialect.header,
    }
    guessed = (*(("encoding",) if encoding.guessed else ()), *dialect.guessed)
    return TableFile(format, columns, chunks, facts, guessed)
