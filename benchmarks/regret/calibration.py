"""Whether the predicted scores and their intervals are to be believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from thaw.records import STRATEGIES, Strategy

from .cells import Cell
from .choosers import Learned, validated
from .noise import row_covariance

MIN_ROWS = 500
"""Rows from which the error of the predicted score is asked to be small."""


@dataclass(frozen=True)
class Outcome:
    strategy: Strategy
    family: str
    rows: int
    error: float
    """Predicted minus measured."""
    covered: bool
    noise: float
    """Variance of the measured score by the test rows."""


def outcomes(cells: Sequence[Cell], learned: Learned) -> list[Outcome]:
    found = []
    for cell in cells:
        for place, seed in enumerate(cell.seeds):
            predicted = learned.decided(cell.name, seed.seed).predicted
            noises = row_covariance(cell, seed).diagonal()
            for strategy, score, noise in zip(cell.strategies, cell.scores[place], noises, strict=True):
                low, high = predicted.interval(strategy)
                error = predicted.score(strategy) - score
                found.append(Outcome(strategy, cell.family, cell.rows, error, low <= score <= high, noise))
    return found


def rmse(outcomes: Sequence[Outcome]) -> float:
    """Root mean squared error of the predicted score, without the noise of the test rows."""
    return root_mean([each.error**2 - each.noise for each in outcomes])


def root_mean(squares: Sequence[float]) -> float:
    return float(np.sqrt(max(float(np.mean(squares)), 0.0)))


def after_training(cells: Sequence[Cell]) -> float:
    """Error of the validation scores of finished trainings on MIN_ROWS rows and more, as `rmse` of predictions.

    Nobody who trains to the end knows better what a strategy will score.
    """
    squares = [
        (score - measured) ** 2 - noise
        for cell in cells
        if cell.rows >= MIN_ROWS
        for seed, scores in zip(cell.seeds, cell.scores, strict=True)
        for strategy, measured, noise in zip(
            cell.strategies, scores, row_covariance(cell, seed).diagonal(), strict=True
        )
        if (score := validated(seed, strategy)) is not None
    ]
    return root_mean(squares)


def table(cells: Sequence[Cell], learned: Learned) -> str:
    found = outcomes(cells, learned)
    many = [each for each in found if each.rows >= MIN_ROWS]
    lines = [f"{'predicted scores':<24}{'runs':>6}{'inside 80%':>12}{'error':>8}{'bias':>8}"]
    groups: dict[str, list[Outcome]] = {
        "all": found,
        f"{MIN_ROWS} rows and more": many,
        **{
            f"  {family}": [each for each in many if each.family == family]
            for family in sorted({e.family for e in many})
        },
        "fewer rows": [each for each in found if each.rows < MIN_ROWS],
        **{strategy: [each for each in found if each.strategy == strategy] for strategy in STRATEGIES},
    }
    for name, part in groups.items():
        if part:
            covered, bias = np.mean([each.covered for each in part]), np.mean([each.error for each in part])
            lines.append(f"{name:<24}{len(part):>6}{covered:>12.0%}{100 * rmse(part):>8.2f}{100 * bias:>8.2f}")
    lines.append(f"{'finished trainings, by validation':<44}{100 * after_training(cells):>8.2f}")
    return "\n".join(lines) + "\n"
