from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from thaw.heads.folds import row_weights, stratified_folds


@given(st.integers(2, 6), st.integers(2, 60), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_folds_are_even_in_every_class(count: Any, rows: Any, seed: int) -> None:
    labels = np.random.default_rng(seed).integers(0, 3, rows)
    folds = stratified_folds(labels, count, seed)
    for label in np.unique(labels):
        sizes = np.bincount(folds[labels == label], minlength=count)
        assert sizes.max() - sizes.min() <= 1


def test_row_weights_have_mean_one() -> None:
    labels = np.array([0, 0, 0, 1])
    assert row_weights(labels, ()).tolist() == [1, 1, 1, 1]
    np.testing.assert_allclose(row_weights(labels, (2 / 3, 2.0)), [2 / 3, 2 / 3, 2 / 3, 2], rtol=1e-6)
