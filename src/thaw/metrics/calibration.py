"""Temperature scaling: one number that makes confidences honest and changes no prediction (Guo 2017)."""

from __future__ import annotations

import numpy as np

MIN_ROWS = 50
"""Below this the temperature would be noise."""

DEFAULT_TEMPERATURE = 2.0
"""After a training to the end of its schedule that no rows were held out of: other rows asked for 1.7 to 3.6
(`python -m benchmarks.regret held-out`)."""


def temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """What to divide logits (rows, classes) by for the lowest log loss, from rows that the model was not fitted on."""
    if len(labels) < MIN_ROWS:
        return 1.0
    return 1 / _factor(logits, labels, (-3, 3), 0.0)


def logit_scale(outputs: np.ndarray, labels: np.ndarray) -> float:
    """What to multiply a regression's outputs (rows, classes) by, so that they are logits: about 0–1, they are no
    logits as they are. Labels are taken for as sure as their number allows, or a few rows that are all right would ask
    for infinite confidence (Platt 1999)."""
    return _factor(outputs, labels, (-1, 6), 1 / (len(labels) + 2))


def _factor(logits: np.ndarray, labels: np.ndarray, bounds: tuple[float, float], doubt: float) -> float:
    """The factor, within e to the power of the bounds, of the lowest log loss; `doubt` is spread over all classes."""
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    def loss(log_factor: float) -> float:
        logs = log_softmax(logits.astype(np.float64) * np.exp(log_factor), axis=1)
        return -float((1 - doubt) * logs[np.arange(len(labels)), labels].mean() + doubt * logs.mean())

    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded").x))
