"""Physical lines of a block of text, as positions in its bytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NEWLINE, RETURN = 10, 13


@dataclass(frozen=True)
class Lines:
    """A block of UTF-8 and where its lines begin. A line ends with a newline, a carriage return, or both."""

    data: bytes
    starts: np.ndarray
    """(lines + 1,) int64; the last is the length of the data."""

    @property
    def count(self) -> int:
        return len(self.starts) - 1

    def line(self, index: int) -> bytes:
        """The bytes of a line, with its end."""
        return self.data[self.starts[index] : self.starts[index + 1]]

    def text(self, first: int, last: int) -> str:
        """Lines `first` to `last`, both included."""
        return self.data[self.starts[first] : self.starts[last + 1]].decode()

    def blank(self) -> np.ndarray:
        """(lines,) bool: nothing but the end."""
        first = self.bytes[np.minimum(self.starts[:-1], len(self.data) - 1)] if self.data else np.zeros(0, np.uint8)
        return (np.diff(self.starts) <= 2) & np.isin(first, (NEWLINE, RETURN))

    @property
    def bytes(self) -> np.ndarray:
        return np.frombuffer(self.data, np.uint8)


def lines_of(data: bytes) -> Lines:
    """The lines of a block.

    >>> lines_of(b"a\\r\\nb\\rc").starts.tolist()
    [0, 3, 5, 6]
    """
    content = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(content == NEWLINE)
    if b"\r" in data:
        returns = np.flatnonzero(content == RETURN)
        bare = returns[content[np.minimum(returns + 1, len(content) - 1)] != NEWLINE]
        ends = np.sort(np.concatenate([ends, bare]))
    starts = np.concatenate([[0], ends + 1]).astype(np.int64)
    return Lines(data, starts if starts[-1] == len(data) else np.append(starts, len(data)))


def invalid_lines(block: bytes) -> list[int]:
    """Numbers, from 0, of the lines that are no UTF-8."""
    lines = lines_of(block)
    high = np.flatnonzero(np.maximum.reduceat(lines.bytes, lines.starts[:-1]) >= 0x80) if block else ()
    return [line for line in map(int, high) if not _is_utf8(lines.line(line))]


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
