"""JSON files with an object on each line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..rows import Refused
from .chunks import Chunk
from .json_rows import chunk_of, flat, parse
from .lines import lines_of

MAX_ROWS = 20_000


def line_chunks(blocks: Iterator[bytes], name: str, needed: Sequence[str] | None) -> Iterator[Chunk]:
    """The rows of blocks of whole lines."""
    number = 1
    for block in blocks:
        lines = lines_of(block)
        for start in range(0, lines.count, MAX_ROWS):
            part = range(start, min(start + MAX_ROWS, lines.count))
            yield _chunk([lines.line(line) for line in part], number + start, name, needed)
        number += lines.count


def _chunk(lines: Sequence[bytes], first: int, name: str, needed: Sequence[str] | None) -> Chunk:
    rows: list[dict[str, Any]] = []
    positions: list[int] = []
    refused: list[Refused] = []
    for number, line in enumerate(lines, first):
        if not line.strip():
            continue
        found = read_row(line, parse, f"{name}:{number}")
        if isinstance(found, Refused):
            refused.append(found)
        else:
            rows.append(found)
            positions.append(number)
    return chunk_of(rows, positions, refused, needed)


def read_row(line: bytes, read: Callable[[str], Any], source: str) -> dict[str, Any] | Refused:
    """One object, flat, or why it is none."""
    try:
        value = read(line.decode())
    except UnicodeDecodeError:
        return Refused(source, "encoding", "is not UTF-8; if the whole file is not, give its --encoding")
    except ValueError as error:
        return Refused(source, "structure", f"not valid JSON ({error})")
    return flat(value) if isinstance(value, dict) else Refused(source, "structure", "not a JSON object")
