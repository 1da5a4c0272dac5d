"""Copies of a row: in its own split, in another one, and under other labels."""

from __future__ import annotations

import numpy as np

from ...data.near_duplicates import copies_to_remove, image_pairs, text_pairs
from ...progress import stage
from .collect import Collected
from .splits import TEST, TRAIN, VALIDATION

RANK = {TEST: 2, VALIDATION: 1, TRAIN: 0}
"""That copy stays whose split has the highest rank."""


def content_codes(ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows in the order of their ids, (rows,) int, and a code for each in that order.

    Rows have one code exactly when they have one content. Equal first words are nearly always equal ids, so one word is
    sorted, and the others compared. ids (rows, 4) uint64.

    >>> order, codes = content_codes(np.array([[7, 0, 0, 1], [2, 0, 0, 0], [7, 0, 0, 1], [7, 0, 0, 2]], np.uint64))
    >>> order.tolist(), codes.tolist()
    ([1, 0, 2, 3], [0, 1, 1, 2])
    """
    order = np.argsort(ids[:, 0].astype(np.uint64), kind="stable")
    ordered = ids[order]
    same_word = ordered[1:, 0] == ordered[:-1, 0]
    same = same_word & (ordered[1:] == ordered[:-1]).all(1)
    if (same_word & ~same).any():
        order = np.lexsort(ids.T[::-1])
        ordered = ids[order]
        same = (ordered[1:] == ordered[:-1]).all(1)
    return order, np.concatenate([np.zeros(min(1, len(ids)), np.int64), np.cumsum(~same)])


def copies_across_splits(codes: np.ndarray, splits: np.ndarray) -> np.ndarray:
    """Rows whose content also stands in a split of higher rank, ascending: a test row was not seen in training."""
    rank = np.array([RANK[split] for split in range(len(RANK))])[splits]
    highest = np.zeros(codes.max(initial=-1) + 1, np.int64)
    np.maximum.at(highest, codes, rank)
    return np.flatnonzero(rank < highest[codes])


def near_copies(collected: Collected, rows: np.ndarray, codes: np.ndarray, splits: np.ndarray) -> np.ndarray:
    """Places among `rows` of near copies of a row in a split of higher rank, ascending.

    One row stands for all of a content: rows (some,) int, into `collected`; codes (some,) ascending; splits (some,).
    """
    first = np.flatnonzero(np.diff(codes, prepend=-1))
    with stage("Near copies", len(first)) as progress:
        pairs = _pairs(collected, rows[first])
        progress.advance(len(first))
    copies = copies_to_remove(pairs, splits[first])
    return np.flatnonzero(np.isin(codes, codes[first[copies]]))


def _pairs(collected: Collected, rows: np.ndarray) -> np.ndarray:
    if collected.image_descriptors is not None:
        return image_pairs(collected.image_descriptors[rows])
    parts = range(0, len(rows), 10_000)
    return text_pairs(collected.contents.strings(rows[start : start + 10_000]) for start in parts)


def duplicates_in_splits(codes: np.ndarray, splits: np.ndarray) -> int:
    """Number of rows whose content stands earlier in the same split; codes ascending."""
    return sum(int((np.diff(codes[splits == split]) == 0).sum()) for split in RANK)


def conflicting(codes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Codes of contents that stand under several labels, ascending; codes and, of one code, labels ascend."""
    return np.unique(codes[1:][(np.diff(codes) == 0) & (np.diff(labels) != 0)])


def outvoted(codes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Rows whose label is not that of the most rows of their content, ascending; of a tie all rows.

    codes and, of one code, labels ascend.
    """
    unsure = np.flatnonzero(np.isin(codes, conflicting(codes, labels)))
    if not len(unsure):
        return unsure
    changes = (np.diff(codes[unsure], prepend=-1) != 0) | (np.diff(labels[unsure], prepend=-1) != 0)
    starts = np.flatnonzero(changes)
    votes = np.diff(starts, append=len(unsure))
    contents = np.flatnonzero(np.diff(codes[unsure][starts], prepend=-1))
    content_of = np.repeat(np.arange(len(contents)), np.diff(contents, append=len(starts)))
    leads = votes == np.maximum.reduceat(votes, contents)[content_of]
    alone = np.add.reduceat(leads.astype(int), contents)[content_of] == 1
    return unsure[np.repeat(~(leads & alone), votes)]
