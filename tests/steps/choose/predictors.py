"""A small predictor whose answers can be told by hand."""

from __future__ import annotations

import numpy as np

from thaw.steps.choose.evidence import NAMES
from thaw.steps.choose.predictor import Predictor


def predictor(gains=(0.0, 0.2, 0.3, 0.4), deviation: float = 0.1, by_rows: float = 0.0) -> Predictor:
    """Gains in log odds over the frozen score, which is the probe's; `by_rows` is more of full's for each e-fold of
    rows above 1,000."""
    width = len(NAMES)
    weights = np.zeros((4, 1 + width))
    weights[:, 0] = gains
    weights[3, 1] = by_rows
    mean = np.zeros(width)
    mean[0] = np.log(1000)
    return Predictor(
        mean=mean.tolist(),
        scale=[1.0] * width,
        weights=weights.tolist(),
        information=(1e-6 * np.eye(1 + width)).tolist(),
        residual=(deviation**2 * np.eye(4)).tolist(),
        shrinking=[0.0] * 4,
        furthest=1.0,
        most_rows=4000,
        pilot_offset={"attention": 0.0, "convolutions": 0.0},
        pilot_share=1.0,
        pilot_deviation=0.005,
        pilot_discord=0.1,
        safe={
            "attention": {"few": "frozen", "noise": "partial", "many": "full", "outside": "lora"},
            "convolutions": {"few": "partial", "noise": "frozen", "many": "full", "outside": "full"},
        },
        cells=100,
    )
