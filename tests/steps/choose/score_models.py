"""A small score model whose answers can be worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from thaw.records import STRATEGIES
from thaw.steps.choose.features import FEATURES
from thaw.steps.choose.score_model import ScoreModel

DOUBTS = ("few_rows", "label_noise", "out_of_distribution", "many_rows")


def score_model(gains: Any = (0.0, 0.2, 0.3, 0.4), deviation: float = 0.1, by_rows: float = 0.0) -> ScoreModel:
    """Gains in log odds over the frozen score, which is the probe's; `by_rows` is more of full's for each e-fold of
    rows above 1,000."""
    width = len(FEATURES)
    weights = np.zeros((4, 1 + width))
    weights[:, 0] = gains
    weights[3, 1] = by_rows
    mean = np.zeros(width)
    mean[0] = np.log(1000)
    return ScoreModel(
        mean=mean.tolist(),
        scale=[1.0] * width,
        weights=weights.tolist(),
        weight_covariance=(1e-6 * np.eye(1 + width)).tolist(),
        residual_covariance=(deviation**2 * np.eye(4)).tolist(),
        residual_exponents=[0.0] * 4,
        max_leverage=1.0,
        max_rows=4000,
        pilot_intercept={"attention": 0.0, "convolutions": 0.0},
        pilot_slope=1.0,
        pilot_standard_deviation=0.005,
        pilot_disagreement=0.1,
        safest={"attention": dict(zip(DOUBTS, STRATEGIES, strict=True)), "convolutions": dict.fromkeys(DOUBTS, "full")},
        runs=100,
    )
