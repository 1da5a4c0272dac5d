"""The one function that fits a head."""

from __future__ import annotations

from contextlib import AbstractContextManager

import numpy as np

from ..records import HeadKind, Metric
from . import dense, linear
from .head import Fit
from .standardisation import StandardisedFeatures


def limit_threads() -> AbstractContextManager[object]:
    """Keep BLAS on one thread.

    Thousands of small products lose a hundredfold when other work holds a core, gain next to nothing when none does,
    and round the same on any number of cores only so.
    """
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
    groups: np.ndarray | None = None,
) -> Fit:
    """Fit a head on features (rows, width) of a network, with labels (rows,) int and weights (rows,) float.

    `features` may be a memory map of float16 or float32, or a slice of one: the memory that the fit takes does not grow
    with the rows. A linear head's kind is chosen by `metric`. `initialises_training`: gradient training continues from
    the head. `groups` (rows,) int: rows of one group are held out together.
    """
    standardised = features if isinstance(features, StandardisedFeatures) else StandardisedFeatures(features)
    with limit_threads():
        if kind == "dense":
            return dense.fit(standardised, labels, classes, weights, seed, groups)
        return linear.fit(standardised, labels, classes, weights, seed, metric, initialises_training, groups)
