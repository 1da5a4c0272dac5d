"""Shards and refused rows, written to the store."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from ... import storage
from ...data.shards import OPTIONAL, schema, write_shards
from ...progress import stage
from ...records import SPLITS
from ...storage.checksums import file_checksum
from ...storage.store import Store
from .collect import Collected
from .facts import fingerprint_of, hex_strings
from .refused_rows import RefusedRows
from .selection import Selection


class Columns:
    """The columns of a dataset, laid out some rows at a time."""

    def __init__(self, collected: Collected, selection: Selection, classes: Sequence[str]) -> None:
        self.collected, self.selection = collected, selection
        self.labels = np.array([list(classes).index(name) for name in selection.names], np.int32)[selection.labels]

    def facts(self, part: slice) -> pa.Table:
        """Id, label, split, and what is optional, of these rows."""
        rows = self.selection.rows[part]
        splits = pa.array(SPLITS).take(pa.array(self.selection.splits[part]))
        ids, labels = hex_strings(self.collected.ids[rows]), pa.array(self.labels[part])
        return pa.table({"id": ids, "label": labels, "split": splits} | self._optional(rows))

    def slice_of(self, places: np.ndarray, part: slice) -> pa.Table:
        """Some of the rows at these places, as a shard has them."""
        places, text = places[part], self.collected.modality == "text"
        rows = self.selection.rows[places]
        columns = {
            "id": hex_strings(self.collected.ids[rows]),
            "label": pa.array(self.labels[places]),
            "content": self.collected.contents.strings(rows) if text else self.collected.contents.take(rows),
            "source": self.collected.sources.strings(rows),
        } | self._optional(rows)
        return pa.table(columns).cast(schema(self.collected.modality, columns))

    def _optional(self, rows: np.ndarray) -> dict[str, pa.Array]:
        """Columns of OPTIONAL that the source has."""
        columns = {}
        if self.collected.groups is not None:
            names = pa.array(
                [None if name.startswith("\0") else name for name in self.collected.group_names], pa.string()
            )
            columns["group"] = names.take(pa.array(self.collected.groups[rows]))
        if self.collected.weights is not None:
            columns["weight"] = pa.array(self.collected.weights[rows], OPTIONAL["weight"])
        return columns


def publish_shards(
    collected: Collected, selection: Selection, classes: Sequence[str], store: Store, scratch: Path
) -> tuple[str, str]:
    """The fingerprint, and the URI of the folder with the shards; nothing is written when the same rows are there."""
    columns = Columns(collected, selection, classes)
    fingerprint = fingerprint_of(columns.facts, len(selection), classes)
    present = store.locate("datasets", fingerprint)
    if present:
        return fingerprint, present
    folder = scratch / "shards"
    folder.mkdir()
    sizes = collected.contents.lengths[selection.rows]
    with stage("Writing shards", len(selection)) as progress:
        for number, split in enumerate(SPLITS):
            places = np.flatnonzero(selection.splits == number)
            table = partial(columns.slice_of, places)
            write_shards(sizes[places], table, folder, split, collected.modality)
            progress.advance(len(places))
    manifest = {"classes": classes, "rows": len(selection)}
    return fingerprint, store.publish("datasets", fingerprint, folder, manifest)


def publish_refused(refused: RefusedRows, store: Store, scratch: Path) -> str:
    """URI of the Parquet file of the refused rows; empty when there are none."""
    file = refused.close()
    if not len(refused):
        return ""
    folder = scratch / "rejected"
    folder.mkdir()
    file.rename(folder / "rejected.parquet")
    key = file_checksum(folder / "rejected.parquet")
    return storage.join(store.publish("rejected", key, folder, {"rows": len(refused)}), "rejected.parquet")
