"""One pass over the rows of a source: contents go to files, everything else into arrays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...data.spool import Spool, SpooledColumn
from ...progress import stage
from ...records import SPLITS, Modality
from .checked_batches import CheckedBatch
from .hashing import WORDS
from .refused_rows import RefusedRows
from .rows import RowBatch


@dataclass(frozen=True)
class Collected:
    """The rows that can be used, column by column, in the source's order. About 80 bytes a row are held in memory."""

    modality: Modality
    contents: SpooledColumn
    sources: SpooledColumn
    ids: np.ndarray
    """SHA-256 of the contents as four big-endian words, (rows, 4) uint64."""
    positions: np.ndarray
    """Where each content lies in [0, 1), (rows,) float64."""
    labels: np.ndarray
    """(rows,) int, index into `label_names`."""
    label_names: tuple[str, ...]
    """Every label as the source writes it, in the order of appearance."""
    splits: np.ndarray
    """(rows,) int, index into SPLITS, or −1."""
    groups: np.ndarray | None
    """(rows,) int: rows of one group have one number; None without groups."""
    group_names: tuple[str, ...]
    times: np.ndarray | None
    weights: np.ndarray | None
    image_descriptors: np.ndarray | None
    """(rows,) of `thumbnails.DESCRIPTOR`; None for texts."""

    def __len__(self) -> int:
        return len(self.labels)


def collect(batches: Iterable[CheckedBatch], modality: Modality, scratch: Path, refused: RefusedRows) -> Collected:
    """The columns of all batches; what was refused among them is added to `refused`."""
    columns = _Columns(scratch)
    with stage("Reading rows") as progress:
        for batch in batches:
            refused.add(batch.rows.refused)
            columns.append(batch)
            progress.advance(len(batch.rows.labels) + len(batch.rows.refused))
    return columns.collected(modality)


class _Columns:
    """The columns of a `Collected`, under way."""

    def __init__(self, scratch: Path) -> None:
        self.contents, self.sources = Spool(scratch / "contents"), Spool(scratch / "sources")
        self.parts: dict[str, list[np.ndarray]] = {}
        self.labels, self.groups = _Codes(), _Codes()

    def append(self, checked: CheckedBatch) -> None:
        batch = checked.rows
        self.contents.append(batch.contents)
        self.sources.append(batch.sources)
        self._add("labels", self.labels.codes(batch.labels))
        self._add("splits", _split_numbers(batch))
        self._add("groups", None if batch.groups is None else self.groups.codes(batch.groups))
        self._add("times", None if batch.times is None else batch.times.to_numpy(zero_copy_only=False))
        self._add("weights", None if batch.weights is None else batch.weights.to_numpy(zero_copy_only=False))
        self._add("ids", checked.ids)
        self._add("positions", checked.positions)
        self._add("image_descriptors", checked.image_descriptors)

    def collected(self, modality: Modality) -> Collected:
        whole = {name: np.concatenate(parts) for name, parts in self.parts.items()}
        return Collected(
            modality=modality,
            contents=self.contents.seal(),
            sources=self.sources.seal(),
            ids=whole.get("ids", np.empty((0, 4), WORDS)),
            positions=whole.get("positions", np.empty(0)),
            labels=whole.get("labels", np.empty(0, np.int64)),
            label_names=tuple(self.labels.names),
            splits=whole.get("splits", np.empty(0, np.int8)),
            groups=whole.get("groups"),
            group_names=tuple(self.groups.names),
            times=whole.get("times"),
            weights=whole.get("weights"),
            image_descriptors=whole.get("image_descriptors"),
        )

    def _add(self, name: str, values: np.ndarray | None) -> None:
        if values is not None:
            self.parts.setdefault(name, []).append(values)


class _Codes:
    """Numbers of strings, in the order of their first appearance; every null gets a number of its own."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {}

    def codes(self, values: pa.Array) -> np.ndarray:
        encoded = values.dictionary_encode()
        names = encoded.dictionary.to_pylist()
        numbers = np.array([self.names.setdefault(name, len(self.names)) for name in names] or [0], np.int64)
        found = numbers[encoded.indices.fill_null(0).to_numpy(zero_copy_only=False)]
        for row in np.flatnonzero(values.is_null().to_numpy(zero_copy_only=False)).tolist():
            found[row] = self.names.setdefault(f"\0{len(self.names)}", len(self.names))
        return found


def _split_numbers(batch: RowBatch) -> np.ndarray:
    if batch.splits is None:
        return np.full(len(batch.labels), -1, np.int8)
    numbers = pc.index_in(batch.splits, value_set=pa.array(SPLITS))
    return numbers.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int8)
