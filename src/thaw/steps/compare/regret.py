"""How far the true regret may be from the one that was seen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...records import Interval, Strategy

SAMPLES = 2000
NORMAL = 1.96
"""Half the width of a 95% interval, in standard errors."""


def interval(
    scores: Mapping[Strategy, tuple[float, ...]], errors: Mapping[Strategy, float], chosen: Strategy
) -> tuple[float, float]:
    """95% of the regrets of `chosen` when seeds and test rows are drawn again.

    `scores` has one score a seed, `errors` the standard error that the test rows leave in a score. The rows are drawn
    once for all seeds of a strategy, which answer the same ones, but apart for each strategy, as nothing is known of
    single rows: strategies that err on the same rows differ by less, so the interval is wider than a paired one.
    """
    rng = np.random.default_rng(0)
    means = {}
    for strategy, of_seeds in scores.items():
        drawn = rng.integers(len(of_seeds), size=(SAMPLES, len(of_seeds)))
        means[strategy] = np.array(of_seeds)[drawn].mean(axis=1) + rng.normal(0, errors[strategy], SAMPLES)
    regrets = np.maximum.reduce(list(means.values())) - means[chosen]
    low, high = np.quantile(regrets, [0.025, 0.975])
    return float(low), float(high)


def error(score: Interval, rows: int) -> float:
    """Standard error of a score of `rows` rows, from its 95% interval.

    Resamples of rows that are all right are all right, too, so that a score of 1 seems certain however few they are: it
    is given at least the error that two rows more on either side would leave (Agresti & Coull 1998).
    """
    share = (score.value * rows + 2) / (rows + 4)
    return max((score.high - score.low) / (2 * NORMAL), float(np.sqrt(share * (1 - share) / (rows + 4))))
