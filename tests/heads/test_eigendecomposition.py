from __future__ import annotations

import numpy as np
import pytest

from tests.digits import decomposed


@pytest.mark.parametrize("rows", [300, 40])
def test_the_spectrum_is_the_features(rows):
    features, _, spectrum = decomposed(slice(rows), np.linspace(0.5, 1.5, rows).astype(np.float32))
    rank = len(spectrum.variances)
    assert rank <= min(rows - 1, 64)
    np.testing.assert_allclose(spectrum.directions.T @ spectrum.directions, np.eye(rank), atol=1e-4)
    scatter = spectrum.coordinates.T @ (spectrum.share[:, None] * spectrum.coordinates)
    np.testing.assert_allclose(scatter, np.diag(spectrum.variances), atol=1e-4)
    np.testing.assert_allclose(spectrum.mean + spectrum.coordinates @ spectrum.directions.T, features, atol=2e-3)
