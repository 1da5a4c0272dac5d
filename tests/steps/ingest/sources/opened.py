"""A source read to its end, for tests."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from thaw.records import SourceOptions
from thaw.steps.ingest.sources import open_source


@dataclass
class Opened:
    modality: str
    rows: list[tuple[str, str, str | None, str | bytes]] = field(default_factory=list)
    """Source, label, split, content."""
    refused: dict[str, str] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)
    readings: list = field(default_factory=list)
    class_names: tuple[str, ...] = ()

    @property
    def labels(self) -> dict[str, str]:
        return {source: label for source, label, _, _ in self.rows}

    @property
    def splits(self) -> dict[str, str | None]:
        return {source: split for source, _, split, _ in self.rows}


def read_source(data: str | Path, scratch: Path | None = None, bad_contents: bool = False, **options: str) -> Opened:
    """Everything that a source yields; with `bad_contents`, the reason for an image that cannot be read."""
    scratch = Path(tempfile.mkdtemp(dir=scratch))
    source = open_source(str(data), SourceOptions(max_refused=0.2, **options), scratch)
    opened = Opened(source.modality, readings=list(source.readings), class_names=source.class_names)
    for batch in source.batches:
        splits = batch.splits.to_pylist() if batch.splits is not None else [None] * len(batch.labels)
        if source.modality == "text":
            contents = batch.contents.to_pylist()
        else:
            contents = [_content(read, bad_contents) for read in batch.contents]
        rows = zip(batch.sources.to_pylist(), batch.labels.to_pylist(), splits, contents, strict=True)
        opened.rows += rows
        opened.refused |= {row.source: row.reason for row in batch.refused}
        opened.kinds |= {row.kind for row in batch.refused}
    return opened


def _content(read: Callable[[], bytes], bad_contents: bool) -> bytes | str:
    try:
        return read()
    except ValueError as error:
        if not bad_contents:
            raise
        return str(error)


def png(seed: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (5, 5, 3), dtype=np.uint8)).save(file, "PNG")
    return file.getvalue()


def write_images(root: Path, *names: str) -> Path:
    for number, name in enumerate(names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(number))
    return root
