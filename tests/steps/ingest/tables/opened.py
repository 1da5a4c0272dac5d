"""Tables that tests write, and what is read from them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from thaw.records import RefusedKind, SourceOptions, Split
from thaw.steps.ingest.rows import Refused
from thaw.steps.ingest.tables import OpenTable, open_table

FOLDER = tempfile.TemporaryDirectory()
"""Goes when the tests end: properties have no folder of their own for each table."""


@dataclass(frozen=True)
class Read:
    """All rows of a table."""

    table: OpenTable
    contents: list[Any]
    labels: list[str]
    sources: list[str]
    splits: list[str | None]
    groups: list[str | None]
    times: list[int]
    weights: list[float]
    refused: list[Refused]

    @property
    def kinds(self) -> dict[str, RefusedKind]:
        return {row.source: row.kind for row in self.refused}

    @property
    def lines(self) -> list[int]:
        return [int(source.rpartition(":")[2]) for source in self.sources]


def no_images(name: str) -> bytes:
    raise ValueError(f"the image file {name!r} is not there")


def opened(
    data: bytes | str,
    name: str = "x.csv",
    load: Callable[[str], bytes] = no_images,
    split: Split | None = None,
    constants: Mapping[str, str] | None = None,
    **options: Any,
) -> OpenTable | None:
    path = Path(tempfile.mkdtemp(dir=FOLDER.name)) / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return open_table(path, name, SourceOptions(**options), load, split, constants=constants or {})


def read(data: bytes | str, name: str = "x.csv", **options: Any) -> Read:
    table = opened(data, name, **options)
    assert table is not None
    batches = list(table.batches())

    def column(field: str) -> list[Any]:
        parts = [getattr(batch, field) for batch in batches]
        return [value for part in parts if part is not None for value in part.to_pylist()]

    contents: list[Any] = []
    for batch in batches:
        texts = isinstance(batch.contents, pa.Array)
        contents += batch.contents.to_pylist() if texts else list(batch.contents)
    refused = [row for batch in batches for row in batch.refused]
    fields = ("labels", "sources", "splits", "groups", "times", "weights")
    return Read(table, contents, refused=refused, **{field: column(field) for field in fields})


def lines(rows: int = 30, text: str = "text", labels: tuple[str, ...] = ("neg", "pos")) -> str:
    """Lines of a comma-separated table: a text and its label."""
    return "".join(f"{text} {row},{labels[row % len(labels)]}\n" for row in range(rows))
