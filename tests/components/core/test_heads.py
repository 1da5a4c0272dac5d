from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from thaw.components.core import dense, heads, linear, logistic, ridge
from thaw.components.core.calibration import sharpness, temperature
from thaw.components.core.heads import Head, Scaled, Scaling, fit_head, folds_of, row_weights
from thaw.components.core.metrics import accuracy, log_loss, row_losses, softmax
from thaw.components.core.spectrum import Spectrum

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


def test_the_fit_does_not_depend_on_how_the_features_lie(tmp_path):
    np.save(tmp_path / "half.npy", DIGITS.astype(np.float16))  # whole numbers up to 16
    mapped = np.load(tmp_path / "half.npy", mmap_mode="r")
    for kind in ("linear", "dense"):
        fits = [
            fit_head(given[:80], DIGIT_LABELS[:80], 10, kind=kind, weights=np.ones(80, np.float32), seed=5)
            for given in (DIGITS, mapped)
        ]
        assert np.array_equal(fits[0].logits, fits[1].logits)
        assert np.array_equal(fits[0].head.layers[0][0], fits[1].head.layers[0][0])


def decomposed(rows, weights=None):
    features = Scaling.of(DIGITS[rows]).apply(DIGITS[rows])
    weights = np.ones(len(features), np.float32) if weights is None else weights
    return features, weights, Spectrum.of(features, weights)


@pytest.mark.parametrize("rows", [300, 40])
def test_the_spectrum_is_the_features(rows):
    features, _, spectrum = decomposed(slice(rows), np.linspace(0.5, 1.5, rows).astype(np.float32))
    rank = len(spectrum.variances)
    assert rank <= min(rows - 1, 64)
    np.testing.assert_allclose(spectrum.directions.T @ spectrum.directions, np.eye(rank), atol=1e-4)
    scatter = spectrum.coordinates.T @ (spectrum.share[:, None] * spectrum.coordinates)
    np.testing.assert_allclose(scatter, np.diag(spectrum.variances), atol=1e-4)
    np.testing.assert_allclose(spectrum.mean + spectrum.coordinates @ spectrum.directions.T, features, atol=2e-3)


def test_logistic_agrees_with_scikit_learn():
    features = StandardScaler().fit_transform(DIGITS[:300]).astype(np.float32)
    labels, l2, weights = DIGIT_LABELS[:300], 0.1, np.ones(300, np.float32)
    spectrum = Spectrum.of(features, weights)
    start = np.zeros((len(spectrum.variances) + 1, 10))
    ours = logistic.solve([(spectrum.coordinates, labels, weights)], spectrum.variances, l2, start)
    theirs = LogisticRegression(C=1 / (300 * l2), tol=1e-8, max_iter=5000).fit(features, labels)
    np.testing.assert_allclose(
        logistic.predict(spectrum.coordinates, ours), theirs.decision_function(features), atol=0.03
    )


