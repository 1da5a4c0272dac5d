"""Ingest: labelled rows of any source to a dataset in the store, by content."""

from __future__ import annotations

from pathlib import Path

from ... import storage
from ...errors import InputError
from ...records import SPLITS, Dataset
from ...storage.store import Store
from .checks import check_rows, check_train
from .collect import collect
from .facts import class_counts, fingerprint_of, leaked_rows, sorted_classes
from .publish import publish_refused, publish_shards
from .sources import open_source
from .splits import assign


def run(data: str, store: str, scratch: Path) -> Dataset:
    """Read the rows at `data` and publish them in the store, as shards by split.

    Needs room in `scratch` for about twice the contents, and memory for labels and ids alone. Rows that cannot be used
    are set aside with the reason in `rejected.parquet`.

    Raises:
        InputError: The rows that are left are no dataset.
    """
    storage.check_writable(store)
    try:
        collected = collect(open_source(data, scratch), scratch / "contents")
    except PermissionError as error:
        raise InputError(f"{error.filename} cannot be read", "give this user the right to read it") from error
    check_rows(collected, data)
    splits = assign(collected.ids, collected.labels, collected.source_splits)
    check_train(collected.labels, splits)
    classes = sorted_classes(collected.labels)
    fingerprint = fingerprint_of(collected, splits)
    entry = publish_shards(collected, splits, classes, fingerprint, Store(store), scratch)
    names = storage.listing(entry)
    return Dataset(
        modality=collected.modality,
        classes=tuple(classes),
        counts=class_counts(collected.labels, splits, classes),
        shards={split: tuple(storage.join(entry, n) for n in names if n.startswith(split)) for split in SPLITS},
        fingerprint=fingerprint,
        source=data,
        split_given=any(collected.source_splits),
        duplicates=len(collected.ids) - len(set(zip(collected.ids, splits, strict=True))),
        leaked=leaked_rows(collected.ids, splits),
        rejected=len(collected.refused),
        rejected_uri=publish_refused(collected.refused, Store(store), scratch) if collected.refused else "",
    )
