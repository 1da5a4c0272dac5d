from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from thaw.heads.folds import row_weights
from thaw.steps.profile import probes
from thaw.steps.profile.sample import spaced_depths, stratified

DIGITS, LABELS = load_digits(return_X_y=True)
DIGITS, LABELS = DIGITS[:500].astype(np.float32), LABELS[:500]


def target(labels: np.ndarray = LABELS) -> probes.Target:
    return probes.Target(labels, 10, np.ones(len(labels), np.float32), "accuracy")


def scaled(features: np.ndarray) -> np.ndarray:
    return probes.readout_features([features], 0.0)


def test_golden_values_on_digits() -> None:
    """Leave-one-out scores that change only when the probes do."""
    assert round(target().probe(scaled(DIGITS)).score, 3) == 0.956
    assert round(target().knn(DIGITS), 3) == 0.968


def test_probes_read_float16_maps(tmp_path: Path) -> None:
    np.save(tmp_path / "half.npy", DIGITS.astype(np.float16))  # whole numbers up to 16
    half = np.load(tmp_path / "half.npy", mmap_mode="r")
    found = [
        (
            target().probe(scaled(given)).score,
            target().knn(given),
            target().curve(scaled(given), 0.1),
        )
        for given in (DIGITS, half)
    ]
    assert found[0] == found[1]


def test_the_learning_curve_rises() -> None:
    points = target().curve(scaled(DIGITS), 0.1)
    assert [rows for rows, _ in points] == [50, 100, 200, 400]
    scores = [score for _, score in points]
    assert scores == sorted(scores)
    assert scores[-1] > scores[0] + 0.1


def test_label_noise_is_seen() -> None:
    found = []
    for share in (0.0, 0.1, 0.3):
        random = np.random.default_rng(0)
        wrong = random.random(len(LABELS)) < share
        labels = np.where(wrong, (LABELS + random.integers(1, 10, len(LABELS))) % 10, LABELS)
        found.append(probes.label_noise(target(labels).probe(scaled(DIGITS)).predictions, labels))
    np.testing.assert_allclose(found, [0.0, 0.1, 0.3], atol=0.08)


def test_class_weights_raise_balanced_accuracy_on_skewed_rows() -> None:
    rows = np.flatnonzero((LABELS == 8) & (np.arange(500) % 4 == 0) | (LABELS == 3) | (LABELS == 9))
    noisy = DIGITS[rows] + np.random.default_rng(0).normal(0, 6, DIGITS[rows].shape).astype(np.float32)
    labels = np.searchsorted([3, 8, 9], LABELS[rows])
    plain, weighted = (
        probes.Target(labels, 3, row_weights(labels, weights), "balanced_accuracy").probe(scaled(noisy)).score
        for weights in ((), (0.7, 2.5, 0.7))
    )
    assert weighted > plain


def test_the_sample_keeps_every_class() -> None:
    labels = np.array([0] * 5000 + [1] * 30 + [2] * 2)
    rows = stratified(labels, 200)
    assert np.bincount(labels[rows]).tolist() == [198, 2, 2]
    assert np.array_equal(rows, np.sort(rows))
    assert np.array_equal(rows, stratified(labels, 200))
    assert np.array_equal(stratified(labels, 10_000), np.arange(len(labels)))


def test_depths_end_at_the_last() -> None:
    for blocks in range(1, 60):
        depths = spaced_depths(blocks)
        assert depths[-1] == blocks
        assert len(depths) == min(6, blocks)
