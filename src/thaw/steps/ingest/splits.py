"""Splits of the rows: train, validation and test.

The hash of a row's content decides, so that new rows never move old ones, and the same content always lands in one
split. That leaves the shares to chance: 15% of 1,000 rows is 150 ± 11. Where chance leaves a class without rows in some
split, its row nearest to the border moves over it; only rows of such small classes may move back when rows are added.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from ...records import SPLITS, Split

SALT = b"thaw splits 1\0"
BORDERS: dict[Split, tuple[float, float]] = {"test": (0.0, 0.15), "validation": (0.15, 0.30), "train": (0.30, 1.0)}
NAMES: dict[str, Split] = {
    "train": "train",
    "validation": "validation",
    "val": "validation",
    "valid": "validation",
    "dev": "validation",
    "test": "test",
}
"""What sources call their splits, in lower case."""


def position(content_id: str) -> float:
    """Where a content lies in [0, 1), for good. Salted, so that ids chosen for another use are spread anew."""
    return int.from_bytes(hashlib.sha256(SALT + bytes.fromhex(content_id)).digest()[:8]) / 2**64


def assign(ids: Sequence[str], labels: Sequence[str], source_splits: Sequence[Split | None]) -> list[Split]:
    """The split of each row: that of the source, or by the hash of its content.

    The hash decides for rows without a split, and for rows of `train` where the source has no validation or test rows.
    """
    taken = {split for split in source_splits if split}
    open_splits = [split for split in SPLITS if split == "train" or split not in taken]
    rows = [row for row, split in enumerate(source_splits) if split in (None, "train")]
    placed = {content: _at(position(content), open_splits) for content in sorted({ids[row] for row in rows})}
    if len(open_splits) > 1:
        _repair(placed, {(ids[row], labels[row]) for row in rows}, open_splits)
    return [placed[ids[row]] if split in (None, "train") else split for row, split in enumerate(source_splits)]


def _at(where: float, open_splits: Sequence[Split]) -> Split:
    return next((split for split in open_splits if BORDERS[split][0] <= where < BORDERS[split][1]), "train")


def _repair(placed: dict[str, Split], labelled: set[tuple[str, str]], open_splits: Sequence[Split]) -> None:
    """Move contents in `placed` until every class that has enough of them has one in every open split."""
    members: dict[str, list[str]] = defaultdict(list)
    classes_of: dict[str, list[str]] = defaultdict(list)
    for content, label in sorted(labelled):
        members[label].append(content)
        classes_of[content].append(label)
    counts = {(label, split): 0 for label in members for split in open_splits}
    for content, label in labelled:
        counts[label, placed[content]] += 1

    def spared(content: str) -> bool:
        return all(counts[label, placed[content]] > 1 for label in classes_of[content])

    for label, split in sorted(key for key, count in counts.items() if count == 0):
        spare = [content for content in members[label] if spared(content)]
        if counts[label, split] or not spare:
            continue
        moved = min(spare, key=lambda content: (_distance(content, split), content))
        for other in classes_of[moved]:
            counts[other, placed[moved]] -= 1
            counts[other, split] += 1
        placed[moved] = split


def _distance(content_id: str, split: Split) -> float:
    low, high = BORDERS[split]
    where = position(content_id)
    return max(low - where, where - high, 0.0)
