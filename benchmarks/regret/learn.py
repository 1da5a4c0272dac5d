"""Learn the score model from the table: weighted ridge regression, judged on families that it has not seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from thaw.records import STRATEGIES, Strategy
from thaw.steps.choose.features import FEATURES, SCORE_MARGIN, SHRINKAGE_ROWS
from thaw.steps.choose.score_model import CONVOLUTIONAL, LOG_ROWS, RESIDUAL_ROWS, Architecture, ScoreModel, shrinkage

from . import pilots
from .cells import Cell, features_of

PENALTIES = tuple(float(10.0**power) for power in np.arange(-1, 3.5, 0.5))
"""Ridge penalties on standardised features, of which the best is chosen by families left out."""
Penalties = tuple[float, float]
"""Ridge penalties of the frozen score's correction, and of the gains."""
PROBE, ALL_DEPTHS_GAIN, BEST_DEPTH_GAIN = (
    FEATURES.index(name) for name in ("probe", "all_depths_gain", "best_depth_gain")
)
INNER_BLOCK_SHARES = (0.0, 0.35, 0.42, 0.5)
"""Prior share, by strategy, of an inner block's lead over the last that training brings to the end. Less where less is
trained."""
DEPTHS_GAIN_SHARE = 0.75
"""Prior share of the gain from reading several depths that the frozen network has and training has not."""
OUTPUTS = len(STRATEGIES)
MAX_FEW_ROWS = 10
"""Rows a class up to which the table's cells tell what is safe with few."""


@dataclass(frozen=True)
class Table:
    """A row a run of all strategies."""

    features: np.ndarray
    """(rows, features)."""
    targets: np.ndarray
    """(rows, outputs): log odds of the frozen score over the probe's, then of each strategy over the frozen's. NaN for
    lora where there is none."""
    noise: np.ndarray
    """(rows, outputs): variance of the targets that the finite test split explains."""
    family: np.ndarray

    def take(self, rows: np.ndarray) -> Table:
        return Table(self.features[rows], self.targets[rows], self.noise[rows], self.family[rows])


def tabulate(cells: Iterable[Cell]) -> Table:
    found = []
    for cell in cells:
        for place, seed in enumerate(cell.seeds):
            features = features_of(cell, seed)
            scores = dict(zip(cell.strategies, cell.scores[place], strict=True))
            odds = np.array([log_odds(scores.get(each, np.nan)) for each in STRATEGIES])
            targets = np.concatenate([[odds[0] - features[PROBE]], odds[1:] - odds[0]])
            found.append((features, targets, noise_of(cell, seed.right), cell.family))
    features, targets, noise, family = zip(*found, strict=True)
    return Table(np.array(features), np.array(targets), np.array(noise), np.array(family))


def log_odds(score: float) -> float:
    kept = np.clip(score, SCORE_MARGIN, 1 - SCORE_MARGIN)
    return float(np.log(kept / (1 - kept)))


def noise_of(cell: Cell, right: dict[Strategy, np.ndarray]) -> np.ndarray:
    """Variance of the targets, (outputs,), by the test rows on which two strategies differ, or one is wrong."""
    frozen = right["frozen"]
    slope = (lambda p: 1 / max(p * (1 - p), SCORE_MARGIN))(cell.score(frozen))
    first = frozen.var() / len(frozen)
    others = [
        (right[each].astype(float) - frozen).var() / len(frozen) if each in right else np.nan for each in STRATEGIES[1:]
    ]
    return np.array([first, *others]) * slope**2


