"""Temperature scaling: one number that makes confidences right and changes no prediction.

Guo et al. 2017, https://arxiv.org/abs/1706.04599.
"""

from __future__ import annotations

import numpy as np

from .scores import log_softmax

MIN_ROWS = 50
"""Rows from which a temperature is fitted; from fewer it would be noise."""

DEFAULT_TEMPERATURE = 2.0
"""Temperature of a network that was trained to the end of its schedule with no rows held out to fit one: on other rows
such networks asked for 1.7 to 3.6 (`python -m benchmarks.regret held-out`)."""


def temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """What to divide logits (rows, classes) by for the lowest log loss, from rows that the model was not fitted on."""
    if len(labels) < MIN_ROWS:
        return 1.0
    return 1 / _best_scale(logits, labels, (-3, 3), 0.0)


def logit_scale(outputs: np.ndarray, labels: np.ndarray) -> float:
    """What to multiply the outputs of a regression on 0 and 1, (rows, classes), by to make logits of them.

    Labels are smoothed by 1 / (rows + 2) (Platt 1999): a few rows that are all right would ask for infinite confidence.
    """
    return _best_scale(outputs, labels, (-1, 6), 1 / (len(labels) + 2))


def _best_scale(logits: np.ndarray, labels: np.ndarray, bounds: tuple[float, float], smoothing: float) -> float:
    """The scale with the lowest log loss, between e to the power of the bounds."""
    from scipy.optimize import minimize_scalar

    # loss(s) = −Σ_c q_c log softmax(s · logits)_c, with s = e^x, and q = (1 − smoothing) · label + smoothing / classes
    def loss(log_scale: float) -> float:
        logs = log_softmax(logits.astype(np.float64) * np.exp(log_scale))
        return -float((1 - smoothing) * logs[np.arange(len(labels)), labels].mean() + smoothing * logs.mean())

    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded").x))
