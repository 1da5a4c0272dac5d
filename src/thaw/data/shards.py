"""Parquet shards of an ingested dataset in the store, read back through memory-mapped Arrow files.

Columns: `id` (SHA-256 of the content, hex), `label` (int32, index into the classes), `content` (binary: the image file
as it came; string: the text) and `source` (file name, or file and row).
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .. import storage
from ..errors import InputError
from ..records import Dataset, Modality, Split
from .prefetch import prefetch
from .rows import Column, Rows

SHARD_BYTES = 16 * 2**20
"""Bytes of content in a shard: few enough that several are fetched while one is laid out."""
DOWNLOADS = 8
"""Shards fetched at a time from a remote store."""
GROUP_BYTES = 8 * 2**20
"""Bytes of content in a row group, which writing and reading hold in memory."""
GROUP_ROWS = 10_000

Row = tuple[str, int, bytes, str]
"""Id, label, content, source; the content of a text is its UTF-8."""


def schema(modality: Modality) -> pa.Schema:
    content = pa.string() if modality == "text" else pa.binary()
    return pa.schema([("id", pa.string()), ("label", pa.int32()), ("content", content), ("source", pa.string())])


def write_shards(rows: Iterable[Row], modality: Modality, folder: Path, split: Split) -> list[str]:
    """Write rows, ordered by id, to `folder/<split>-00000.parquet` and on; returns the file names.

    Holds one row group in memory, whatever the number of rows.
    """
    names: list[str] = []
    writer: pq.ParquetWriter | None = None
    written = 0
    for group, size in _groups(rows):
        if writer is None:
            names.append(f"{split}-{len(names):05d}.parquet")
            # Images are compressed already.
            compression = "zstd" if modality == "text" else "none"
            writer, written = pq.ParquetWriter(folder / names[-1], schema(modality), compression=compression), 0
        writer.write_table(_table(group, modality), row_group_size=GROUP_ROWS)
        written += size
        if written >= SHARD_BYTES:
            writer.close()
            writer = None
    if writer is not None:
        writer.close()
    return names


def _groups(rows: Iterable[Row]) -> Iterator[tuple[list[Row], int]]:
    group: list[Row] = []
    size = 0
    for row in rows:
        group.append(row)
        size += len(row[2])
        if size >= GROUP_BYTES or len(group) >= GROUP_ROWS:
            yield group, size
            group, size = [], 0
    if group:
        yield group, size


def _table(group: list[Row], modality: Modality) -> pa.Table:
    ids, labels, contents, sources = zip(*group, strict=True)
    content: Sequence[Any] = [text.decode() for text in contents] if modality == "text" else contents
    return pa.table([list(ids), list(labels), list(content), list(sources)], schema=schema(modality))


def read_rows(dataset: Dataset, splits: Sequence[Split], scratch: Path) -> Rows:
    """Rows of the splits in the order given, by id inside a split.

    The shards are laid out once in `scratch` as Arrow files, uncompressed, which are then memory-mapped: a row is there
    at random access, and no memory grows with the contents.

    Raises:
        InputError: A shard is gone.
    """
    tables = [_mapped(dataset, split, scratch) for split in splits if dataset.shards.get(split)]
    table = pa.concat_tables(tables) if tables else schema(dataset.modality).empty_table()
    return Rows(
        ids=Column(table["id"]),
        labels=table["label"].to_numpy().astype(np.int64),
        raw=Column(table["content"]),
        source=Column(table["source"]),
    )


def _mapped(dataset: Dataset, split: Split, scratch: Path) -> pa.Table:
    path = scratch / f"{dataset.fingerprint}-{split}.arrow"
    if not path.exists():
        part = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
        with pa.OSFile(str(part), "wb") as file, pa.ipc.new_file(file, schema(dataset.modality)) as writer:
            for shard in _fetched(dataset.shards[split], part.with_name(f"{part.name}-shards")):
                for batch in _batches(shard):
                    writer.write_batch(batch)
        os.replace(part, path)
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def _fetched(uris: Sequence[str], scratch: Path) -> Iterator[Path]:
    """The shards in their order: a local one in place, remote ones fetched ahead, each removed when the next is asked
    for."""

    def fetch(numbered: tuple[int, str]) -> Path:
        number, uri = numbered
        try:
            return storage.local_path(uri, scratch / str(number))
        except FileNotFoundError as error:
            raise InputError(f"the shard {uri} of the dataset is gone", "ingest the data again") from error

    remote = any(storage.is_remote(uri) for uri in uris)
    try:
        with closing(prefetch(fetch, enumerate(uris), DOWNLOADS if remote else 0, workers=DOWNLOADS)) as shards:
            for number, shard in enumerate(shards):
                yield shard
                shutil.rmtree(scratch / str(number), ignore_errors=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _batches(shard: Path) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(shard, memory_map=True) as file:
        for group in range(file.num_row_groups):
            yield from file.read_row_group(group).to_batches()
