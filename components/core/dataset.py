"""The rows of an ingested dataset: Parquet shards in the store, read back through memory-mapped Arrow files.

Columns: `id` (SHA-256 of the content, hex), `label` (int32, index into the classes), `content` (binary: the image file
as it came; string: the text) and `source` (file name, or file and row).
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from . import storage
from .contracts import Dataset, Modality, Split
from .errors import InputError

SHARD_BYTES = 64 * 2**20
GROUP_BYTES = 8 * 2**20
"""Of content in a row group: what writing and reading hold in memory."""
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


class Contents(Sequence[Any]):
    """Bytes or strings of chosen rows, each copied out of the mapped file when it is asked for."""

    def __init__(self, column: pa.ChunkedArray, indices: np.ndarray) -> None:
        self._column, self._indices = column, indices

    def __len__(self) -> int:
        return len(self._indices)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Contents: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return self.take(np.arange(len(self))[index])
        return self._column[int(self._indices[index])].as_py()

    def take(self, indices: np.ndarray) -> Contents:
        return Contents(self._column, self._indices[indices])


@dataclass(frozen=True)
class Rows:
    """Rows in memory but for their contents. `raw` yields bytes of image files, or strings."""

    ids: list[str]
    labels: np.ndarray
    """(rows,) int64."""
    raw: Sequence[Any]
    source: list[str]

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, indices: Sequence[int] | np.ndarray) -> Rows:
        """These rows in this order, as a view: no content is read."""
        chosen = np.asarray(indices, dtype=np.int64)
        raw = self.raw.take(chosen) if isinstance(self.raw, Contents) else [self.raw[i] for i in chosen]
        return Rows([self.ids[i] for i in chosen], self.labels[chosen], raw, [self.source[i] for i in chosen])


def read_rows(dataset: Dataset, splits: Sequence[Split], scratch: Path) -> Rows:
    """Rows of the splits in the order given, by id inside a split. InputError when a shard is gone.

    The shards are laid out once in `scratch` as Arrow files, uncompressed, which are then memory-mapped: a row is there
    at random access, and no memory grows with the contents.
    """
    tables = [_mapped(dataset, split, scratch) for split in splits if dataset.shards.get(split)]
    table = pa.concat_tables(tables) if tables else schema(dataset.modality).empty_table()
    return Rows(
        ids=table["id"].to_pylist(),
        labels=table["label"].to_numpy().astype(np.int64),
        raw=Contents(table["content"], np.arange(len(table))),
        source=table["source"].to_pylist(),
    )


def _mapped(dataset: Dataset, split: Split, scratch: Path) -> pa.Table:
    path = scratch / f"{dataset.fingerprint}-{split}.arrow"
    if not path.exists():
        part = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
        with pa.OSFile(str(part), "wb") as file, pa.ipc.new_file(file, schema(dataset.modality)) as writer:
            for uri in dataset.shards[split]:
                for batch in _batches(uri, scratch):
                    writer.write_batch(batch)
        os.replace(part, path)
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def _batches(uri: str, scratch: Path) -> Iterator[pa.RecordBatch]:
    folder = scratch / uuid.uuid4().hex
    try:
        shard = storage.at_hand(uri, folder)
    except FileNotFoundError as error:
        raise InputError(f"the shard {uri} of the dataset is gone", "ingest the data again") from error
    with pq.ParquetFile(shard, memory_map=True) as file:
        for group in range(file.num_row_groups):
            yield from file.read_row_group(group).to_batches()
    if storage.is_remote(uri):
        shard.unlink()
        folder.rmdir()
