from __future__ import annotations

from itertools import pairwise
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.digits import DIGIT_LABELS, DIGITS
from thaw.heads import standardisation
from thaw.heads.fit import fit_head
from thaw.heads.head import Head
from thaw.heads.standardisation import MIN_SCALE, Standardisation, StandardisedFeatures
from thaw.metrics.scores import softmax


def test_a_feature_that_hardly_moves_in_training_is_not_blown_up() -> None:
    """A row in which that feature differs gets the class that it would get without the feature."""
    still = DIGITS[:400].copy()
    still[:, 0] = np.random.default_rng(0).normal(0, 0.01, 400)
    fit = fit_head(still, DIGIT_LABELS[:400], 10, kind="linear", weights=np.ones(400, np.float32), seed=0)
    moved = DIGITS[400:].copy()
    moved[:, 0] = 5.0
    before, after = (softmax(fit.head.logits(each)) for each in (DIGITS[400:], moved))
    assert np.abs(after - before).max() < 0.5
    assert (after.argmax(1) == before.argmax(1)).mean() > 0.97
    moving = still.std(0)[still.std(0) > 0]
    smallest = MIN_SCALE * np.sqrt(np.mean(moving**2))
    assert Standardisation.of(still).scale[0] == pytest.approx(smallest, rel=1e-3)


@given(st.integers(1, 5))
@settings(max_examples=10, deadline=None)
def test_standardisation_folds_into_the_layer(seed: int) -> None:
    random = np.random.default_rng(seed)
    features = random.normal(3, 5, (20, 4)).astype(np.float32)
    features[:, 0] = 7.0  # never moves
    weights, bias = random.normal(size=(4, 2)).astype(np.float32), random.normal(size=2).astype(np.float32)
    standard = Standardisation.of(features)
    folded = Head((standard.fold(weights, bias),))
    np.testing.assert_allclose(folded.logits(features), standard.apply(features) @ weights + bias, atol=1e-4)


def test_parts_count_by_their_weight_however_wide_they_are() -> None:
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


@given(st.lists(st.integers(1, 99), max_size=5), st.integers(0, 9))
@settings(max_examples=20, deadline=None)
def test_moments_in_chunks_are_those_of_all_rows(cuts: Any, seed: int) -> None:
    features = np.random.default_rng(seed).normal(1e4, 1.0, (100, 3))
    edges = [0, *sorted(set(cuts)), 100]
    slices = [slice(start, end) for start, end in pairwise(edges)]
    with mock.patch.object(standardisation, "row_chunks", return_value=iter(slices)):
        mean, deviation, largest = standardisation.moments(features)
    np.testing.assert_allclose(mean, features.mean(0), rtol=1e-12)
    np.testing.assert_allclose(deviation, features.std(0), rtol=1e-9)
    np.testing.assert_array_equal(largest, np.abs(features).max(0))
