import tracemalloc

import numpy as np
import pytest

from thaw.metrics import scores as metrics
from thaw.metrics.bootstrap import bootstrap, grouped_sums, percentile_interval, resample_weights


def drawn(rng: np.random.Generator, rows: int, classes: int = 4, skill: float = 1.6) -> tuple[np.ndarray, np.ndarray]:
    labels = rng.integers(classes, size=rows)
    return labels, rng.normal(size=(rows, classes)) + skill * np.eye(classes)[labels]


def test_each_resample_scores_as_if_its_rows_were_written_out() -> None:
    labels, logits = drawn(np.random.default_rng(3), 60)
    other = drawn(np.random.default_rng(4), 60)[1].argmax(axis=1)
    samples = bootstrap(labels, logits, other[None], resamples=20, seed=7)
    weights = np.concatenate(list(resample_weights(60, 20, 7))).astype(int)
    for number, times in enumerate(weights):
        rows = np.repeat(np.arange(60), times)
        assert len(rows) == 60
        predictions = logits[rows].argmax(axis=1)
        expected = {
            "accuracy": metrics.accuracy(labels[rows], predictions),
            "balanced_accuracy": metrics.balanced_accuracy(labels[rows], predictions),
            "macro_f1": metrics.macro_f1(labels[rows], predictions),
            "log_loss": metrics.log_loss(labels[rows], logits[rows]),
            "ece": metrics.ece(labels[rows], logits[rows]),
        }
        assert {name: scores[number] for name, scores in samples.scores.items()} == pytest.approx(expected)
        assert samples.others[0, number] == pytest.approx(metrics.accuracy(labels[rows], other[rows]))


def test_the_same_seed_gives_the_same_samples_and_another_seed_others() -> None:
    labels, logits = drawn(np.random.default_rng(0), 50)
    once = bootstrap(labels, logits, labels[None], resamples=40)
    again = bootstrap(labels, logits, labels[None], resamples=40)
    other = bootstrap(labels, logits, labels[None], resamples=40, seed=1)
    for name, scores in once.scores.items():
        assert (scores == again.scores[name]).all()
        assert (scores != other.scores[name]).any()


@pytest.mark.parametrize("score", ["accuracy", "balanced_accuracy", "macro_f1", "log_loss"])
def test_nominal_95_percent_intervals_cover_the_truth(score: str) -> None:
    """Intervals on 300 test sets of 250 rows are compared with the score on 200,000 rows."""
    labels, logits = drawn(np.random.default_rng(99), 200_000)
    given = logits if score == "log_loss" else logits.argmax(axis=1)
    truth = getattr(metrics, score)(labels, given)
    covered = 0
    for seed in range(300):
        labels, logits = drawn(np.random.default_rng(seed), 250)
        samples = bootstrap(labels, logits, labels[None], resamples=300, seed=seed).scores[score]
        bounds = percentile_interval(float(np.median(samples)), samples)
        covered += bounds.low <= truth <= bounds.high
    assert 0.90 <= covered / 300 <= 0.99


def test_an_interval_holds_its_value() -> None:
    assert percentile_interval(0.01, np.linspace(0.02, 0.03, 100)).low == 0.01


def test_sums_by_group() -> None:
    values = np.array([[1.0, 2.0, 4.0], [3.0, 5.0, 7.0]])
    assert grouped_sums(values, np.array([3, 0, 3]), 5).tolist() == [[2, 0, 0, 5, 0], [5, 0, 0, 10, 0]]


def test_memory_is_bounded_for_a_hundred_thousand_rows() -> None:
    labels, logits = drawn(np.random.default_rng(0), 100_000, classes=20)
    tracemalloc.start()
    bootstrap(labels, logits, labels[None], resamples=45)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200e6
