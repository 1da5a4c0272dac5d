"""Predictive distributions of the strategies' test scores, before anything is trained."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...records import STRATEGIES, Profile, Strategy
from .evidence import NAMES, evidence
from .predictor import Predictor, learned

DRAWS = 4000
PROBE, TOGETHER = (list(NAMES).index(name) for name in ("probe", "together"))


@dataclass(frozen=True)
class Forecast:
    """Of each strategy: draws of its expected test score, (DRAWS,). Draws of one place belong together, so that
    differences of strategies are paired."""

    draws: dict[Strategy, np.ndarray]
    sampling: np.ndarray
    """Standard normal draws, (DRAWS,), of the luck that a finite test split adds."""
    test_rows: float
    """Of which accuracy would have the luck that the metric has of those there are."""
    evidence: np.ndarray
    leverage: float
    """How far the evidence lies from what the predictor was learned on."""

    def score(self, strategy: Strategy) -> float:
        return float(self.draws[strategy].mean())

    def loss(self, strategy: Strategy) -> float:
        """Expected loss against the best candidate: the mean of the paired differences.

        Against whichever turns out the best it would be more, by an amount that no choice avoids.
        """
        return max(self.score(each) for each in self.draws) - self.score(strategy)

    def widened(self, factor: float) -> Forecast:
        """With `factor` times the variance of each score, at the same means."""
        root = np.sqrt(factor)
        draws = {name: np.clip(each.mean() + root * (each - each.mean()), 0, 1) for name, each in self.draws.items()}
        return replace(self, draws=draws)

    def interval(self, strategy: Strategy) -> tuple[float, float]:
        """80% of what the test split may show: the forecast's own uncertainty, and the split's luck."""
        expected = self.draws[strategy]
        luck = self.sampling * np.sqrt(expected * (1 - expected) / max(1.0, self.test_rows))
        low, high = np.quantile(np.clip(expected + luck, 0, 1), [0.1, 0.9])
        return float(low), float(high)


def lead(known: np.ndarray) -> float:
    """Of the frozen network's score over that of the head which gradient training starts from: it reads the last depth
    alone. `known` is the evidence."""
    ahead, start = (1 / (1 + np.exp(-odds)) for odds in (known[PROBE], known[PROBE] - known[TOGETHER]))
    return float(ahead - start)


def forecast(
    profile: Profile, rows: int, strategies: tuple[Strategy, ...], seed: int, predictor: Predictor | None = None
) -> Forecast:
    """Of the test scores when trained on `rows` rows."""
    predictor = predictor or learned()
    known = evidence(profile, rows)
    random = np.random.default_rng(seed)
    root = np.linalg.cholesky(predictor.covariance(known) + 1e-9 * np.eye(len(STRATEGIES)))
    outputs = predictor.expected(known) + random.normal(0, 1, (DRAWS, len(STRATEGIES))) @ root.T
    frozen = known[PROBE] + outputs[:, 0]
    draws = {
        strategy: 1
        / (1 + np.exp(-(frozen + (outputs[:, STRATEGIES.index(strategy)] if strategy != "frozen" else 0.0))))
        for strategy in strategies
    }
    test_rows = counting(profile) * profile.rows.get("test", 0)
    return Forecast(draws, random.normal(0, 1, DRAWS), test_rows, known, predictor.leverage(known))


def counting(profile: Profile) -> float:
    """Share of a split's rows that count, drawn like those that may be trained on: as many would give accuracy the luck
    of the metric. Balanced accuracy means recalls, and that of a rare class rests on few rows."""
    if profile.metric == "accuracy":
        return 1.0
    rows = np.array([each for each in profile.class_rows if each])  # a class may be in the test split alone
    shares = rows / rows.sum()
    return float(len(shares) ** 2 / (1 / shares).sum())
