"""Distributions of the strategies' test scores: predicted from the profile, then conditioned on pilots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...records import STRATEGIES, Pilot, Profile, Strategy
from .features import FEATURES, feature_vector
from .score_model import ScoreModel

DRAWS = 4000
PROBE, ALL_DEPTHS_GAIN = (FEATURES.index(name) for name in ("probe", "all_depths_gain"))


@dataclass(frozen=True)
class Posterior:
    """The joint distribution of the strategies' scores, as draws."""

    draws: dict[Strategy, np.ndarray]
    """Expected test scores, (DRAWS,) each. Draws of one place belong together: differences of strategies are paired."""
    test_noise: np.ndarray
    """Standard normal draws, (DRAWS,), of the luck that a finite test split adds."""
    test_rows: float
    """Effective number of test rows."""
    features: np.ndarray
    """(features,): what the prediction rests on."""
    leverage: float
    """How far the features lie from what the model was learned on."""

    def score(self, strategy: Strategy) -> float:
        return float(self.draws[strategy].mean())

    def loss(self, strategy: Strategy) -> float:
        """Expected loss against the best candidate: the mean of the paired differences.

        Against whichever turns out the best it would be more, by an amount that no choice avoids.
        """
        return max(self.score(each) for each in self.draws) - self.score(strategy)

    def widened(self, factor: float) -> Posterior:
        """The posterior with `factor` times the variance of each score, at the same means."""
        root = np.sqrt(factor)
        draws = {name: np.clip(each.mean() + root * (each - each.mean()), 0, 1) for name, each in self.draws.items()}
        return replace(self, draws=draws)

    def interval(self, strategy: Strategy) -> tuple[float, float]:
        """80% of what the test split may show: the model's own uncertainty, and the split's luck."""
        expected = self.draws[strategy]
        luck = self.test_noise * np.sqrt(expected * (1 - expected) / max(1.0, self.test_rows))
        low, high = np.quantile(np.clip(expected + luck, 0, 1), [0.1, 0.9])
        return float(low), float(high)


def predict(profile: Profile, rows: int, strategies: Sequence[Strategy], seed: int, model: ScoreModel) -> Posterior:
    """The test scores to expect when trained on `rows` rows, by the profile alone."""
    # With z the log odds of the probe and y the outputs of the model: log odds of the frozen score are z + y_0, and
    # those of another strategy k are z + y_0 + y_k. Draws y = W x + L u, where L L' is the predictive covariance and
    # u ~ N(0, I), go through the logistic function.
    features = feature_vector(profile, rows)
    random = np.random.default_rng(seed)
    root = np.linalg.cholesky(model.covariance(features) + 1e-9 * np.eye(len(STRATEGIES)))
    outputs = model.expected(features) + random.normal(0, 1, (DRAWS, len(STRATEGIES))) @ root.T
    frozen = features[PROBE] + outputs[:, 0]
    gains = {name: outputs[:, place] if place else 0.0 for place, name in enumerate(STRATEGIES)}
    draws = {name: 1 / (1 + np.exp(-(frozen + gains[name]))) for name in strategies}
    test_rows = effective_share(profile) * profile.rows.get("test", 0)
    return Posterior(draws, random.normal(0, 1, DRAWS), test_rows, features, model.leverage(features))


def condition_on_pilot(posterior: Posterior, pilot: Pilot, validation_rows: float, model: ScoreModel) -> Posterior:
    """The distribution after what a pilot showed on so many effective validation rows."""
    # A draw in which training gains g over the head that it starts from makes the pilot's gain s this likely:
    #     p(s | g) = N(s; a + b g, σ² + d / n), with a, b, σ, d of the model and n the validation rows.
    # By Bayes p(g | s) ∝ p(s | g) p(g): draws are taken again with weights p(s | g) (sampling-importance resampling,
    # Smith & Gelfand 1992). Draws of all strategies belong together, so a pilot of one speaks of the others too.
    gains = posterior.draws[pilot.strategy] - posterior.draws["frozen"] + head_lead(posterior.features)
    residuals = pilot.score - pilot.head_score - model.expected_pilot_gain(posterior.features, gains)
    variance = model.pilot_variance(validation_rows)
    weights = np.exp(-0.5 * (residuals**2 - (residuals**2).min()) / variance)
    places = np.random.default_rng(0).choice(len(gains), len(gains), p=weights / weights.sum())
    return replace(posterior, draws={name: draws[places] for name, draws in posterior.draws.items()})


def head_lead(features: np.ndarray) -> float:
    """The frozen network's score minus that of the head which training starts from: it reads the last depth alone."""
    frozen, start = (1 / (1 + np.exp(-odds)) for odds in (features[PROBE], features[PROBE] - features[ALL_DEPTHS_GAIN]))
    return float(frozen - start)


def effective_share(profile: Profile) -> float:
    """Effective number of a split's rows, over their number: on so many, accuracy has the luck of the metric."""
    # Balanced accuracy is a mean of K recalls. With n_k rows of class k, all right by chance p:
    #     Var = p (1 - p) / K² · Σ 1 / n_k = p (1 - p) / m, so that m = K² / Σ 1 / n_k.
    # With shares n_k = n w_k of those that may be trained on: m / n = K² / Σ 1 / w_k.
    if profile.metric == "accuracy":
        return 1.0
    rows = np.array([each for each in profile.class_rows if each])  # a class may be in the test split alone
    shares = rows / rows.sum()
    return float(len(shares) ** 2 / (1 / shares).sum())
