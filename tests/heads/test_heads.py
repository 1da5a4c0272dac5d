from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.digits import DIGIT_LABELS, DIGITS
from thaw.heads import dense
from thaw.heads.fit import fit_head
from thaw.heads.folds import row_weights, stratified_folds
from thaw.heads.head import Head
from thaw.heads.standardisation import MIN_SCALE, Standardisation, StandardisedFeatures
from thaw.metrics.scores import accuracy, softmax


@pytest.mark.parametrize(("kind", "least"), [("linear", 0.88), ("dense", 0.88)])
def test_fitted_head_on_digits(kind, least):
    fit = fit_head(DIGITS[:400], DIGIT_LABELS[:400], 10, kind=kind, weights=np.ones(400, np.float32), seed=0)
    score = accuracy(DIGIT_LABELS[400:], fit.head.logits(DIGITS[400:]).argmax(1))
    held_out = accuracy(DIGIT_LABELS[:400][fit.held_out], fit.logits.argmax(1))
    assert score > least
    assert abs(held_out - score) < 0.1
    assert [weights.shape for weights, _ in fit.head.layers] == {
        "linear": [(64, 10)],
        "dense": [(64, dense.UNITS), (dense.UNITS, 10)],
    }[kind]


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
    least = MIN_SCALE * np.sqrt(np.mean(moving**2))
    assert Standardisation.of(still).scale[0] == pytest.approx(least, rel=1e-3)


@given(st.integers(2, 6), st.integers(2, 60), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_folds_are_even_in_every_class(count, rows, seed):
    labels = np.random.default_rng(seed).integers(0, 3, rows)
    folds = stratified_folds(labels, count, seed)
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
    scaling = Standardisation.of(features)
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


def test_parts_count_by_their_weight_however_wide_they_are():
    random = np.random.default_rng(0)
    narrow, wide = random.normal(5, 3, (200, 4)), random.normal(0, 0.1, (200, 40))
    kept = narrow.copy()
    read = StandardisedFeatures(narrow, wide, weights=(1.0, 0.5)).take(np.arange(200))
    np.testing.assert_array_equal(narrow, kept)
    np.testing.assert_allclose(read.mean(0), 0, atol=1e-5)
    norms = [float(np.square(part).sum(1).mean()) for part in (read[:, :4], read[:, 4:])]
    assert norms[0] / norms[1] == pytest.approx(4, rel=1e-4)
    assert sum(norms) == pytest.approx(44, rel=1e-4)
    alone = StandardisedFeatures(wide).take(np.arange(200))
    np.testing.assert_allclose(alone, Standardisation.of(wide).apply(wide), rtol=1e-6)


PEAK = """
import sys, threading
import numpy as np
from thaw.heads.fit import fit_head
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
