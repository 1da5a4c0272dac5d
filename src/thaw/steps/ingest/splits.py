"""Splits of the rows: train, validation and test.

The hash of a row's content, or of its group, decides, so that new rows never move old ones, and the same content always
lands in one split. That leaves the shares to chance: 15% of 1,000 rows is 150 ± 11. Where chance leaves a class without
rows in some split, its key nearest to the border moves over it; only keys of such small classes may move back when rows
are added. Where rows have a time, the newest are tested instead.

Splits are numbers here: the place in `SPLITS`, or NO_SPLIT.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...records import SPLITS, Split

NO_SPLIT = -1
TRAIN, VALIDATION, TEST = (SPLITS.index(split) for split in ("train", "validation", "test"))
BORDERS: dict[Split, tuple[float, float]] = {"test": (0.0, 0.15), "validation": (0.15, 0.30), "train": (0.30, 1.0)}


def assign(keys: np.ndarray, positions: np.ndarray, labels: np.ndarray, given: np.ndarray) -> np.ndarray:
    """The split of each row, (rows,): that of the source, or by the position of its key.

    The key decides for rows without a split, and for rows of `train` where the source has no validation or test rows.

    Args:
        keys: (rows,) int, of contents or groups: rows with one key get one split.
        positions: (rows,) float, where the keys lie in [0, 1).
        labels: (rows,) int.
        given: (rows,) int, the source's splits.
    """
    free = (given == NO_SPLIT) | (given == TRAIN)
    spaces = open_splits(given)
    splits = np.where(free, _placed(positions, spaces), given)
    if len(spaces) > 1:
        splits[free] = _repaired(keys[free], positions[free], labels[free], splits[free], spaces)
    return splits


def assign_by_time(times: np.ndarray, given: np.ndarray) -> np.ndarray:
    """The split of each row, (rows,), by its time: the newest are tested, those before them validate.

    Rows of one time stay together, on the older side of the border.
    """
    free = (given == NO_SPLIT) | (given == TRAIN)
    splits, spaces = given.copy(), open_splits(given)
    splits[free] = TRAIN
    ordered = np.sort(times[free])
    for split in ("validation", "test"):
        number, share = SPLITS.index(split), 1 - BORDERS[split][1]
        if number in spaces and len(ordered):
            splits[free & (times > ordered[round(share * len(ordered)) - 1])] = number
    return splits


def open_splits(given: np.ndarray) -> list[int]:
    """The splits that rows without one may get: train, and those that no row of the source is given."""
    taken = set(np.unique(given).tolist())
    return [number for number in range(len(SPLITS)) if number == TRAIN or number not in taken]


def _placed(positions: np.ndarray, spaces: Sequence[int]) -> np.ndarray:
    splits = np.full(len(positions), TRAIN, np.int8)
    for number in set(spaces) - {TRAIN}:
        low, high = BORDERS[SPLITS[number]]
        splits[(positions >= low) & (positions < high)] = number
    return splits


def _repaired(
    keys: np.ndarray, positions: np.ndarray, labels: np.ndarray, splits: np.ndarray, spaces: Sequence[int]
) -> np.ndarray:
    """The splits after moving keys until every class that has enough of them has one in every open split."""
    lacking = _lacking(labels, splits, spaces)
    if not lacking:
        return splits
    pairs, first = np.unique(np.stack([keys, labels]), axis=1), np.unique(keys, return_index=True)[1]
    split_of = dict(zip(keys[first].tolist(), splits[first].tolist(), strict=True))
    repair = _Repair(pairs, split_of, dict(zip(keys[first].tolist(), positions[first].tolist(), strict=True)))
    for label, split in lacking:
        repair.fill(label, split)
    return np.array([repair.split_of[key] for key in keys.tolist()])


def _lacking(labels: np.ndarray, splits: np.ndarray, spaces: Sequence[int]) -> list[tuple[int, int]]:
    """Pairs of a class and an open split that has none of its rows, in the order of their names."""
    counts = np.bincount(labels * len(SPLITS) + splits, minlength=len(SPLITS) * (labels.max(initial=-1) + 1))
    counts = counts.reshape(-1, len(SPLITS))
    missing = [(label, split) for label in np.flatnonzero(counts.any(1)).tolist() for split in spaces]
    return [(label, split) for label, split in sorted(missing, key=_by_name) if not counts[label, split]]


def _by_name(pair: tuple[int, int]) -> tuple[int, str]:
    return pair[0], SPLITS[pair[1]]


class _Repair:
    """Keys that move over a border, and how many keys each class has in each split."""

    def __init__(self, pairs: np.ndarray, split_of: dict[int, int], position_of: dict[int, float]) -> None:
        self.split_of, self.position_of = split_of, position_of
        self.members: dict[int, list[int]] = {}
        self.classes_of: dict[int, list[int]] = {}
        self.counts: dict[tuple[int, int], int] = {}
        for key, label in pairs.T.tolist():
            self.members.setdefault(label, []).append(key)
            self.classes_of.setdefault(key, []).append(label)
            self._count(label, split_of[key], 1)

    def fill(self, label: int, split: int) -> None:
        """Move the nearest key of the class that can be spared into the split, unless one has come meanwhile."""
        spare = [key for key in self.members[label] if self._spared(key)]
        if self.counts.get((label, split), 0) or not spare:
            return
        key = min(spare, key=lambda key: (self._distance(key, split), key))
        for other in self.classes_of[key]:
            self._count(other, self.split_of[key], -1)
            self._count(other, split, 1)
        self.split_of[key] = split

    def _spared(self, key: int) -> bool:
        return all(self.counts[label, self.split_of[key]] > 1 for label in self.classes_of[key])

    def _count(self, label: int, split: int, rows: int) -> None:
        self.counts[label, split] = self.counts.get((label, split), 0) + rows

    def _distance(self, key: int, split: int) -> float:
        low, high = BORDERS[SPLITS[split]]
        return max(low - self.position_of[key], self.position_of[key] - high, 0.0)
