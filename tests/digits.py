"""1,797 digits of 8 pixels, as features."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.datasets import load_digits

from thaw.heads.eigendecomposition import Eigendecomposition
from thaw.heads.standardisation import Standardisation

DIGITS, DIGIT_LABELS = load_digits(return_X_y=True)
DIGITS = DIGITS.astype(np.float32)


def decomposed(rows: Any, weights: Any = None) -> Any:
    features = Standardisation.of(DIGITS[rows]).apply(DIGITS[rows])
    weights = np.ones(len(features), np.float32) if weights is None else weights
    return features, weights, Eigendecomposition.of(features, weights)
