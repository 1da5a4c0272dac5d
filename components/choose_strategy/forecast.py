"""Predict what each strategy would score, from probe evidence alone.

The frozen network's score is its probe's, carried along the learning curve to all rows. What training more would add is
a share of the probe's error: it grows with the logarithm of the rows, and with what an inner depth already does better
than the last (the features there have not yet been bent towards the source task). The constants below were read off 14
cells of a first grid: MiniLM on movie reviews, Reuters R8, 20 Newsgroups and fine foods with 40, 200 and 1,000 rows,
where full fine-tuning left 104%, 88% and 79% of the frozen head's error on average, and EfficientNet-Lite0 on 1,400
images of Fashion-MNIST and MNIST, where it left 75% and 25% and the probe of the best depth was 11% and 51% ahead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..core.contracts import Profile, Strategy

ROWS_WITHOUT_GAIN = 40
GAIN_PER_LOG_ROW = 0.075
GAIN_RANGE = (-0.1, 1.5)
DEPTH_GAIN = 2.0
"""Log of error per share of the error that the best depth's probe removes, beyond DEPTH_SLACK."""
DEPTH_SLACK = 0.1
"""Share that the best of several depths may remove and mean nothing."""

OF_FULL: dict[Strategy, float] = {"frozen": 0.0, "partial": 0.7, "lora": 0.85, "full": 1.0}
"""Share of full's gain."""
PARTIAL_CONVOLUTIONAL = 0.95
"""The same where the lower blocks are convolutions, which serve any image."""
SPREAD: dict[Strategy, float] = {"frozen": 0.05, "partial": 0.10, "lora": 0.12, "full": 0.12}
"""Standard deviation of the log of the error that is left."""
SHARED = 0.8
"""Correlation of the gains: where one way of training pays, the others do too."""

STEEPEST = -0.5
"""Exponent of a learning curve beyond which a few noisy points are not believed."""

DRAWS = 4000


@dataclass(frozen=True)
class Forecast:
    """Of each strategy: draws of its expected test score, (DRAWS,)."""

    draws: dict[Strategy, np.ndarray]
    sampling: np.ndarray
    """Standard normal draws, (DRAWS,), of the luck that a finite test split adds."""
    test_rows: int
    frozen: float
    """Expected score of the frozen network, on all rows."""
    gain: float
    """Expected reduction of the log error by full fine-tuning."""
    depth_share: float
    """Share of the last depth's probe error that the best depth's probe removes."""

    def score(self, strategy: Strategy) -> float:
        return float(self.draws[strategy].mean())

    def interval(self, strategy: Strategy) -> tuple[float, float]:
        """80% of what the test split may show: the forecast's own uncertainty, and the split's luck."""
        expected = self.draws[strategy]
        luck = self.sampling * np.sqrt(expected * (1 - expected) / max(1, self.test_rows))
        low, high = np.quantile(np.clip(expected + luck, 0, 1), [0.1, 0.9])
        return float(low), float(high)


def forecast(profile: Profile, rows: int, strategies: tuple[Strategy, ...], seed: int) -> Forecast:
    """Predictive distributions of the strategies' test scores when trained on `rows` rows."""
    last = profile.depths[-1]
    frozen = extrapolated(profile, rows)
    share = depth_share(profile)
    gain = gain_of_full(rows, share)
    random = np.random.default_rng(seed)
    error = 1 - np.clip(frozen + random.normal(0, last.ridge_error, DRAWS), 0.0, 1.0)
    common = random.normal(0, 1, DRAWS)
    draws: dict[Strategy, np.ndarray] = {}
    shares = OF_FULL if profile.network.supports_lora else {**OF_FULL, "partial": PARTIAL_CONVOLUTIONAL}
    for strategy in strategies:
        own = np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * random.normal(0, 1, DRAWS)
        noise = random.normal(0, 1, DRAWS) if strategy == "frozen" else own
        left = np.exp(-gain * shares[strategy] + SPREAD[strategy] * noise)
        draws[strategy] = np.clip(1 - error * left, 0, 1)
    return Forecast(draws, random.normal(0, 1, DRAWS), profile.rows.get("test", 0), frozen, gain, share)


def gain_of_full(rows: int, share: float) -> float:
    """
    >>> round(gain_of_full(1000, share=0.0), 2)
    0.24
    """
    by_rows = GAIN_PER_LOG_ROW * np.log(max(rows, 1) / ROWS_WITHOUT_GAIN)
    return float(np.clip(by_rows + DEPTH_GAIN * max(0.0, share - DEPTH_SLACK), *GAIN_RANGE))


def depth_share(profile: Profile) -> float:
    """Share of the last depth's probe error that the best depth's probe removes."""
    last, best = profile.depths[-1].ridge, max(evidence.ridge for evidence in profile.depths)
    return (best - last) / max(1 - last, 1e-6)


def best_depth(profile: Profile) -> int:
    """The depth of the best probe, or the last where no other is better by more than chance."""
    if depth_share(profile) <= DEPTH_SLACK:
        return profile.depths[-1].depth
    return max(profile.depths, key=lambda evidence: (evidence.ridge, evidence.depth)).depth


def extrapolated(profile: Profile, rows: int) -> float:
    """The last depth's probe score carried from the sample to all rows: error falls as a power of the rows."""
    last = profile.depths[-1]
    if rows <= profile.sample_rows or len(profile.curve) < 2:
        return last.ridge
    errors = np.array([max(1 - point.score, 1e-4) for point in profile.curve])
    slope = np.polyfit(np.log([point.rows for point in profile.curve]), np.log(errors), 1)[0]
    return float(1 - (1 - last.ridge) * (rows / profile.sample_rows) ** np.clip(slope, STEEPEST, 0.0))
