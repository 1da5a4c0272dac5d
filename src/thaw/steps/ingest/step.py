"""Ingest: labelled rows of any source to a dataset in the store, by content."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ... import storage
from ...data.shards import Row, write_shards
from ...errors import InputError
from ...progress import Stage, stage
from ...records import SPLITS, Dataset, Split
from ...storage.store import Store
from .collect import Collected, collect
from .rows import Refused
from .sources import open_source
from .splits import assign

LEAST_ROWS = 3
"""Different rows of a class: one to train on, one to validate on, one to test on."""


def run(data: str, store: str, scratch: Path) -> Dataset:
    """Read the rows at `data` and publish them in the store, as shards by split.

    Needs room in `scratch` for about twice the contents, and memory for labels and ids alone. Rows that cannot be used
    are set aside with the reason in `rejected.parquet`. InputError when what is left is no dataset.
    """
    storage.check_writable(store)
    try:
        found = collect(open_source(data, scratch), scratch / "contents")
    except PermissionError as error:
        raise InputError(f"{error.filename} cannot be read", "give this user the right to read it") from error
    _check_rows(found, data)
    splits = assign(found.ids, found.labels, found.given)
    _check_train(found.labels, splits)
    classes = _sorted_classes(found.labels)
    fingerprint = _fingerprint(found, splits)
    entry = _publish(found, splits, classes, fingerprint, Store(store), scratch)
    names = storage.listing(entry)
    return Dataset(
        modality=found.modality,
        classes=tuple(classes),
        counts=_counts(found.labels, splits, classes),
        shards={split: tuple(storage.join(entry, n) for n in names if n.startswith(split)) for split in SPLITS},
        fingerprint=fingerprint,
        source=data,
        split_given=any(found.given),
        duplicates=len(found.ids) - len(set(zip(found.ids, splits, strict=True))),
        leaked=_leaked(found.ids, splits),
        rejected=len(found.refused),
        rejected_uri=_publish_refused(found.refused, Store(store), scratch) if found.refused else "",
    )


def _check_rows(found: Collected, data: str) -> None:
    if not found.ids:
        first = found.refused[0] if found.refused else Refused(data, "there are no rows")
        what = f"none of the {len(found.refused)} rows of {data} can be used ({first.source}: {first.reason})"
        raise InputError(what, "mend them, or give other data")
    different = Counter(label for _, label in set(zip(found.ids, found.labels, strict=True)))
    if len(different) == 1:
        raise InputError(f"{data} has only one class, {found.labels[0]!r}", "add rows of a second class")
    small = sorted(label for label, rows in different.items() if rows < LEAST_ROWS)
    if small:
        shown = ", ".join(f"{label!r} has {different[label]}" for label in small[:3])
        many = f"{len(small)} classes have" if len(small) > 1 else "a class has"
        more = ", …" if len(small) > 3 else ""
        what = f"{many} fewer than {LEAST_ROWS} different rows in {data} ({shown}{more})"
        raise InputError(what, "add rows, or leave the class out")


def _check_train(labels: Sequence[str], splits: Sequence[Split]) -> None:
    trained = {label for label, split in zip(labels, splits, strict=True) if split == "train"}
    missing = sorted(set(labels) - trained)
    if missing:
        what = f"the train split has no rows of the class {missing[0]!r}"
        raise InputError(what, "move rows of every class to train, or name no splits")


def _sorted_classes(labels: Sequence[str]) -> list[str]:
    """By number when every class is a whole number."""
    classes = sorted(set(labels))
    return sorted(classes, key=int) if all(re.fullmatch(r"-?\d+", label) for label in classes) else classes


def _fingerprint(found: Collected, splits: Sequence[Split]) -> str:
    rows = sorted(zip(found.ids, found.labels, splits, strict=True))
    digest = hashlib.sha256()
    for row in rows:
        digest.update("\0".join(row).encode() + b"\n")
    return digest.hexdigest()


def _counts(labels: Sequence[str], splits: Sequence[Split], classes: Sequence[str]) -> dict[Split, tuple[int, ...]]:
    rows = Counter(zip(splits, labels, strict=True))
    return {split: tuple(rows[split, label] for label in classes) for split in SPLITS}


def _leaked(ids: Sequence[str], splits: Sequence[Split]) -> int:
    rows = list(zip(ids, splits, strict=True))
    seen = {content for content, split in rows if split != "test"}
    return sum(split == "test" and content in seen for content, split in rows)


def _publish(
    found: Collected, splits: Sequence[Split], classes: Sequence[str], fingerprint: str, store: Store, scratch: Path
) -> str:
    """URI of the folder with the shards; nothing is written when the same rows are there already."""
    present = store.locate("datasets", fingerprint)
    if present:
        return present
    folder = scratch / "shards"
    folder.mkdir()
    index = {label: number for number, label in enumerate(classes)}
    with stage("Writing shards", len(found.ids)) as progress:
        for split in SPLITS:
            rows = [row for row in range(len(found.ids)) if splits[row] == split]
            rows.sort(key=lambda row: (found.ids[row], index[found.labels[row]], found.sources[row]))
            write_shards(_rows(found, rows, index, progress), found.modality, folder, split)
    return store.publish("datasets", fingerprint, folder, {"classes": classes, "rows": len(found.ids)})


def _rows(found: Collected, rows: Sequence[int], index: dict[str, int], progress: Stage) -> Iterator[Row]:
    for row, content in found.contents(rows):
        progress.advance(1)
        yield found.ids[row], index[found.labels[row]], content, found.sources[row]


def _publish_refused(refused: Sequence[Refused], store: Store, scratch: Path) -> str:
    folder = scratch / "rejected"
    folder.mkdir()
    columns = {"source": [row.source for row in refused], "reason": [row.reason for row in refused]}
    pq.write_table(pa.table(columns), folder / "rejected.parquet")
    key = hashlib.sha256(repr(refused).encode()).hexdigest()
    return storage.join(store.publish("rejected", key, folder, {"rows": len(refused)}), "rejected.parquet")
