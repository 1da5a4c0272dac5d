from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score

from thaw.heads.standardisation import Standardisation
from thaw.metrics.two_samples import FOLDS, areas_under_curve, classifier_test, held_out

RAW, LABELS = load_digits(return_X_y=True)
DIGITS = Standardisation.of(RAW).apply(RAW)


def test_one_distribution_is_seldom_told_apart() -> None:
    found = []
    for seed in range(20):
        rows = np.random.default_rng(seed).permutation(len(DIGITS))[:250]
        found.append(classifier_test(DIGITS[rows], np.arange(250) >= 200)[1])
    assert sum(p_value < 0.05 for p_value in found) <= 4
    assert 0.2 < np.median(found) < 0.8


def test_other_digits_are_told_apart() -> None:
    low, high = np.flatnonzero(LABELS < 5)[:200], np.flatnonzero(LABELS >= 4)[:50]
    auc, p_value = classifier_test(DIGITS[np.concatenate([low, high])], np.arange(250) >= 200)
    assert auc > 0.8
    assert p_value == 0.001


def test_held_out_predictions_are_those_of_ridge_regression() -> None:
    features, labels = DIGITS[:60], LABELS[:60, None].astype(np.float64)
    fold = np.arange(60) % FOLDS
    penalty = float(np.square(features).sum(1).mean())
    inside, outside = fold != 0, fold == 0
    model = Ridge(penalty, fit_intercept=False).fit(features[inside], (labels - labels[inside].mean(0))[inside])
    expected = model.predict(features[outside]).reshape(-1)
    np.testing.assert_allclose(held_out(features, labels, fold)[outside, 0], expected, rtol=1e-3, atol=1e-3)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=4, max_size=40))
def test_the_area_is_that_of_scikit_learn(rows: list[tuple[int, bool]]) -> None:
    scores = np.array([[score, -score] for score, _ in rows], np.float64)
    labels = np.array([[label, label] for _, label in rows], np.float64)
    if 0 < labels[:, 0].sum() < len(rows):
        expected = [roc_auc_score(labels[:, k], scores[:, k]) for k in (0, 1)]
        np.testing.assert_allclose(areas_under_curve(scores, labels), expected)
