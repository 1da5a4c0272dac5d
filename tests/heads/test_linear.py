from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.digits import DIGIT_LABELS, DIGITS, decomposed
from thaw.heads import linear, logistic, ridge, standardisation
from thaw.heads.fit import fit_head
from thaw.heads.folds import row_weights
from thaw.metrics.calibration import temperature
from thaw.metrics.scores import accuracy, log_loss, softmax


@pytest.mark.parametrize("clear", [False, True], ids=["logistic", "ridge"])
def test_more_rows_than_are_cross_validated_are_fitted_in_chunks(clear: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The head that is fitted in chunks equals the one from a decomposition of all rows, at the same L2."""
    monkeypatch.setattr(linear, "significantly_better", lambda *_: clear)
    weights = row_weights(DIGIT_LABELS, tuple(np.linspace(0.5, 1.5, 10)))
    monkeypatch.setattr(linear, "MAX_CROSS_VALIDATED_ROWS", 900)
    monkeypatch.setattr(standardisation, "CHUNK", 64 * 100)
    fit = fit_head(DIGITS, DIGIT_LABELS, 10, kind="linear", weights=weights, seed=0, initialises_training=True)
    assert len(fit.held_out) == len(fit.logits) == 720, "four of the five folds"
    _, _, decomposition = decomposed(slice(None), weights)
    if clear:
        closed = ridge.Ridge(decomposition, DIGIT_LABELS, 10)
        direct = decomposition.coordinates @ closed.solution(fit.l2) + closed.prior
        found = fit.head.logits(DIGITS)
        factor = (found * direct).sum() / (direct**2).sum()
        assert factor > 2, "outputs of a regression are no logits yet"
        np.testing.assert_allclose(found / factor, direct, atol=2e-3)
    else:
        start = np.zeros((len(decomposition.variances) + 1, 10))
        solution = logistic.solve(
            [(decomposition.coordinates, DIGIT_LABELS, weights)], decomposition.variances, fit.l2, start
        )
        direct = logistic.predict(decomposition.coordinates, solution)
        assert np.abs(softmax(fit.head.logits(DIGITS)) - softmax(direct)).mean() < 0.002


def gaussian(classes: Any, rows: Any, width: Any, random: Any) -> Any:
    """Classes that share one scatter, which falls off as a network's does: rows for each class, and 20 for a test."""
    mixing = random.normal(size=(width, width)) / np.sqrt(np.arange(1, width + 1))[:, None]
    means = 0.5 * random.normal(size=(classes, width))
    labels = np.tile(np.arange(classes), rows + 20)
    features = ((means[labels] + random.normal(size=(len(labels), width))) @ mixing).astype(np.float32)
    return features, labels, classes * rows


def test_many_classes_of_few_rows_are_told_by_ridge(monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels, rows = gaussian(100, 7, 96, np.random.default_rng(0))

    def fitted(initialises_training: bool = False) -> Any:
        weights = np.ones(rows, np.float32)
        return fit_head(
            features[:rows],
            labels[:rows],
            100,
            kind="linear",
            weights=weights,
            seed=0,
            initialises_training=initialises_training,
        )

    fit = fitted()
    logits = fit.head.logits(features[rows:])
    assert fit.kind == "ridge"
    score = accuracy(labels[rows:], logits.argmax(1))
    assert abs(accuracy(labels[:rows][fit.held_out], fit.logits.argmax(1)) - score) < 0.15
    held_out = log_loss(labels[:rows][fit.held_out], fit.logits)
    assert log_loss(labels[rows:], logits) < held_out < log_loss(labels[rows:], 0 * logits) / 2
    assert temperature(fit.logits, labels[:rows][fit.held_out]) == pytest.approx(1, abs=0.1)
    monkeypatch.setattr(linear, "significantly_better", lambda *_: False)
    other = fitted(initialises_training=True)
    assert other.kind == "logistic"
    assert score > accuracy(labels[rows:], other.head.logits(features[rows:]).argmax(1)) + 0.1


@pytest.mark.parametrize("rows", [5, 15, 60])
def test_the_head_is_the_mean_of_both(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The heads are fitted on digits, `rows` of each class."""
    order = np.random.default_rng(1).permutation(len(DIGITS))
    order = order[np.argsort(DIGIT_LABELS[order], kind="stable")]
    starts = np.searchsorted(DIGIT_LABELS[order], np.arange(10))
    inside = (starts[:, None] + np.arange(rows)).ravel()
    train, test = order[inside], np.delete(order, inside)

    def fitted(clear: Any, initialises_training: bool = False) -> Any:
        monkeypatch.setattr(linear, "significantly_better", lambda *_: clear)
        weights = np.ones(len(train), np.float32)
        given = {"kind": "linear", "weights": weights, "seed": 0, "initialises_training": initialises_training}
        return fit_head(DIGITS[train], DIGIT_LABELS[train], 10, **given)

    by_logistic, by_ridge, both = fitted(False, initialises_training=True), fitted(True), fitted(False)
    assert [by_logistic.kind, by_ridge.kind, both.kind] == ["logistic", "ridge", "mean"]
    logits = [fit.head.logits(DIGITS[test]) for fit in (by_logistic, by_ridge, both)]
    np.testing.assert_allclose(logits[2], (logits[0] + logits[1]) / 2, atol=1e-3)
    np.testing.assert_allclose(both.logits, (by_logistic.logits + by_ridge.logits) / 2, atol=1e-5)
    scores = [accuracy(DIGIT_LABELS[test], each.argmax(1)) for each in logits]
    assert scores[2] > max(scores[:2]) - 0.03
    losses = [log_loss(DIGIT_LABELS[test], each) for each in logits]
    assert losses[2] < max(losses[:2])


def test_ridge_must_be_significantly_better() -> None:
    labels = np.zeros(400, int)
    labels[300:] = 1
    wrong = labels.copy()
    wrong[:8] = 1
    for metric in ("accuracy", "balanced_accuracy"):
        assert linear.significantly_better(labels, labels, wrong, metric)
        assert not linear.significantly_better(labels, wrong, labels, metric)
        assert not linear.significantly_better(labels, labels, labels, metric)
        assert not linear.significantly_better(labels, labels, np.where(np.arange(400) < 2, 1, labels), metric)
    rare = labels.copy()
    rare[300:312] = 0
    assert linear.significantly_better(labels, wrong, rare, "balanced_accuracy"), (
        "12 of 100 rare rows weigh more than 8 of 300"
    )
    assert not linear.significantly_better(labels, wrong, rare, "accuracy")
