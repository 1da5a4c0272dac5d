from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.digits import DIGIT_LABELS, DIGITS
from thaw.heads import dense
from thaw.heads.fit import fit_head
from thaw.heads.folds import row_weights
from thaw.metrics.scores import accuracy


@pytest.mark.parametrize(("kind", "least"), [("linear", 0.88), ("dense", 0.88)])
def test_fitted_head_on_digits(kind: str, least: float) -> None:
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
def test_same_seed_same_head(kind: str) -> None:
    heads = [
        fit_head(DIGITS[:80], DIGIT_LABELS[:80], 10, kind=kind, weights=np.ones(80, np.float32), seed=5).head
        for _ in range(2)
    ]
    for (weights, bias), (again, bias_again) in zip(heads[0].layers, heads[1].layers, strict=True):
        assert np.array_equal(weights, again)
        assert np.array_equal(bias, bias_again)


def test_the_fit_does_not_depend_on_how_the_features_lie(tmp_path: Path) -> None:
    np.save(tmp_path / "half.npy", DIGITS.astype(np.float16))  # whole numbers up to 16
    mapped = np.load(tmp_path / "half.npy", mmap_mode="r")
    for kind in ("linear", "dense"):
        fits = [
            fit_head(given[:80], DIGIT_LABELS[:80], 10, kind=kind, weights=np.ones(80, np.float32), seed=5)
            for given in (DIGITS, mapped)
        ]
        assert np.array_equal(fits[0].logits, fits[1].logits)
        assert np.array_equal(fits[0].head.layers[0][0], fits[1].head.layers[0][0])


def test_class_weights_help_the_rare_class() -> None:
    rows = np.flatnonzero((DIGIT_LABELS == 3) | (np.arange(len(DIGITS)) % 12 == 0) & (DIGIT_LABELS == 8))
    noisy = DIGITS[rows] + np.random.default_rng(0).normal(0, 8, DIGITS[rows].shape).astype(np.float32)
    labels = (DIGIT_LABELS[rows] == 8).astype(int)
    recalls = []
    for weights in ((), (0.5, 8.0)):
        fit = fit_head(noisy, labels, 2, kind="linear", weights=row_weights(labels, weights), seed=0)
        recalls.append((fit.logits.argmax(1) == 1)[labels[fit.held_out] == 1].mean())
    assert recalls[1] > recalls[0]


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


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
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


@pytest.mark.parametrize("kind", ["linear", "dense"])
def test_rows_of_one_group_are_held_out_together(kind: str) -> None:
    """Labels that only the group tells are learnt by heart, and not predicted for a group that was not seen."""
    random = np.random.default_rng(0)
    groups = np.repeat(np.arange(60), 6)
    labels = np.repeat(random.permutation(np.arange(60) % 2), 6)
    features = np.repeat(random.normal(size=(60, 40)), 6, axis=0) + random.normal(scale=0.05, size=(360, 40))
    fit = partial(fit_head, features.astype(np.float32), labels, 2, kind=kind, weights=np.ones(360, np.float32), seed=0)

    def held_out_accuracy(groups: np.ndarray | None) -> float:
        found = fit(groups=groups)
        return accuracy(labels[found.held_out], found.logits.argmax(1))

    assert held_out_accuracy(None) > 0.9
    assert held_out_accuracy(groups) < 0.75
