"""The one function that fits a head."""

from __future__ import annotations

from contextlib import AbstractContextManager

import numpy as np

from ..records import HeadKind, Metric
from . import dense, linear
from .head import Fit
from .standardisation import StandardisedFeatures


def one_thread() -> AbstractContextManager[object]:
    """BLAS on one thread: thousands of small products lose a hundredfold when other work holds a core, gain next to
    nothing when none does, and round the same on any number of cores only so."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1, user_api="blas")


def fit_head(
    features: np.ndarray | StandardisedFeatures,
    labels: np.ndarray,
    classes: int,
    *,
    kind: HeadKind,
    weights: np.ndarray,
    seed: int,
    metric: Metric = "accuracy",
    initialises_training: bool = False,
) -> Fit:
    """Fit the head of a frozen network. features (rows, width), labels (rows,) int, weights (rows,) float.

    `features` may be a memory map of float16 or float32, or a slice of one: what memory the fit takes does not grow
    with the rows. `metric` is what a linear head's kind is chosen by. With
    `initialises_training` gradient training starts from the head.
    """
    scaled = features if isinstance(features, StandardisedFeatures) else StandardisedFeatures(features)
    with one_thread():
        if kind == "dense":
            return dense.fit(scaled, labels, classes, weights, seed)
        return linear.fit(scaled, labels, classes, weights, seed, metric, initialises_training)
