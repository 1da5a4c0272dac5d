from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from thaw.steps.profile import geometry
from thaw.steps.profile.findings import outliers

DIGITS = load_digits(return_X_y=True)[0].astype(np.float32)


def test_distances_are_those_of_the_nearest_neighbours() -> None:
    nearest = NearestNeighbors(n_neighbors=geometry.NEIGHBOURS + 1).fit(DIGITS).kneighbors(DIGITS)[0]
    found = geometry.neighbour_distances(geometry.gram(DIGITS))
    np.testing.assert_allclose(found, nearest[:, 1:].mean(1), rtol=1e-3)


def test_the_plane_is_that_of_the_principal_components() -> None:
    expected = PCA(2, svd_solver="full").fit_transform(DIGITS)
    found = geometry.plane(geometry.gram(DIGITS))
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=0.05)


def test_a_plane_of_few_rows_is_a_point() -> None:
    assert not geometry.plane(geometry.gram(DIGITS[:2])).any()


def test_noise_among_digits_is_found_and_little_else() -> None:
    noise = np.random.default_rng(0).uniform(0, 16, (20, DIGITS.shape[1])).astype(np.float32)
    found = outliers(geometry.gram(np.concatenate([DIGITS, noise]))).places
    assert set(range(len(DIGITS), len(DIGITS) + 20)) <= set(found.tolist())
    assert len(found) <= 25


def test_rows_that_are_all_alike_have_no_outliers() -> None:
    assert not len(outliers(geometry.gram(np.ones((30, 4), np.float32))).places)
