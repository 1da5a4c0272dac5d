"""The rows that become the dataset: chosen from what was collected, with their class and their split."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from ...errors import InputError
from ...records import SPLITS, RefusedKind, SourceOptions
from .collect import Collected
from .copies import conflicting, content_codes, copies_across_splits, near_copies, outvoted
from .digests import position
from .labels import LEFT_OUT, class_names
from .refused_rows import RefusedRows
from .rows import Refused
from .splits import assign, assign_by_time

REFUSED_AT_A_TIME = 10_000
MAX_NEAR_SHARE = 0.5
"""More near copies than this are rather the nature of the data."""


@dataclass(frozen=True)
class Selection:
    """Rows of a `Collected`, column by column, by content, then label. Every array is (rows,) int."""

    rows: np.ndarray
    """Places in the collected columns."""
    contents: np.ndarray
    """Rows have one number exactly when they have one content."""
    labels: np.ndarray
    """Index into `names`."""
    names: tuple[str, ...]
    """Labels in the order of their text."""
    splits: np.ndarray
    """Index into SPLITS; −1 before splits are assigned."""

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, places: np.ndarray) -> Selection:
        """These rows in this order."""
        columns = {name: getattr(self, name)[places] for name in ("rows", "contents", "labels", "splits")}
        return replace(self, **columns)

    def without(self, places: np.ndarray) -> Selection:
        """All rows but these."""
        return self.take(np.delete(np.arange(len(self)), places))


def labelled(collected: Collected, options: SourceOptions, refused: RefusedRows) -> Selection:
    """All rows under their labels in the dataset; rows of labels that are left out are refused."""
    counts = np.bincount(collected.labels, minlength=len(collected.label_names))
    called = class_names(collected.label_names, counts, options)
    names = tuple(sorted(set(called.values()) - {LEFT_OUT}))
    number = {name: place for place, name in enumerate(names)} | {LEFT_OUT: -1}
    labels = np.array([number[called[name]] for name in collected.label_names] or [0])[collected.labels]
    order, contents = content_codes(collected.ids)
    ordered = Selection(order, contents, labels[order], names, collected.splits[order].astype(np.int64))
    if ((np.diff(contents) == 0) & (np.diff(ordered.labels) < 0)).any():
        ordered = ordered.take(np.lexsort((ordered.labels, contents)))
    left_out = np.flatnonzero(ordered.labels < 0)
    return _refuse(ordered, left_out, collected, refused, "label", f"left out by {options.labels}")


def resolve_conflicts(
    selection: Selection, collected: Collected, options: SourceOptions, refused: RefusedRows
) -> Selection:
    """The rows without those whose content has another label, as far as that was asked for.

    Raises:
        InputError: There are such rows, and they are to be refused.
    """
    if options.conflicts == "majority":
        minority = outvoted(selection.contents, selection.labels)
        return _refuse(selection, minority, collected, refused, "label", "most rows of this content have another label")
    if options.conflicts == "refuse" and len(codes := conflicting(selection.contents, selection.labels)):
        row = int(np.flatnonzero(selection.contents == codes[0])[0])
        source = collected.sources[int(selection.rows[row])].decode()
        raise InputError(
            f"{len(codes)} contents have several labels, the first is {source}",
            "correct them, or take --conflicts majority",
        )
    return selection


def with_splits(selection: Selection, collected: Collected) -> Selection:
    """The rows with a split each."""
    given, rows = selection.splits, selection.rows
    if collected.times is not None:
        times = collected.times[rows]
        if collected.groups is not None:
            times = _newest(collected.groups[rows], times)
        return replace(selection, splits=assign_by_time(times, given))
    keys, positions = selection.contents, collected.positions[rows]
    if collected.groups is not None:
        keys = collected.groups[rows]
        positions = _group_positions(collected, rows)
    return replace(selection, splits=assign(keys, positions, selection.labels, given))


def without_copies(selection: Selection, collected: Collected, refused: RefusedRows) -> tuple[Selection, int]:
    """The rows without those of training that were copies of tested ones, and how many of those were near copies."""
    exact = copies_across_splits(selection.contents, selection.splits)
    selection = _refuse(
        selection, exact, collected, refused, "duplicate", "the same content is in a split that is tested"
    )
    near = near_copies(collected, selection.rows, selection.contents, selection.splits)
    if len(near) > MAX_NEAR_SHARE * len(selection):
        what = f"{len(near):,} of {len(selection):,} rows are nearly copies of rows that are tested"
        raise InputError(what, "give --near-duplicates keep if they are not, as texts made from one template")
    reason = "nearly the same content is in a split that is tested"
    return _refuse(selection, near, collected, refused, "duplicate", reason), len(near)


def in_order(selection: Selection, collected: Collected) -> Selection:
    """The rows by content, label, split name and source, whatever order they came in."""
    names = sorted(SPLITS)
    rank = np.array([names.index(split) for split in SPLITS])[selection.splits]
    if not (np.diff(selection.contents) == 0).any():
        return selection
    twins = np.isin(selection.contents, selection.contents[1:][np.diff(selection.contents) == 0])
    source = np.zeros(len(selection), np.int64)
    texts = collected.sources.strings(selection.rows[twins]).to_pylist()
    source[twins] = np.unique(texts, return_inverse=True)[1]
    return selection.take(np.lexsort((source, rank, selection.labels, selection.contents)))


def _newest(groups: np.ndarray, times: np.ndarray) -> np.ndarray:
    newest = np.full(groups.max(initial=-1) + 1, np.iinfo(np.int64).min)
    np.maximum.at(newest, groups, times)
    return newest[groups]


def _group_positions(collected: Collected, rows: np.ndarray) -> np.ndarray:
    """Positions of the rows' groups; a row without one stands for itself."""
    assert collected.groups is not None, "asked for rows with groups"
    digests = [hashlib.sha256(name.encode()).digest() for name in collected.group_names]
    of_group = np.array(
        [
            np.nan if name.startswith("\0") else position(digest)
            for name, digest in zip(collected.group_names, digests, strict=True)
        ]
    )
    positions = of_group[collected.groups[rows]]
    return np.where(np.isnan(positions), collected.positions[rows], positions)


def _refuse(
    selection: Selection, places: np.ndarray, collected: Collected, refused: RefusedRows, kind: RefusedKind, reason: str
) -> Selection:
    for start in range(0, len(places), REFUSED_AT_A_TIME):
        sources = collected.sources.strings(selection.rows[places[start : start + REFUSED_AT_A_TIME]])
        refused.add(Refused(source, kind, reason) for source in sources.to_pylist())
    return selection.without(places) if len(places) else selection