def learn(cells: Sequence[Cell]) -> ScoreModel:
    """A score model from all cells; its penalties and residuals come from families left out."""
    table = tabulate(cells)
    penalties = best_penalties(table)
    left = residuals(table, penalties)
    exponents, covariance = residual_covariance(table, left)
    mean, scale, weights = solve(table, penalties)
    inputs = design(table.features, mean, scale)
    weight_covariance = np.linalg.inv(inputs.T @ inputs + penalties[1] * ridge(inputs.shape[1]))
    leverage = np.einsum("ni,ij,nj->n", inputs, weight_covariance, inputs)
    return ScoreModel(
        mean=rounded(mean),
        scale=rounded(scale),
        weights=rounded(weights),
        weight_covariance=rounded(weight_covariance),
        residual_covariance=rounded(covariance),
        residual_exponents=rounded(exponents),
        max_leverage=round(float(leverage.max()), 4),
        max_rows=max(cell.rows for cell in cells),
        **pilots.learn(cells),
        safest=safest(cells),
        runs=len(table.family),
    )


def safest(cells: Sequence[Cell]) -> dict[Architecture, dict[str, Strategy]]:
    """The safest strategies of each kind of network, by its own cells if there are any."""
    attention = [cell for cell in cells if not cell.convolutional]
    convolutions = [cell for cell in cells if cell.convolutional]
    return {"attention": safe_strategies(attention or cells), "convolutions": safe_strategies(convolutions or cells)}


