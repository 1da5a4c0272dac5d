from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from thaw.steps.ingest.copies import (
    conflicting,
    content_codes,
    copies_across_splits,
    duplicates_in_splits,
    outvoted,
)
from thaw.steps.ingest.splits import TEST, TRAIN, VALIDATION

words = st.integers(0, 2)
labelled = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), max_size=30).map(sorted)


def columns(rows: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(rows, int).reshape(-1, 2)
    return table[:, 0], table[:, 1]


@given(st.lists(st.tuples(words, words, words, words), max_size=30))
def test_codes_tell_contents_apart_and_ascend(ids: list[tuple[int, ...]]) -> None:
    order, codes = content_codes(np.array(ids, np.uint64).reshape(-1, 4))
    ranks = {content: rank for rank, content in enumerate(sorted(set(ids)))}
    assert sorted(order.tolist()) == list(range(len(ids)))
    assert codes.tolist() == [ranks[ids[row]] for row in order.tolist()]


def test_the_training_copy_goes_and_the_test_copy_stays() -> None:
    codes = np.array([0, 0, 1, 1, 1, 2])
    splits = np.array([TRAIN, TEST, TRAIN, VALIDATION, TRAIN, TRAIN])
    assert copies_across_splits(codes, splits).tolist() == [0, 2, 4]
    assert duplicates_in_splits(codes, splits) == 1


@given(labelled)
def test_the_majority_of_a_content_decides(rows: list[tuple[int, int]]) -> None:
    codes, labels = columns(rows)
    counts = Counter(rows)
    out = set(outvoted(codes, labels).tolist())
    for place, (code, label) in enumerate(rows):
        rivals = [count for (other, name), count in counts.items() if other == code and name != label]
        assert (place in out) == (counts[code, label] <= max(rivals, default=0))
    assert conflicting(codes, labels).tolist() == sorted(
        {code for code, label in rows if any(other != label for each, other in rows if each == code)}
    )
