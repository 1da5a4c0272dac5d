import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as golden

from thaw.metrics import scores as metrics


def drawn(seed: int, rows: int = 400, classes: int = 7) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.choice(classes, rows, p=rng.dirichlet(np.ones(classes)))
    return labels, rng.normal(size=(rows, classes)) + 1.5 * np.eye(classes)[labels]


@given(seed=st.integers(0, 2**32), rows=st.integers(1, 60), classes=st.integers(2, 9))
def test_scores_agree_with_scikit_learn(seed: int, rows: int, classes: int) -> None:
    labels, logits = drawn(seed, rows, classes)
    predictions = logits.argmax(axis=1)
    assert metrics.accuracy(labels, predictions) == pytest.approx(golden.accuracy_score(labels, predictions))
    assert metrics.macro_f1(labels, predictions) == pytest.approx(golden.f1_score(labels, predictions, average="macro"))
    recalls = golden.recall_score(labels, predictions, labels=np.unique(labels), average=None)
    assert metrics.balanced_accuracy(labels, predictions) == pytest.approx(recalls.mean())
    every = list(range(classes))
    loss = golden.log_loss(labels, metrics.softmax(logits), labels=every)
    assert metrics.log_loss(labels, logits) == pytest.approx(loss)
    counts = metrics.confusion_matrix(labels, predictions, classes)
    assert (counts == golden.confusion_matrix(labels, predictions, labels=every)).all()
    scores = golden.precision_recall_fscore_support(labels, predictions, labels=every, zero_division=0)
    ours = metrics.per_class(counts)
    for mine, theirs in zip((ours.precision, ours.recall, ours.f1, ours.rows), scores, strict=True):
        assert mine == pytest.approx(theirs)


def test_balanced_accuracy_is_scikit_learns() -> None:
    labels, logits = drawn(0)
    predictions = logits.argmax(axis=1)
    expected = golden.balanced_accuracy_score(labels, predictions)
    assert metrics.balanced_accuracy(labels, predictions) == pytest.approx(expected)


def test_calibration_error_by_hand() -> None:
    # Three rows at confidence 0.9, two of them right; one at 0.6, wrong: (3 |2/3 - 0.9| + |0 - 0.6|) / 4.
    confidences = np.array([0.9, 0.9, 0.9, 0.6])
    logits = np.column_stack([np.log(confidences), np.log(1 - confidences)])
    assert metrics.ece(np.array([0, 0, 1, 1]), logits) == pytest.approx((3 * (0.9 - 2 / 3) + 0.6) / 4)


def test_calibration_error_bin_by_bin() -> None:
    labels, logits = drawn(1, rows=2000)
    confidences, right = metrics.softmax(logits).max(axis=1), logits.argmax(axis=1) == labels
    total = 0.0
    for low in np.arange(15) / 15:
        inside = (confidences > low) & (confidences <= low + 1 / 15)
        if inside.any():
            total += inside.mean() * abs(right[inside].mean() - confidences[inside].mean())
    assert metrics.ece(labels, logits) == pytest.approx(total)


def test_edges_fall_into_the_bin_below() -> None:
    assert metrics.confidence_bins(np.array([0.0, 1 / 15, 1 / 15 + 1e-9, 1.0])).tolist() == [0, 0, 1, 14]


def test_large_logits_stay_finite() -> None:
    logits = np.array([[1e4, -1e4], [-1e4, 1e4]], np.float32)
    assert metrics.log_loss(np.array([0, 0]), logits) == pytest.approx(1e4)
    assert metrics.softmax(logits).tolist() == [[1, 0], [0, 1]]


def test_a_metric_by_its_name() -> None:
    labels, predictions = np.array([0, 0, 0, 1]), np.zeros(4, int)
    assert metrics.score_function("accuracy")(labels, predictions) == 0.75
    assert metrics.score_function("balanced_accuracy")(labels, predictions) == 0.5