def safe_strategies(cells: Sequence[Cell]) -> dict[str, Strategy]:
    """What has the best mean score where few rows a class are, where most labels are in doubt, with the most rows, and
    over all."""
    few = [cell for cell in cells if cell.rows <= MAX_FEW_ROWS * len(np.unique(cell.labels))]
    noisy = sorted(cells, key=lambda cell: -cell.seeds[0].profile.label_noise)[: max(1, len(cells) // 5)]
    largest = max(cell.rows for cell in cells)
    many = [cell for cell in cells if cell.rows == largest]
    return {
        "few_rows": best_on_average(few or cells),
        "label_noise": best_on_average(noisy),
        "many_rows": best_on_average(many),
        "out_of_distribution": best_on_average(cells),
    }


def best_on_average(cells: Sequence[Cell]) -> Strategy:
    """The strategy with the best mean score; lora counts as full where there is none."""
    means = {each: np.mean([cell.scores.mean(0)[strategy_index(cell, each)] for cell in cells]) for each in STRATEGIES}
    # Where all counts as full that is lora, full itself is meant.
    return max((each for each in STRATEGIES if any(each in cell.strategies for cell in cells)), key=means.__getitem__)


def strategy_index(cell: Cell, strategy: Strategy) -> int:
    return cell.strategies.index(strategy if strategy in cell.strategies else "full")


def moments(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return features.mean(0), np.maximum(features.std(0), 1e-3)


def design(features: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return np.hstack([np.ones((len(features), 1)), (features - mean) / scale])


def ridge(width: int) -> np.ndarray:
    """The constant is free, and nearly so its other value for convolutional networks."""
    penalties = np.eye(width)
    penalties[0, 0] = 1e-3
    penalties[1 + CONVOLUTIONAL, 1 + CONVOLUTIONAL] = 0.02
    return penalties


def solve(table: Table, penalties: Penalties) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and scale of the features, (features,), and weights (outputs, 1 + features) on what is standardised by them.

    They are shrunk towards what is `prior_weights`, and not towards nothing.
    """
    mean, scale = moments(table.features)
    inputs = design(table.features, mean, scale)
    found = []
    for output in range(OUTPUTS):
        there = np.isfinite(table.targets[:, output])
        prior = prior_weights(output, mean, scale)
        weight = family_weights(table.family[there]) * size_weights(table.features[there])
        at = inputs[there] * shrinkage(table.features[there, LOG_ROWS])[:, output, None]
        gram = at.T @ (weight[:, None] * at) + penalties[min(output, 1)] * ridge(at.shape[1])
        found.append(prior + np.linalg.solve(gram, at.T @ (weight * (table.targets[there, output] - at @ prior))))
    return mean, scale, np.array(found)


def prior_weights(output: int, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Weights (1 + features,) before anything is learned: training begins at the last depth, without what reading
    several adds, and brings to the end what an inner block shows already."""
    slopes = np.zeros(len(mean))
    if output:
        slopes[ALL_DEPTHS_GAIN], slopes[BEST_DEPTH_GAIN] = -DEPTHS_GAIN_SHARE, INNER_BLOCK_SHARES[output]
    return np.concatenate([[slopes @ mean], slopes * scale])


def family_weights(family: np.ndarray) -> np.ndarray:
    """Weights of rows, 1 on average; the root is between counting rows and counting families."""
    _, place, counts = np.unique(family, return_inverse=True, return_counts=True)
    weight = 1 / np.sqrt(counts)[place]
    return np.asarray(weight / weight.mean())


def size_weights(features: np.ndarray) -> np.ndarray:
    """Weight of each cell of (cells, features): with few rows both the features and the score are noisy."""
    return 1 / (1 + SHRINKAGE_ROWS / np.exp(features[:, LOG_ROWS]))


def residuals(table: Table, penalties: Penalties) -> np.ndarray:
    """Targets minus predictions, (rows, outputs), of each family by what was learned from the others."""
    left = np.full_like(table.targets, np.nan)
    for family in np.unique(table.family):
        out = table.family == family
        mean, scale, weights = solve(table.take(~out), penalties)
        expected = design(table.features[out], mean, scale) @ weights.T * shrinkage(table.features[out, LOG_ROWS])
        left[out] = table.targets[out] - expected
    return left


def best_penalties(table: Table) -> Penalties:
    """Penalties with the least mean squared residual, for each kind of output by itself."""
    losses = np.array([loss(table, (each, each)) for each in PENALTIES])
    return PENALTIES[losses[:, 0].argmin()], PENALTIES[losses[:, 1].argmin()]


def loss(table: Table, penalties: Penalties) -> tuple[float, float]:
    """Mean squared residual of the frozen score's correction, and of the gains."""
    square = np.square(residuals(table, penalties))
    return float(square[:, 0].mean()), float(np.nanmean(square[:, 1:]))


def residual_covariance(table: Table, left: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Exponents with which the residuals' variance falls with the rows, (outputs,), and their covariance (outputs,
    outputs) at RESIDUAL_ROWS without the noise of the test split."""
    apart = table.features[:, LOG_ROWS] - np.log(RESIDUAL_ROWS)
    gains = decay_exponent(apart, np.nanmean(np.square(left[:, 1:]), axis=1))
    exponents = np.array([decay_exponent(apart, np.square(left[:, 0])), gains, gains, gains])
    covariance = pairwise(left * np.exp(apart[:, None] * exponents / 2))
    noise = np.nanmean(table.noise * np.exp(apart[:, None] * exponents), axis=0)
    diagonal = np.diag(covariance)
    kept = np.maximum(diagonal - noise, 0.25 * diagonal) / diagonal
    return exponents, positive(covariance * np.sqrt(np.outer(kept, kept)))


def decay_exponent(apart: np.ndarray, squares: np.ndarray) -> float:
    """Exponent with which squares (rows,) fall, from 0 to 1: that of a mean of so many rows."""
    centred = apart - apart.mean()
    return float(np.clip(-centred @ np.log(squares + 1e-3) / max(float(centred @ centred), 1e-9), 0.0, 1.0))


def pairwise(values: np.ndarray) -> np.ndarray:
    """Second moments (outputs, outputs) over the rows that have both."""
    there = np.isfinite(values)
    filled = np.where(there, values, 0.0)
    return np.asarray(filled.T @ filled / np.maximum(there.T.astype(float) @ there, 1))


def positive(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.maximum(values, 1e-6) @ vectors.T)


def rounded(values: np.ndarray | Sequence[float]) -> list[Any]:
    return [rounded(each) if np.ndim(each) else float(f"{each:.5g}") for each in np.asarray(values)]
