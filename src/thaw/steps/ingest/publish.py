"""Shards and refused rows, written to the store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ... import storage
from ...data.shards import Row, write_shards
from ...progress import Stage, stage
from ...records import SPLITS, Split
from ...storage.store import Store
from .collect import Collected
from .rows import Refused


def publish_shards(
    collected: Collected, splits: Sequence[Split], classes: Sequence[str], fingerprint: str, store: Store, scratch: Path
) -> str:
    """URI of the folder with the shards; nothing is written when the same rows are there already."""
    present = store.locate("datasets", fingerprint)
    if present:
        return present
    folder = scratch / "shards"
    folder.mkdir()
    index = {label: number for number, label in enumerate(classes)}
    with stage("Writing shards", len(collected.ids)) as progress:
        for split in SPLITS:
            rows = [row for row in range(len(collected.ids)) if splits[row] == split]
            rows.sort(key=lambda row: (collected.ids[row], index[collected.labels[row]], collected.sources[row]))
            write_shards(_rows(collected, rows, index, progress), collected.modality, folder, split)
    return store.publish("datasets", fingerprint, folder, {"classes": classes, "rows": len(collected.ids)})


def _rows(collected: Collected, rows: Sequence[int], index: dict[str, int], progress: Stage) -> Iterator[Row]:
    for row, content in collected.contents(rows):
        progress.advance(1)
        yield collected.ids[row], index[collected.labels[row]], content, collected.sources[row]


def publish_refused(refused: Sequence[Refused], store: Store, scratch: Path) -> str:
    folder = scratch / "rejected"
    folder.mkdir()
    columns = {"source": [row.source for row in refused], "reason": [row.reason for row in refused]}
    pq.write_table(pa.table(columns), folder / "rejected.parquet")
    key = hashlib.sha256(repr(refused).encode()).hexdigest()
    return storage.join(store.publish("rejected", key, folder, {"rows": len(refused)}), "rejected.parquet")
