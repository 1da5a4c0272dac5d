"""Refused rows, written to a Parquet file while they come and counted by their kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ...records import RefusedKind
from .rows import Refused

SCHEMA = pa.schema([("source", pa.string()), ("kind", pa.string()), ("reason", pa.string())])
BUFFERED_ROWS = 10_000


class RefusedRows:
    """The rows that were set aside. Few are held in memory, however many there are."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.kinds: Counter[RefusedKind] = Counter()
        self.first: dict[RefusedKind, Refused] = {}
        """The first row of each kind, for messages."""
        self._buffer: list[Refused] = []
        self._writer = pq.ParquetWriter(path, SCHEMA, compression="zstd")

    def __len__(self) -> int:
        return self.kinds.total()

    def add(self, rows: Iterable[Refused]) -> None:
        for row in rows:
            self.kinds[row.kind] += 1
            self.first.setdefault(row.kind, row)
            self._buffer.append(Refused(printable(row.source), row.kind, printable(row.reason)))
            if len(self._buffer) >= BUFFERED_ROWS:
                self._flush()

    def close(self) -> Path:
        """The whole file."""
        self._flush()
        self._writer.close()
        return self.path

    def _flush(self) -> None:
        rows = [{"source": row.source, "kind": row.kind, "reason": row.reason} for row in self._buffer]
        self._writer.write_table(pa.Table.from_pylist(rows, schema=SCHEMA))
        self._buffer.clear()


def printable(text: str) -> str:
    """A file name without the surrogates that stand for bytes that are no text."""
    return text.encode(errors="replace").decode()
