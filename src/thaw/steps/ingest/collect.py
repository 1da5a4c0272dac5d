"""One pass over the rows of a source: contents go to a file, everything else into memory."""

from __future__ import annotations

import hashlib
import os
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ...data.image_checks import inspect
from ...data.prefetch import prefetch
from ...progress import stage
from ...records import Modality, Split
from .rows import RawRow, Refused, Source

WORKERS = min(16, 4 * (os.cpu_count() or 1))
"""Threads that read and check images; more than cores, because images may come from far."""


@dataclass
class Collected:
    """The accepted rows, column by column, and the refused ones. Contents lie in `spool`."""

    modality: Modality
    spool: Path
    ids: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    source_splits: list[Split | None] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    ends: array[int] = field(default_factory=lambda: array("q", [0]))
    """Where each row's content ends in the spool, after a leading 0."""
    refused: list[Refused] = field(default_factory=list)

    def contents(self, rows: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Pairs of a row and its content."""
        with open(self.spool, "rb") as file:
            for row in rows:
                file.seek(self.ends[row])
                yield row, file.read(self.ends[row + 1] - self.ends[row])


def collect(source: Source, spool: Path) -> Collected:
    """Read, check and hash all rows of a source, in its order."""
    collected = Collected(source.modality, spool)

    def load(row: RawRow | Refused) -> tuple[RawRow | Refused, bytes]:
        return _checked(row, source.modality)

    loaded = prefetch(load, source.rows, 2 * WORKERS, WORKERS) if source.modality == "image" else map(load, source.rows)
    with stage("Reading rows") as progress, open(spool, "wb") as file:
        for row, content in loaded:
            progress.advance(1)
            if isinstance(row, Refused):
                collected.refused.append(Refused(_printable(row.source), _printable(row.reason)))
                continue
            file.write(content)
            collected.ends.append(collected.ends[-1] + len(content))
            collected.ids.append(hashlib.sha256(content).hexdigest())
            collected.labels.append(row.label)
            collected.source_splits.append(row.split)
            collected.sources.append(_printable(row.source))
    return collected


def _checked(row: RawRow | Refused, modality: Modality) -> tuple[RawRow | Refused, bytes]:
    if isinstance(row, Refused):
        return row, b""
    try:
        row.label.encode()
        content = row.read()
        if modality == "image":
            inspect(content)
        elif not content.strip():
            return Refused(row.source, "the text is empty"), b""
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        return Refused(row.source, str(reason)), b""
    return row, content


def _printable(text: str) -> str:
    """A file name without the surrogates that stand for bytes that are no text."""
    return text.encode(errors="replace").decode()
