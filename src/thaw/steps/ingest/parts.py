"""A large source read in parts: each part is a task that may run on a machine of its own, and is kept in the store.

A part is every n-th batch of the source. Reading, decoding and hashing take the time, and parts share nothing; what
follows, the splits and the shards, is one pass over what the parts have kept. A source that is read on one machine goes
the same way, so that one that was interrupted goes on with the parts that are missing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ... import storage
from ...data.thumbnails import DESCRIPTOR
from ...records import Modality, Reading, Record, SourceOptions
from ...storage.store import Store
from .checked_batches import CheckedBatch, checked_batches
from .hashing import WORDS
from .rows import Refused, RowBatch
from .sources import file_count, listing_fingerprint, open_source
from .unchanged import source_key

FILES_PER_PART = 100_000
MAX_PARTS = 64
ROWS, REFUSED, FACTS = "rows.arrow", "refused.parquet", "part.json"


class PartFacts(Record):
    """What a part knows of its source."""

    modality: Modality
    readings: tuple[Reading, ...]
    class_names: tuple[str, ...]


def part_count(data: str) -> int:
    """Parts that a source is read in: 1 where it has few files, or its listing does not tell whether they change."""
    files = file_count(data)
    if files <= FILES_PER_PART or listing_fingerprint(data) is None:
        return 1
    return min(MAX_PARTS, -(-files // FILES_PER_PART))


def read_part(data: str, options: SourceOptions, index: int, count: int, store: Store, scratch: Path) -> str:
    """Read part `index` of `count` and keep it, unless the store has it; the key of its entry."""
    key = hashlib.sha256(repr((source_key(data, options), index, count)).encode()).hexdigest()
    if store.locate("parts", key):
        return key
    source = open_source(data, options, scratch)
    facts = PartFacts(modality=source.modality, readings=tuple(source.readings), class_names=tuple(source.class_names))
    own = replace(source, batches=islice(source.batches, index, None, count))
    folder = scratch / f"part-{index}"
    folder.mkdir()
    _write(checked_batches(own), folder)
    (folder / FACTS).write_text(facts.model_dump_json())
    store.publish("parts", key, folder, {"part": index, "parts": count})
    return key


def read_in_parts(
    data: str, options: SourceOptions, count: int, store: Store, scratch: Path
) -> tuple[PartFacts, Iterator[CheckedBatch], list[str]]:
    """All batches of a source, from its parts, of which those that are missing are read; and the parts' keys."""
    keys = [read_part(data, options, index, count, store, scratch) for index in range(count)]
    folders = [store.fetch("parts", key, scratch / "parts") for key in keys]
    found = [folder for folder in folders if folder]
    facts = PartFacts.model_validate_json((found[0] / FACTS).read_bytes())
    return facts, (batch for folder in found for batch in _batches(folder)), keys


def remove_parts(keys: list[str], store: Store) -> None:
    """Remove parts whose dataset is in the store."""
    for key in keys:
        storage.remove(storage.join(store.uri, "parts", key))


def _write(batches: Iterator[CheckedBatch], folder: Path) -> None:
    writer = None
    refused: list[Refused] = []
    with pa.OSFile(str(folder / ROWS), "wb") as file:
        for checked in batches:
            refused += checked.rows.refused
            batch = _record_batch(checked)
            writer = writer or pa.ipc.new_file(file, batch.schema)
            writer.write_batch(batch)
        if writer:
            writer.close()
    columns = {name: [getattr(row, name) for row in refused] for name in ("source", "kind", "reason")}
    pq.write_table(
        pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()}), folder / REFUSED
    )


def _record_batch(checked: CheckedBatch) -> pa.RecordBatch:
    """All columns of a batch, as Arrow keeps them; those that the source lacks are left out."""
    names = ("contents", "labels", "sources", "splits", "groups", "times", "weights")
    columns = {name: getattr(checked.rows, name) for name in names}
    columns["ids"] = fixed_binary(checked.ids.astype(WORDS))
    columns["positions"] = pa.array(checked.positions)
    if checked.image_descriptors is not None:
        columns["image_descriptors"] = fixed_binary(checked.image_descriptors)
    return pa.RecordBatch.from_pydict({name: column for name, column in columns.items() if column is not None})


def _batches(folder: Path) -> Iterator[CheckedBatch]:
    """The batches of a part as they were written, after its refused rows."""
    refused = [Refused(**row) for row in pq.read_table(folder / REFUSED).to_pylist()]
    if not (folder / ROWS).stat().st_size:
        return
    with pa.OSFile(str(folder / ROWS)) as file, pa.ipc.open_file(file) as reader:
        for number in range(reader.num_record_batches):
            yield _checked(reader.get_batch(number), refused if number == 0 else [])


def _checked(batch: pa.RecordBatch, refused: list[Refused]) -> CheckedBatch:
    columns = {name: batch.column(name) for name in batch.schema.names}
    words = from_fixed_binary(columns.pop("ids"), WORDS).reshape(-1, 4)
    looks = columns.pop("image_descriptors", None)
    positions = columns.pop("positions").to_numpy()
    return CheckedBatch(
        RowBatch(**columns, refused=refused),
        words,
        positions,
        None if looks is None else from_fixed_binary(looks, DESCRIPTOR),
    )


def fixed_binary(values: np.ndarray) -> pa.Array:
    """The bytes of each row of an array, as one Arrow value."""
    size = values.nbytes // max(1, len(values)) or 1
    return pa.Array.from_buffers(pa.binary(size), len(values), [None, pa.py_buffer(values.tobytes())])


def from_fixed_binary(values: pa.Array, kind: np.dtype) -> np.ndarray:
    """The items of this type that the bytes hold, (items,)."""
    return np.frombuffer(values.buffers()[1] or b"", kind, offset=values.offset * values.type.byte_width)
