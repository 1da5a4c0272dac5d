from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from tests.digits import DIGIT_LABELS, DIGITS
from thaw.heads import logistic
from thaw.heads.eigendecomposition import Eigendecomposition
from thaw.metrics.scores import row_losses, softmax


def test_logistic_agrees_with_scikit_learn() -> None:
    features = StandardScaler().fit_transform(DIGITS[:300]).astype(np.float32)
    labels, l2, weights = DIGIT_LABELS[:300], 0.1, np.ones(300, np.float32)
    decomposition = Eigendecomposition.of(features, weights)
    start = np.zeros((len(decomposition.variances) + 1, 10))
    ours = logistic.solve([(decomposition.coordinates, labels, weights)], decomposition.variances, l2, start)
    theirs = LogisticRegression(C=1 / (300 * l2), tol=1e-8, max_iter=5000).fit(features, labels)
    np.testing.assert_allclose(
        logistic.predict(decomposition.coordinates, ours), theirs.decision_function(features), atol=0.03
    )


@given(st.lists(st.integers(1, 99), max_size=5), st.integers(0, 9))
def test_the_loss_in_chunks_is_the_loss(cuts: Any, seed: int) -> None:
    random = np.random.default_rng(seed)
    features, labels = random.normal(size=(100, 6)).astype(np.float32), random.integers(0, 4, 100)
    row_weights, solution = random.uniform(0.1, 3, 100).astype(np.float32), random.normal(size=(7, 4))
    edges = [0, *sorted(set(cuts)), 100]
    chunks = [(features[a:b], labels[a:b], row_weights[a:b]) for a, b in pairwise(edges)]
    weights, bias = solution[:-1].astype(np.float32), solution[-1].astype(np.float32)
    loss, by_weights, by_bias, total = logistic.loss_and_gradient(chunks, weights, bias)
    logits = features.astype(np.float64) @ solution[:-1] + solution[-1]
    error = (softmax(logits) - np.eye(4)[labels]) * row_weights[:, None]
    np.testing.assert_allclose(loss, row_weights @ row_losses(labels, logits), rtol=1e-5)
    np.testing.assert_allclose(by_weights, features.T @ error, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(by_bias, error.sum(0), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(total, row_weights.sum(), rtol=1e-6)
