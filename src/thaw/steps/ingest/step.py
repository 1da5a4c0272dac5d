"""Ingest: labelled rows of any source to a dataset in the store, by content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ... import storage
from ...errors import InputError
from ...records import SPLITS, Dataset, SourceOptions, SplitKey
from ...storage.store import Store
from .checked_batches import CheckedBatch, checked_batches
from .checks import check_classes, check_refused, check_splits
from .collect import Collected, collect
from .copies import conflicting, duplicates_in_splits
from .facts import class_counts, leaked_rows, sorted_classes
from .labels import alike
from .parts import PartFacts, part_count, read_in_parts, remove_parts
from .publish import publish_refused, publish_shards
from .refused_rows import RefusedRows
from .rows import Source
from .selection import Selection, in_order, labelled, resolve_conflicts, with_splits, without_copies
from .sources import open_source
from .unchanged import recall, remember

GUESS = SourceOptions()


def run(data: str, store: str, scratch: Path, options: SourceOptions = GUESS) -> Dataset:
    """Read the rows at `data` and publish them in the store, as shards by split.

    A source that has not changed since it was last read so is not read again. Needs room in `scratch` for about twice
    the contents, and memory for some 100 bytes a row. Rows that cannot be used are set aside with the reason in
    `rejected.parquet`.

    Raises:
        InputError: The rows that are left are no dataset.
    """
    storage.check_writable(store)
    key, known = recall(data, options, Store(store), scratch)
    if known:
        return known
    try:
        dataset = _read(data, options, Store(store), scratch)
    except PermissionError as error:
        raise InputError(f"{error.filename} cannot be read", "give this user the right to read it") from error
    remember(key, dataset, Store(store), scratch)
    return dataset


def _read(data: str, options: SourceOptions, store: Store, scratch: Path) -> Dataset:
    refused = RefusedRows(scratch / "refused.parquet")
    source, batches, parts = _opened(data, options, store, scratch)
    collected = collect(batches, source.modality, scratch, refused)
    selection = labelled(collected, options, refused)
    check_refused(refused, len(selection), options.max_refused, data)
    selection = resolve_conflicts(selection, collected, options, refused)
    check_classes(selection, data)
    selection, near = with_splits(selection, collected), 0
    if options.near_duplicates != "keep":
        selection, near = without_copies(selection, collected, refused)
        check_classes(selection, data)
    check_splits(selection, split_key(collected))
    selection = in_order(selection, collected)
    classes = list(source.class_names) if set(source.class_names) == set(selection.names) else None
    dataset = _published(collected, selection, classes or sorted_classes(selection.names), store, scratch, refused)
    remove_parts(parts, store)
    facts = {"source": data, "options": options, "readings": tuple(source.readings), "near_duplicates": near}
    return dataset.model_copy(update=facts)


def _opened(
    data: str, options: SourceOptions, store: Store, scratch: Path
) -> tuple[Source | PartFacts, Iterator[CheckedBatch], list[str]]:
    """The facts of a source, its batches, and the keys of the parts that they come from, if it is a large one."""
    count = part_count(data)
    if count > 1:
        return read_in_parts(data, options, count, store, scratch)
    source = open_source(data, options, scratch)
    return source, checked_batches(source), []


def _published(
    collected: Collected,
    selection: Selection,
    classes: Sequence[str],
    store: Store,
    scratch: Path,
    refused: RefusedRows,
) -> Dataset:
    """The dataset's record, once its shards are in the store."""
    fingerprint, entry = publish_shards(collected, selection, classes, store, scratch)
    names = storage.listing(entry)
    index = np.array([classes.index(name) for name in selection.names])
    return Dataset(
        modality=collected.modality,
        classes=tuple(classes),
        counts=class_counts(index[selection.labels], selection.splits, len(classes)),
        shards={split: tuple(storage.join(entry, n) for n in names if n.startswith(split)) for split in SPLITS},
        fingerprint=fingerprint,
        source="",
        split_given=bool((collected.splits >= 0).any()),
        split_by=split_key(collected),
        duplicates=duplicates_in_splits(selection.contents, selection.splits),
        leaked=leaked_rows(selection.contents, selection.splits),
        rejected=len(refused),
        rejected_uri=publish_refused(refused, store, scratch),
        refused_kinds=dict(refused.kinds),
        conflicts=len(conflicting(selection.contents, selection.labels)),
        similar_labels=alike(selection.names),
    )


def split_key(collected: Collected) -> SplitKey:
    """What put the rows in their splits."""
    if (collected.splits >= 0).any():
        return "source"
    if collected.times is not None:
        return "time"
    return "content" if collected.groups is None else "group"
