"""Parquet shards of an ingested dataset in the store, read back through memory-mapped Arrow files.

Columns: `id` (SHA-256 of the content, hex), `label` (int32, index into the classes), `content` (binary: the image file
as it came; string: the text) and `source` (file name, or file and row).
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .. import storage
from ..cores import cores
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
OPTIONAL = {"group": pa.string(), "weight": pa.float64()}
"""Columns of datasets whose source has them: rows of one group never stand in two splits; the weight of a row in
training."""


def schema(modality: Modality, optional: Collection[str] = ()) -> pa.Schema:
    """The columns of a shard, with those of OPTIONAL that the dataset has."""
    content = pa.string() if modality == "text" else pa.binary()
    columns = {"id": pa.string(), "label": pa.int32(), "content": content, "source": pa.string()}
    return pa.schema(columns | {name: kind for name, kind in OPTIONAL.items() if name in optional})


def row_groups(sizes: np.ndarray) -> list[list[slice]]:
    """Rows of each row group of each shard, for rows whose contents have so many bytes; sizes (rows,) int."""
    shards: list[list[slice]] = []
    ends, start, filled = np.concatenate([[0], np.cumsum(sizes)]), 0, SHARD_BYTES
    while start < len(sizes):
        stop = int(np.searchsorted(ends, ends[start] + GROUP_BYTES, "left"))
        stop = min(max(stop, start + 1), start + GROUP_ROWS, len(sizes))
        if filled >= SHARD_BYTES:
            shards.append([])
            filled = 0
        shards[-1].append(slice(start, stop))
        filled += int(ends[stop] - ends[start])
        start = stop
    return shards


def write_shards(
    sizes: np.ndarray, table: Callable[[slice], pa.Table], folder: Path, split: Split, modality: Modality
) -> list[str]:
    """Write rows, ordered by id, to `folder/<split>-00000.parquet` and on; returns the file names.

    Holds one row group of each core in memory, whatever the number of rows.

    Args:
        sizes: Bytes of each row's content, (rows,) int.
        table: The rows of a slice; called from several threads.
        folder: Where the files go.
        split: Their name begins with it.
        modality: Of the contents.
    """

    def write(numbered: tuple[int, list[slice]]) -> str:
        name = f"{split}-{numbered[0]:05d}.parquet"
        groups = map(table, numbered[1])
        first = next(groups)
        # Images are compressed already; no content and no id comes so often that a dictionary would help.
        options = {"compression": "zstd" if modality == "text" else "none", "use_dictionary": ["label", "group"]}
        with pq.ParquetWriter(folder / name, first.schema, **options) as writer:
            for group in chain([first], groups):
                writer.write_table(group, row_group_size=GROUP_ROWS)
        return name

    with ThreadPoolExecutor(cores(), thread_name_prefix="shards") as pool:
        return list(pool.map(write, enumerate(row_groups(sizes))))


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
        groups=_group_numbers(table["group"]) if "group" in table.column_names else None,
        weights=table["weight"].to_numpy() if "weight" in table.column_names else None,
    )


def _group_numbers(names: pa.ChunkedArray) -> np.ndarray:
    """(rows,) int64: rows of one group have one number, a row without a group one of its own."""
    numbers = names.combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.float64)
    alone = np.isnan(numbers)
    numbers[alone] = len(numbers) + np.flatnonzero(alone)
    return numbers.astype(np.int64)


def _mapped(dataset: Dataset, split: Split, scratch: Path) -> pa.Table:
    path = scratch / f"{dataset.fingerprint}-{split}.arrow"
    if not path.exists():
        part = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
        fetched = _fetched(dataset.shards[split], part.with_name(f"{part.name}-shards"))
        batches = (batch for shard in fetched for batch in _batches(shard))
        first = next(batches)
        with pa.OSFile(str(part), "wb") as file, pa.ipc.new_file(file, first.schema) as writer:
            for batch in chain([first], batches):
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
