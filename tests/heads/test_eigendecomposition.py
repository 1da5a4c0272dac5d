from __future__ import annotations

import numpy as np
import pytest

from tests.digits import decomposed


@pytest.mark.parametrize("rows", [300, 40])
def test_the_decomposition_is_the_features(rows: int) -> None:
    features, _, decomposition = decomposed(slice(rows), np.linspace(0.5, 1.5, rows).astype(np.float32))
    rank = len(decomposition.variances)
    assert rank <= min(rows - 1, 64)
    np.testing.assert_allclose(decomposition.directions.T @ decomposition.directions, np.eye(rank), atol=1e-4)
    scatter = decomposition.coordinates.T @ (decomposition.weights[:, None] * decomposition.coordinates)
    np.testing.assert_allclose(scatter, np.diag(decomposition.variances), atol=1e-4)
    np.testing.assert_allclose(
        decomposition.mean + decomposition.coordinates @ decomposition.directions.T, features, atol=2e-3
    )
