"""The 95% interval of a measured regret."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...records import Interval, Strategy

SAMPLES = 2000
Z_95 = 1.96
"""Half the width of a 95% interval, in standard errors."""


def regret_interval(
    scores: Mapping[Strategy, tuple[float, ...]], errors: Mapping[Strategy, float], chosen: Strategy
) -> tuple[float, float]:
    """95% interval of the regret of `chosen`, over bootstrap samples of seeds and test rows.

    The rows of a sample are the same for all seeds of a strategy, but independent between strategies, because nothing
    is known of single rows. Strategies that err on the same rows differ by less, so the interval is wider than a paired
    one.

    Args:
        scores: One score a seed.
        errors: Standard error that the test rows leave in a score.
        chosen: The strategy that was chosen.
    """
    # mean*_s = mean(seeds drawn with replacement) + N(0, error_s²);  regret* = max_s mean*_s − mean*_chosen
    rng = np.random.default_rng(0)
    means = {}
    for strategy, of_seeds in scores.items():
        drawn = rng.integers(len(of_seeds), size=(SAMPLES, len(of_seeds)))
        means[strategy] = np.array(of_seeds)[drawn].mean(axis=1) + rng.normal(0, errors[strategy], SAMPLES)
    regrets = np.maximum.reduce(list(means.values())) - means[chosen]
    low, high = np.quantile(regrets, [0.025, 0.975])
    return float(low), float(high)


def standard_error(score: Interval, rows: int) -> float:
    """Standard error of a score on `rows` rows, from its 95% interval.

    Resamples of rows that are all right are all right too, so that a score of 1 seems certain however few they are. So
    the error is at least that of a share after two right and two wrong rows more (Agresti & Coull 1998).
    """
    # p̃ = (p n + 2) / (n + 4),  error ≥ √(p̃ (1 − p̃) / (n + 4))
    share = (score.value * rows + 2) / (rows + 4)
    return max((score.high - score.low) / (2 * Z_95), float(np.sqrt(share * (1 - share) / (rows + 4))))