@given(st.lists(st.integers(1, 99), max_size=5), st.integers(0, 9))
def test_the_loss_in_chunks_is_the_loss(cuts, seed):
    random = np.random.default_rng(seed)
    features, labels = random.normal(size=(100, 6)).astype(np.float32), random.integers(0, 4, 100)
    row_weights, solution = random.uniform(0.1, 3, 100).astype(np.float32), random.normal(size=(7, 4))
    edges = [0, *sorted(set(cuts)), 100]
    parts = [(features[a:b], labels[a:b], row_weights[a:b]) for a, b in pairwise(edges)]
    weights, bias = solution[:-1].astype(np.float32), solution[-1].astype(np.float32)
    loss, by_weights, by_bias, total = logistic.loss_and_gradient(parts, weights, bias)
    logits = features.astype(np.float64) @ solution[:-1] + solution[-1]
    error = (softmax(logits) - np.eye(4)[labels]) * row_weights[:, None]
    np.testing.assert_allclose(loss, row_weights @ row_losses(labels, logits), rtol=1e-5)
    np.testing.assert_allclose(by_weights, features.T @ error, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(by_bias, error.sum(0), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(total, row_weights.sum(), rtol=1e-6)


@pytest.mark.parametrize("clear", [False, True], ids=["logistic", "ridge"])
def test_more_rows_than_are_cross_validated_are_fitted_in_chunks(clear, monkeypatch):
    """The head of all rows: the same as where they are all decomposed at once, at the same L2."""
    monkeypatch.setattr(linear, "clearly_better", lambda *_: clear)
    weights = row_weights(DIGIT_LABELS, tuple(np.linspace(0.5, 1.5, 10)))
    monkeypatch.setattr(linear, "CROSS_VALIDATED_ROWS", 900)
    monkeypatch.setattr(heads, "CHUNK", 64 * 100)
    fit = fit_head(DIGITS, DIGIT_LABELS, 10, kind="linear", weights=weights, seed=0, goes_on=True)
    assert len(fit.held_out) == len(fit.logits) == 720, "four of the five folds"
    _, _, spectrum = decomposed(slice(None), weights)
    if clear:
        closed = ridge.Ridge(spectrum, DIGIT_LABELS, 10)
        direct = spectrum.coordinates @ closed.solution(fit.l2) + closed.prior
        found = fit.head.logits(DIGITS)
        factor = (found * direct).sum() / (direct**2).sum()
        assert factor > 2, "outputs of a regression are no logits yet"
        np.testing.assert_allclose(found / factor, direct, atol=2e-3)
    else:
        start = np.zeros((len(spectrum.variances) + 1, 10))
        solution = logistic.solve([(spectrum.coordinates, DIGIT_LABELS, weights)], spectrum.variances, fit.l2, start)
        direct = logistic.predict(spectrum.coordinates, solution)
        assert np.abs(softmax(fit.head.logits(DIGITS)) - softmax(direct)).mean() < 0.002


def gaussian(classes, rows, width, random):
    """Classes that share one scatter, which falls off as a network's does: rows for each class, and 20 for a test."""
    mixing = random.normal(size=(width, width)) / np.sqrt(np.arange(1, width + 1))[:, None]
    means = 0.5 * random.normal(size=(classes, width))
    labels = np.tile(np.arange(classes), rows + 20)
    features = ((means[labels] + random.normal(size=(len(labels), width))) @ mixing).astype(np.float32)
    return features, labels, classes * rows


def test_many_classes_of_few_rows_are_told_by_ridge(monkeypatch):
    features, labels, rows = gaussian(100, 7, 96, np.random.default_rng(0))

    def fitted(goes_on=False):
        weights = np.ones(rows, np.float32)
        return fit_head(features[:rows], labels[:rows], 100, kind="linear", weights=weights, seed=0, goes_on=goes_on)

    fit = fitted()
    logits = fit.head.logits(features[rows:])
    assert fit.kind == "ridge"
    score = accuracy(labels[rows:], logits.argmax(1))
    assert abs(accuracy(labels[:rows][fit.held_out], fit.logits.argmax(1)) - score) < 0.15
    held_out = log_loss(labels[:rows][fit.held_out], fit.logits)
    assert log_loss(labels[rows:], logits) < held_out < log_loss(labels[rows:], 0 * logits) / 2
    assert temperature(fit.logits, labels[:rows][fit.held_out]) == pytest.approx(1, abs=0.1)
    monkeypatch.setattr(linear, "clearly_better", lambda *_: False)
    other = fitted(goes_on=True)
    assert other.kind == "logistic"
    assert score > accuracy(labels[rows:], other.head.logits(features[rows:]).argmax(1)) + 0.1


@pytest.mark.parametrize("rows", [5, 15, 60])
def test_the_head_is_the_mean_of_both(rows, monkeypatch):
    """On digits, `rows` of each class."""
    order = np.random.default_rng(1).permutation(len(DIGITS))
    order = order[np.argsort(DIGIT_LABELS[order], kind="stable")]
    starts = np.searchsorted(DIGIT_LABELS[order], np.arange(10))
    inside = (starts[:, None] + np.arange(rows)).ravel()
    train, test = order[inside], np.delete(order, inside)

    def fitted(clear, goes_on=False):
        monkeypatch.setattr(linear, "clearly_better", lambda *_: clear)
        weights = np.ones(len(train), np.float32)
        given = {"kind": "linear", "weights": weights, "seed": 0, "goes_on": goes_on}
        return fit_head(DIGITS[train], DIGIT_LABELS[train], 10, **given)

    by_logistic, by_ridge, both = fitted(False, goes_on=True), fitted(True), fitted(False)
    assert [by_logistic.kind, by_ridge.kind, both.kind] == ["logistic", "ridge", "mean"]
    logits = [fit.head.logits(DIGITS[test]) for fit in (by_logistic, by_ridge, both)]
    np.testing.assert_allclose(logits[2], (logits[0] + logits[1]) / 2, atol=1e-3)
    np.testing.assert_allclose(both.logits, (by_logistic.logits + by_ridge.logits) / 2, atol=1e-5)
    scores = [accuracy(DIGIT_LABELS[test], each.argmax(1)) for each in logits]
    assert scores[2] > max(scores[:2]) - 0.03
    losses = [log_loss(DIGIT_LABELS[test], each) for each in logits]
    assert losses[2] < max(losses[:2])


def test_a_feature_that_hardly_moves_in_training_is_not_blown_up():
    """A row that moves it is called as it would be without."""
    still = DIGITS[:400].copy()
    still[:, 0] = np.random.default_rng(0).normal(0, 0.01, 400)
    fit = fit_head(still, DIGIT_LABELS[:400], 10, kind="linear", weights=np.ones(400, np.float32), seed=0)
    moved = DIGITS[400:].copy()
    moved[:, 0] = 5.0
    before, after = (softmax(fit.head.logits(each)) for each in (DIGITS[400:], moved))
    assert np.abs(after - before).max() < 0.5
    assert (after.argmax(1) == before.argmax(1)).mean() > 0.97
    moving = still.std(0)[still.std(0) > 0]
    least = heads.LEAST_SCALE * np.sqrt(np.mean(moving**2))
    assert Scaling.of(still).scale[0] == pytest.approx(least, rel=1e-3)


def test_ridge_must_be_clearly_better():
    labels = np.zeros(400, int)
    labels[300:] = 1
    wrong = labels.copy()
    wrong[:8] = 1
    for metric in ("accuracy", "balanced_accuracy"):
        assert linear.clearly_better(labels, labels, wrong, metric)
        assert not linear.clearly_better(labels, wrong, labels, metric)
        assert not linear.clearly_better(labels, labels, labels, metric)
        assert not linear.clearly_better(labels, labels, np.where(np.arange(400) < 2, 1, labels), metric)
    rare = labels.copy()
    rare[300:312] = 0
    assert linear.clearly_better(labels, wrong, rare, "balanced_accuracy"), (
        "12 of 100 rare rows weigh more than 8 of 300"
    )
    assert not linear.clearly_better(labels, wrong, rare, "accuracy")


@pytest.mark.parametrize("width", [64, 20])
def test_leave_one_out_equals_leaving_each_out(width):
    features, labels = DIGITS[:25, -width:], DIGIT_LABELS[:25] % 3
    scaled = Scaling.of(features).apply(features).astype(np.float64)
    weights = np.linspace(0.5, 1.5, 25)
    closed = ridge.Ridge(Spectrum.of(scaled, weights), labels, 3)
    assert closed.grid == ridge.L2_GRID
    folds = [slice(0, 9), slice(9, 10), slice(10, 25)]

    def expected(l2, rows):
        rest = np.setdiff1d(np.arange(25), rows)
        model = Ridge(alpha=l2 * weights.sum())
        model.fit(scaled[rest], np.eye(3)[labels[rest]], sample_weight=weights[rest])
        return model.predict(scaled[rows])

    for l2 in ridge.L2_GRID:
        alone, together = closed.leave_one_out(l2), closed.leave_out(l2, folds)
        for row in (0, 7, 24):
            np.testing.assert_allclose(alone[row], expected(l2, [row])[0], atol=1e-3)
        for fold in folds:
            np.testing.assert_allclose(together[fold], expected(l2, np.arange(25)[fold]), atol=1e-3)


def test_in_float32_weak_penalties_are_left_out():
    _, _, spectrum = decomposed(slice(500))
    closed = ridge.Ridge(spectrum, DIGIT_LABELS[:500], 10)
    assert 1e-4 <= closed.grid[0] <= 1e-3
    exact = ridge.Ridge(
        Spectrum.of(Scaling.of(DIGITS[:500]).apply(DIGITS[:500]).astype(np.float64), np.ones(500)),
        DIGIT_LABELS[:500], 10,
    )  # fmt: skip
    folds = [slice(start, start + 100) for start in range(0, 500, 100)]
    for l2 in closed.grid:
        np.testing.assert_allclose(closed.leave_out(l2, folds), exact.leave_out(l2, folds), atol=0.05)


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


def test_sharpness_makes_logits_of_regression_outputs():
    random = np.random.default_rng(0)
    labels = random.integers(0, 5, 500)
    outputs = 0.1 * random.normal(size=(500, 5))
    outputs[np.arange(500), labels] += 0.2
    factor = sharpness(outputs, labels)
    assert 5 < factor < 100
    for other in (factor / 1.3, factor * 1.3):
        assert log_loss(labels, factor * outputs) < log_loss(labels, other * outputs)
    few = sharpness(np.eye(2)[[0, 1, 0]], np.array([0, 1, 0]))
    assert 1 < few < 5, "three right answers are no certainty"


PEAK = """
import sys, threading
import numpy as np
from thaw.components.core.heads import fit_head
def anonymous():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("RssAnon"))
features = np.load(sys.argv[1], mmap_mode="r")
labels = np.load(sys.argv[2])
peak, over = 0, threading.Event()
def watch():
    global peak
    while not over.wait(0.002):
        peak = max(peak, anonymous())
thread = threading.Thread(target=watch)
thread.start()
fit_head(features, labels, 3, kind="linear", weights=np.ones(len(labels), np.float32), seed=0)
over.set()
thread.join()
print(peak)
"""


def test_parts_count_by_their_weight_however_wide_they_are():
    random = np.random.default_rng(0)
    narrow, wide = random.normal(5, 3, (200, 4)), random.normal(0, 0.1, (200, 40))
    kept = narrow.copy()
    read = Scaled(narrow, wide, weights=(1.0, 0.5)).take(np.arange(200))
    np.testing.assert_array_equal(narrow, kept)
    np.testing.assert_allclose(read.mean(0), 0, atol=1e-5)
    norms = [float(np.square(part).sum(1).mean()) for part in (read[:, :4], read[:, 4:])]
    assert norms[0] / norms[1] == pytest.approx(4, rel=1e-4)
    assert sum(norms) == pytest.approx(44, rel=1e-4)
    alone = Scaled(wide).take(np.arange(200))
    np.testing.assert_allclose(alone, Scaling.of(wide).apply(wide), rtol=1e-6)


def test_memory_does_not_grow_with_the_rows(tmp_path):
    random = np.random.default_rng(0)
    means, peaks = random.normal(size=(3, 32)), []
    for rows in (40_000, 400_000):
        labels = random.integers(0, 3, rows)
        features = np.lib.format.open_memmap(tmp_path / f"{rows}.npy", "w+", np.float16, (rows, 32))
        for start in range(0, rows, 40_000):
            part = labels[start : start + 40_000]
            features[start : start + 40_000] = means[part] + 2 * random.standard_normal((len(part), 32), np.float32)
        np.save(tmp_path / "labels.npy", labels)
        command = [sys.executable, "-c", PEAK, str(tmp_path / f"{rows}.npy"), str(tmp_path / "labels.npy")]
        peaks.append(int(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout))
    # Labels, weights and the order they are drawn in: 24 bytes a row.
    assert peaks[1] - peaks[0] < 360_000 * 24 / 1024 * 1.5
    assert peaks[1] < 1.15 * peaks[0]
