from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from tests.digits import DIGIT_LABELS, DIGITS, decomposed
from thaw.heads import ridge
from thaw.heads.eigendecomposition import Eigendecomposition
from thaw.heads.standardisation import Standardisation
from thaw.metrics.scores import accuracy


@pytest.mark.parametrize("width", [64, 20])
def test_leave_one_out_equals_leaving_each_out(width: int) -> None:
    features, labels = DIGITS[:25, -width:], DIGIT_LABELS[:25] % 3
    scaled = Standardisation.of(features).apply(features).astype(np.float64)
    weights = np.linspace(0.5, 1.5, 25)
    closed = ridge.Ridge(Eigendecomposition.of(scaled, weights), labels, 3)
    assert closed.grid == ridge.L2_GRID
    folds = [slice(0, 9), slice(9, 10), slice(10, 25)]

    def expected(l2: Any, rows: Any) -> Any:
        rest = np.setdiff1d(np.arange(25), rows)
        model = Ridge(alpha=l2 * weights.sum())
        model.fit(scaled[rest], np.eye(3)[labels[rest]], sample_weight=weights[rest])
        return model.predict(scaled[rows])

    for l2 in ridge.L2_GRID:
        alone, together = closed.leave_one_out(l2), closed.leave_folds_out(l2, folds)
        for row in (0, 7, 24):
            np.testing.assert_allclose(alone[row], expected(l2, [row])[0], atol=1e-3)
        for fold in folds:
            np.testing.assert_allclose(together[fold], expected(l2, np.arange(25)[fold]), atol=1e-3)


def test_in_float32_weak_penalties_are_left_out() -> None:
    _, _, decomposition = decomposed(slice(500))
    closed = ridge.Ridge(decomposition, DIGIT_LABELS[:500], 10)
    assert 1e-4 <= closed.grid[0] <= 1e-3
    exact = ridge.Ridge(
        Eigendecomposition.of(Standardisation.of(DIGITS[:500]).apply(DIGITS[:500]).astype(np.float64), np.ones(500)),
        DIGIT_LABELS[:500],
        10,
    )
    folds = [slice(start, start + 100) for start in range(0, 500, 100)]
    for l2 in closed.grid:
        np.testing.assert_allclose(closed.leave_folds_out(l2, folds), exact.leave_folds_out(l2, folds), atol=0.05)


def test_ridge_predict_equals_scikit_learn() -> None:
    scaled = Standardisation.of(DIGITS[:60]).apply(DIGITS[:60])
    weights = np.ones(40)
    ours = ridge.predict(scaled[:40], DIGIT_LABELS[:40], 10, weights, 0.1, scaled[40:])
    theirs = Ridge(alpha=0.1 * 40).fit(scaled[:40], np.eye(10)[DIGIT_LABELS[:40]]).predict(scaled[40:])
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_the_probe_ranks_signal_above_noise() -> None:
    noise = np.random.default_rng(0).normal(size=(200, 64)).astype(np.float32)
    weights = np.ones(200)
    signal = ridge.probe(
        Standardisation.of(DIGITS[:200]).apply(DIGITS[:200]), DIGIT_LABELS[:200], 10, weights, accuracy
    )
    assert signal.score > 0.8 > 0.3 > ridge.probe(noise, DIGIT_LABELS[:200], 10, weights, accuracy).score
