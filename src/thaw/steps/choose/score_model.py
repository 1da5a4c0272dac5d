"""The score model: what every strategy would score, by the features of a profile. Linear in log odds, with its
uncertainty.

The frozen network's score is predicted as a correction of its probe's, the other strategies' as gains over it. Each is
a Bayesian linear regression on the same features, learned from the committed table of measured runs. What it leaves
over on families of tasks that it had not seen is its uncertainty, and the gains share it: where one way of training
pays more than predicted, the others do too. A few numbers, kept as JSON beside this file.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np

from ...records import STRATEGIES, Strategy
from .features import FEATURES, SHRINKAGE_ROWS

FILE = Path(__file__).parent / "score_model.json"
LOG_ROWS, CONVOLUTIONAL = (FEATURES.index(name) for name in ("log_rows", "convolutional"))
RESIDUAL_ROWS = 1000
"""Rows at which the covariance of the residuals is given."""
Architecture = Literal["attention", "convolutions"]


@dataclass(frozen=True)
class ScoreModel:
    """Outputs are in the order of STRATEGIES: the frozen score's correction, then the gains over the frozen score."""

    mean: list[float]
    """(features,): mean of the features over the measured runs."""
    scale: list[float]
    """(features,): standard deviation of the features over the measured runs."""
    weights: list[list[float]]
    """(outputs, 1 + features): weights of a constant 1 and of the standardised features."""
    weight_covariance: list[list[float]]
    """(1 + features, 1 + features): covariance of an output's weights, in units of its residual variance."""
    residual_covariance: list[list[float]]
    """(outputs, outputs): covariance of the residuals at RESIDUAL_ROWS rows."""
    residual_exponents: list[float]
    """(outputs,): exponents of the rows with which the residual variances fall."""
    max_leverage: float
    """Largest leverage of a measured run: what lies beyond is outside of the table."""
    max_rows: int
    """Largest number of rows of a measured run."""
    pilot_intercept: dict[Architecture, float]
    """What a pilot shows where training will gain nothing over the fitted head: at its high rate it may be below."""
    pilot_slope: float
    """Share of the gain that is to come which a pilot shows on average."""
    pilot_standard_deviation: float
    """Standard deviation of a pilot's gain around that mean, without the noise of the validation split."""
    pilot_disagreement: float
    """Share of the validation rows on which a pilot and the fitted head differ."""
    safest: dict[Architecture, dict[str, Strategy]]
    """The strategy that measured best in the table where a doubt holds, by the kind of the doubt."""
    runs: int
    """Measured runs of every strategy that the model was learned from."""

    def standardised(self, features: np.ndarray) -> np.ndarray:
        """(1 + features,): a one, then the features in units of their standard deviation."""
        return np.concatenate([[1.0], (features - np.array(self.mean)) / np.array(self.scale)])

    def expected(self, features: np.ndarray) -> np.ndarray:
        """Expected outputs (outputs,), in log odds."""
        return np.array(self.weights) @ self.standardised(features) * shrinkage(features[LOG_ROWS])

    def contributions(self, features: np.ndarray, strategy: Strategy) -> dict[str, float]:
        """Log odds by which each feature moves a strategy's gain, against the average measured run."""
        weights = np.array(self.weights)[STRATEGIES.index(strategy)]
        return dict(zip(FEATURES, (weights * self.standardised(features))[1:].tolist(), strict=True))

    def leverage(self, features: np.ndarray) -> float:
        """How far the features lie from the measured runs: adds to the variance of the prediction."""
        # h(x) = x' (X'X + Λ)^-1 x, with X the standardised runs and Λ the penalty of the ridge regression:
        # the part of Var(y | x) / σ² that comes from the weights (Hoaglin & Welsch 1978).
        x = self.standardised(features)
        return float(x @ np.array(self.weight_covariance) @ x)

    def covariance(self, features: np.ndarray) -> np.ndarray:
        """Predictive covariance (outputs, outputs), in log odds."""
        # Bayesian linear regression: y | x ~ N(W x, Σ(n) (1 + h(x))), h the leverage (Bishop 2006, equation 3.58).
        # Σ falls with the rows n, as errors of means do: Σ_ij(n) = Σ_ij s_i s_j,
        # s_i = (n / RESIDUAL_ROWS)^(-e_i / 2), with e_i the exponent of output i.
        deviations = np.exp(-np.array(self.residual_exponents) * (features[LOG_ROWS] - np.log(RESIDUAL_ROWS)) / 2)
        return np.array(self.residual_covariance) * np.outer(deviations, deviations) * (1 + self.leverage(features))

    def expected_pilot_gain(self, features: np.ndarray, gains: np.ndarray) -> np.ndarray:
        """Gains over the fitted head that a pilot is expected to show, where training gains `gains` in the end."""
        return self.pilot_intercept[architecture(features)] + self.pilot_slope * gains

    def pilot_variance(self, validation_rows: float) -> float:
        """Variance of what a pilot shows on so many rows around what it is expected to show."""
        # s = a + b g + ε with Var ε = σ² + d / n: σ² is what the line leaves over. On n rows the scores of two models
        # that differ on a share d of them are apart by a mean of n terms -1, 0 or 1, of variance d / n where the
        # difference is small (McNemar 1947).
        return self.pilot_standard_deviation**2 + self.pilot_disagreement / validation_rows

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"


def architecture(features: np.ndarray) -> Architecture:
    return "convolutions" if features[CONVOLUTIONAL] else "attention"


def shrinkage(log_rows: np.ndarray | float) -> np.ndarray:
    """Factors (…, outputs) of the outputs for so many rows: the correction of a probe shrinks with its rows."""
    left = 1 / (1 + np.exp(log_rows) / SHRINKAGE_ROWS)
    return np.asarray(left)[..., None] ** (np.arange(len(STRATEGIES)) == 0)


@cache
def load_score_model() -> ScoreModel:
    """The committed model."""
    return ScoreModel(**json.loads(FILE.read_text()))
