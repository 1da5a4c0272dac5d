from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from thaw.components.core import dense, logistic, ridge
from thaw.components.core.calibration import temperature
from thaw.components.core.heads import Head, Scaling, fit_head, folds_of, row_weights
from thaw.components.core.metrics import accuracy, log_loss

DIGITS, DIGIT_LABELS = load_digits(return_X_y=True)
DIGITS = DIGITS.astype(np.float32)


@pytest.mark.parametrize(("kind", "least"), [("linear", 0.89), ("dense", 0.89)])
def test_fitted_head_on_digits(kind, least):
    fit = fit_head(DIGITS[:400], DIGIT_LABELS[:400], 10, kind=kind, weights=np.ones(400, np.float32), seed=0)
    score = accuracy(DIGIT_LABELS[400:], fit.head.logits(DIGITS[400:]).argmax(1))
    held_out = accuracy(DIGIT_LABELS[:400][fit.held_out], fit.logits.argmax(1))
    assert score > least
    assert abs(held_out - score) < 0.1
    assert [weights.shape for weights, _ in fit.head.layers] == {
        "linear": [(64, 10)], "dense": [(64, dense.UNITS), (dense.UNITS, 10)]
    }[kind]  # fmt: skip


@pytest.mark.parametrize("kind", ["linear", "dense"])
def test_same_seed_same_head(kind):
    heads = [
        fit_head(DIGITS[:80], DIGIT_LABELS[:80], 10, kind=kind, weights=np.ones(80, np.float32), seed=5).head
        for _ in range(2)
    ]
    for (weights, bias), (again, bias_again) in zip(heads[0].layers, heads[1].layers, strict=True):
        assert np.array_equal(weights, again)
        assert np.array_equal(bias, bias_again)


def test_logistic_agrees_with_scikit_learn():
    features = StandardScaler().fit_transform(DIGITS[:300]).astype(np.float32)
    labels, l2 = DIGIT_LABELS[:300], 0.1
    ours = logistic.solve(features, labels, 10, np.ones(300, np.float32), l2, np.zeros((65, 10)))
    theirs = LogisticRegression(C=1 / (300 * l2), tol=1e-8, max_iter=5000).fit(features, labels)
    np.testing.assert_allclose(logistic.predict(features, ours), theirs.decision_function(features), atol=0.05)


def test_leave_one_out_equals_leaving_each_out():
    features, labels = DIGITS[:25], DIGIT_LABELS[:25] % 3
    scaled = Scaling.of(features).apply(features)
    weights = np.linspace(0.5, 1.5, 25)
    predictions = ridge.leave_one_out(scaled, labels, 3, weights)
    for i, l2 in enumerate(ridge.L2_GRID):
        for row in (0, 7, 24):
            rest = np.arange(25) != row
            model = Ridge(alpha=l2 * weights.sum())
            model.fit(scaled[rest], np.eye(3)[labels[rest]], sample_weight=weights[rest])
            expected = model.predict(scaled[row : row + 1])[0]
            np.testing.assert_allclose(predictions[i, row], expected, atol=0.03 if l2 > 1e-3 else 0.2)


def test_ridge_predict_equals_scikit_learn():
    scaled = Scaling.of(DIGITS[:60]).apply(DIGITS[:60])
    weights = np.ones(40)
    ours = ridge.predict(scaled[:40], DIGIT_LABELS[:40], 10, weights, 0.1, scaled[40:])
    theirs = Ridge(alpha=0.1 * 40).fit(scaled[:40], np.eye(10)[DIGIT_LABELS[:40]]).predict(scaled[40:])
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_the_probe_ranks_signal_above_noise():
    noise = np.random.default_rng(0).normal(size=(200, 64)).astype(np.float32)
    weights = np.ones(200)
    signal = ridge.probe(Scaling.of(DIGITS[:200]).apply(DIGITS[:200]), DIGIT_LABELS[:200], 10, weights, accuracy)
    assert signal.score > 0.8 > 0.3 > ridge.probe(noise, DIGIT_LABELS[:200], 10, weights, accuracy).score


@given(st.integers(2, 6), st.integers(2, 60), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_folds_are_even_in_every_class(count, rows, seed):
    labels = np.random.default_rng(seed).integers(0, 3, rows)
    folds = folds_of(labels, count, seed)
    for label in np.unique(labels):
        sizes = np.bincount(folds[labels == label], minlength=count)
        assert sizes.max() - sizes.min() <= 1


@given(st.integers(1, 5))
@settings(max_examples=10, deadline=None)
def test_scaling_folds_into_the_layer(seed):
    random = np.random.default_rng(seed)
    features = random.normal(3, 5, (20, 4)).astype(np.float32)
    features[:, 0] = 7.0  # never moves
    weights, bias = random.normal(size=(4, 2)).astype(np.float32), random.normal(size=2).astype(np.float32)
    scaling = Scaling.of(features)
    folded = Head((scaling.fold(weights, bias),))
    np.testing.assert_allclose(folded.logits(features), scaling.apply(features) @ weights + bias, atol=1e-4)


def test_row_weights_have_mean_one():
    labels = np.array([0, 0, 0, 1])
    assert row_weights(labels, ()).tolist() == [1, 1, 1, 1]
    np.testing.assert_allclose(row_weights(labels, (2 / 3, 2.0)), [2 / 3, 2 / 3, 2 / 3, 2], rtol=1e-6)


def test_class_weights_help_the_rare_class():
    rows = np.flatnonzero((DIGIT_LABELS == 3) | (np.arange(len(DIGITS)) % 12 == 0) & (DIGIT_LABELS == 8))
    noisy = DIGITS[rows] + np.random.default_rng(0).normal(0, 8, DIGITS[rows].shape).astype(np.float32)
    labels = (DIGIT_LABELS[rows] == 8).astype(int)
    recalls = []
    for weights in ((), (0.5, 8.0)):
        fit = fit_head(noisy, labels, 2, kind="linear", weights=row_weights(labels, weights), seed=0)
        recalls.append((fit.logits.argmax(1) == 1)[labels[fit.held_out] == 1].mean())
    assert recalls[1] > recalls[0]


def test_temperature_of_overconfident_logits():
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 2000)
    honest = np.log(random.dirichlet(np.ones(3), 2000))
    labels = np.array([random.choice(3, p=np.exp(row)) for row in honest])
    found = temperature(4 * honest, labels)
    assert found == pytest.approx(4, rel=0.15)
    assert log_loss(labels, 4 * honest / found) < log_loss(labels, 4 * honest)
    assert temperature(honest[:10], labels[:10]) == 1.0
