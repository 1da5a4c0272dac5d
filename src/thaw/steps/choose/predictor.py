"""What every strategy would score, from the evidence of a profile: a linear model in log odds with its uncertainty.

The frozen network's score is predicted as a correction of its probe's, the other strategies' as gains over it. Each is
a Bayesian linear regression on the same evidence, learned from the committed table of measured runs; what it leaves
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
from .evidence import NAMES, UNSURE

FILE = Path(__file__).parent / "predictor.json"
ROWS, CONVOLUTIONAL = (list(NAMES).index(name) for name in ("rows", "convolutional"))
Kind = Literal["attention", "convolutions"]
"""Of network."""


@dataclass(frozen=True)
class Predictor:
    """Outputs are in the order of STRATEGIES: the frozen score's correction, then the gains over the frozen score."""

    mean: list[float]
    """(evidence,): of the learned cells."""
    scale: list[float]
    """(evidence,): their standard deviation."""
    weights: list[list[float]]
    """(outputs, 1 + evidence): of a one and the standardised evidence."""
    information: list[list[float]]
    """(1 + evidence, 1 + evidence): inverse of the weights' precision, in units of the residual variance."""
    residual: list[list[float]]
    """(outputs, outputs): covariance of what is left over at 1,000 rows."""
    shrinking: list[float]
    """(outputs,): exponents of the rows with which the residual variances fall."""
    furthest: float
    """Largest leverage of a learned cell: what lies beyond is outside of the table."""
    most_rows: int
    """Of a learned cell."""
    pilot_offset: dict[Kind, float]
    """What a pilot shows where training will gain nothing over the fitted head: at its high rate it may be below."""
    pilot_share: float
    """Of the gain that is to come, what a pilot shows on average."""
    pilot_deviation: float
    """Of what pilots show beyond that, the luck of the validation split apart."""
    pilot_discord: float
    """Share of the validation rows on which a pilot and the fitted head differ."""
    safe: dict[Kind, dict[str, Strategy]]
    """Of each kind of network and of doubt: what measured best in the table where it holds."""
    cells: int
    """Runs of every strategy that it was learned from."""

    def standardised(self, evidence: np.ndarray) -> np.ndarray:
        return np.concatenate([[1.0], (evidence - np.array(self.mean)) / np.array(self.scale)])

    def expected(self, evidence: np.ndarray) -> np.ndarray:
        """(outputs,), in log odds."""
        return np.array(self.weights) @ self.standardised(evidence) * fading(evidence[ROWS])

    def contributions(self, evidence: np.ndarray, strategy: Strategy) -> dict[str, float]:
        """Log odds that each number of the evidence moves a strategy's gain by, against the average cell."""
        weights = np.array(self.weights)[STRATEGIES.index(strategy)]
        return dict(zip(NAMES, (weights * self.standardised(evidence))[1:].tolist(), strict=True))

    def leverage(self, evidence: np.ndarray) -> float:
        """How far the evidence lies from the learned cells: adds to the variance of the prediction."""
        at = self.standardised(evidence)
        return float(at @ np.array(self.information) @ at)

    def covariance(self, evidence: np.ndarray) -> np.ndarray:
        """(outputs, outputs)."""
        by_rows = np.exp(-np.array(self.shrinking) * (evidence[ROWS] - np.log(1000)) / 2)
        return np.array(self.residual) * np.outer(by_rows, by_rows) * (1 + self.leverage(evidence))

    def pilot_shows(self, evidence: np.ndarray, gains: np.ndarray) -> np.ndarray:
        """Gains over the fitted head that a pilot is expected to show, where training gains `gains` in the end."""
        return self.pilot_offset[kind_of(evidence)] + self.pilot_share * gains

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"


def kind_of(evidence: np.ndarray) -> Kind:
    return "convolutions" if evidence[CONVOLUTIONAL] else "attention"


def fading(log_rows: np.ndarray | float) -> np.ndarray:
    """(…, outputs): what of each output is left with so many rows. The probe of many rows needs no correction."""
    left = 1 / (1 + np.exp(log_rows) / UNSURE)
    return np.asarray(left)[..., None] ** (np.arange(len(STRATEGIES)) == 0)


@cache
def learned() -> Predictor:
    return Predictor(**json.loads(FILE.read_text()))
