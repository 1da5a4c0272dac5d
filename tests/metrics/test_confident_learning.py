from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from thaw.heads.ridge import probe
from thaw.heads.standardisation import Standardisation
from thaw.metrics import scores
from thaw.metrics.confident_learning import claiming_classes, margins


@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.integers(12, 60))
def test_the_rows_are_those_of_cleanlab(seed: int, classes: int, rows: int) -> None:
    cleanlab = pytest.importorskip("cleanlab.filter")
    random = np.random.default_rng(seed)
    predictions = random.dirichlet(np.ones(classes), rows)
    labels = np.concatenate([np.arange(classes), random.integers(0, classes, rows - classes)])
    expected = cleanlab.find_label_issues(labels, predictions, filter_by="confident_learning", n_jobs=1)
    assert (claiming_classes(predictions, labels) >= 0).tolist() == expected.tolist()


def test_planted_labels_are_named_and_shuffled_predictions_name_none_of_them() -> None:
    digits, true = load_digits(return_X_y=True)
    random = np.random.default_rng(0)
    wrong = random.random(len(true)) < 0.1
    labels = np.where(wrong, (true + random.integers(1, 10, len(true))) % 10, true)
    features = Standardisation.of(digits).apply(digits)
    predictions = probe(features, labels, 10, np.ones(len(labels), np.float32), scores.accuracy).predictions
    claimed_by = claiming_classes(predictions, labels)
    named = claimed_by >= 0
    assert (named & wrong).sum() / named.sum() > 0.8
    assert (named & wrong).sum() / wrong.sum() > 0.65
    assert (claimed_by == true)[named & wrong].mean() > 0.95
    blind = claiming_classes(random.permutation(predictions), labels) >= 0
    assert (blind & wrong).sum() / blind.sum() < 0.2
    margin = margins(predictions, labels, claimed_by)
    assert (margin[named] > 0).all()
    assert not margin[~named].any()
