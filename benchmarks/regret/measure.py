"""Regret against trying everything, fairly: the oracle picks on one half of the seeds and rows, and is scored on the
other; and a perfect chooser, who knows every mean, is put through the same noise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .cells import Cell
from .choosers import Chooser
from .noise import SeedNoise, row_covariance

POINT = 0.01
BOOTSTRAPS = 2000
SIMULATIONS = 100
ONE_SIDED = 1.645


@dataclass(frozen=True)
class Regrets:
    """Regrets of one chooser over the cells."""

    each: np.ndarray
    """(cells,), as fractions."""
    hits: np.ndarray
    """(cells,): not significantly more than a point below the best; a share where seeds differ."""
    family: np.ndarray

    @property
    def mean(self) -> float:
        return float(self.each.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """95% interval of the mean, by a bootstrap of whole families: cells of one are not independent."""
        random = np.random.default_rng(0)
        groups = [self.each[self.family == name] for name in np.unique(self.family)]
        means = [
            np.concatenate([groups[place] for place in random.integers(0, len(groups), len(groups))]).mean()
            for _ in range(BOOTSTRAPS)
        ]
        low, high = np.quantile(means, [0.025, 0.975])
        return float(low), float(high)

    @property
    def tail(self) -> float:
        return float(np.quantile(self.each, 0.95))


def halves(rows: int) -> tuple[np.ndarray, np.ndarray]:
    order = np.random.default_rng(0).permutation(rows)
    return order[: rows // 2], order[rows // 2 :]


def folds(cell: Cell) -> Iterator[tuple[int, np.ndarray, int, np.ndarray]]:
    """Seed and rows to pick on, seed and rows to score on; both ways. Of a single seed, halves of the rows alone."""
    one, other = halves(len(cell.labels))
    for scored in range(len(cell.seeds)):
        picked = (scored + 1) % len(cell.seeds)
        yield picked, one, scored, other
        yield picked, other, scored, one


def regrets(cells: Sequence[Cell], chooser: Chooser, noise: SeedNoise) -> Regrets:
    chosen = [[cell.strategies.index(chooser(cell, seed)) for seed in cell.seeds] for cell in cells]
    each = [regret(cell, picks) for cell, picks in zip(cells, chosen, strict=True)]
    hits = [
        np.mean([hit(cell.scores.mean(0), pick, errors(cell, noise)) for pick in picks])
        for cell, picks in zip(cells, chosen, strict=True)
    ]
    return Regrets(np.array(each), np.array(hits), np.array([cell.family for cell in cells]))


def regret(cell: Cell, chosen: Sequence[int]) -> float:
    """Mean regret of a cell, cross-fitted; `chosen` is the index of a strategy for each seed."""
    found = []
    for picked, pick_rows, scored, score_rows in folds(cell):
        oracle = int(np.argmax(scores_at(cell, picked, pick_rows)))
        there = scores_at(cell, scored, score_rows)
        found.append(there[oracle] - there[chosen[scored]])
    return float(np.mean(found))


def scores_at(cell: Cell, seed: int, rows: np.ndarray) -> np.ndarray:
    """Scores of every strategy on these rows, (strategies,)."""
    return np.array([cell.score(cell.seeds[seed].right[each], rows) for each in cell.strategies])


def hit(means: np.ndarray, chosen: int, error: np.ndarray) -> bool:
    """Whether the chosen one of means (strategies,) is not significantly more than a point below the best."""
    best = int(np.argmax(means))
    return bool(means[best] - means[chosen] - POINT <= ONE_SIDED * error[best, chosen])


def errors(cell: Cell, noise: SeedNoise) -> np.ndarray:
    """(strategies, strategies): standard error of the difference of two mean scores, of the rows and of the seeds."""
    rows = np.mean([row_covariance(cell, seed) for seed in cell.seeds], axis=0)
    own = np.diag(rows)
    of_rows = np.maximum(own[:, None] + own - 2 * rows, 0)
    seeds = 2 * noise.variance(cell.rows) / len(cell.seeds) * (1 - np.eye(len(rows)))
    return np.asarray(np.sqrt(of_rows + seeds))


def perfect(cells: Sequence[Cell], noise: SeedNoise) -> list[Regrets]:
    """What a chooser who knows every cell's mean scores would measure, SIMULATIONS times under the cells' own noise.

    The means are the observed ones, of which the best is best in part by luck: a real perfect chooser does no better.
    """
    random = np.random.default_rng(0)
    found = [simulated(cell, noise, random) for cell in cells]
    family = np.array([cell.family for cell in cells])
    return [
        Regrets(np.array([each[0][k] for each in found]), np.array([each[1][k] for each in found]), family)
        for k in range(SIMULATIONS)
    ]


def simulated(cell: Cell, noise: SeedNoise, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Regret and hit, (SIMULATIONS,) each, of always taking the strategy with the best mean."""
    means, seeds, count = cell.scores.mean(0), len(cell.seeds), len(cell.strategies)
    best = int(np.argmax(means))
    parts = halves(len(cell.labels))
    drawn = np.empty((SIMULATIONS, seeds, 2, count))
    for place, seed in enumerate(cell.seeds):
        own = random.normal(0, np.sqrt(noise.variance(cell.rows)), (SIMULATIONS, count))
        for half, rows in enumerate(parts):
            luck = random.multivariate_normal(np.zeros(count), row_covariance(cell, seed, rows), SIMULATIONS)
            drawn[:, place, half] = means + own + luck
    regret = np.mean(
        [
            np.take_along_axis(scored, picked.argmax(1)[:, None], 1)[:, 0] - scored[:, best]
            for place in range(seeds)
            for half in range(2)
            for picked, scored in [(drawn[:, (place + 1) % seeds, half], drawn[:, place, 1 - half])]
        ],
        axis=0,
    )
    error = errors(cell, noise)
    return regret, np.array([hit(each.mean((0, 1)), best, error) for each in drawn], float)
