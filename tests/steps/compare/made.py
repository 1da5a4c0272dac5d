"""Runs of a comparison, as the steps before would have written their records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests import factories
from thaw.records import Evaluation, Strategy, Training

Scores = Mapping[Strategy, Sequence[float]]


def runs(scores: Scores) -> tuple[list[Training], list[Evaluation]]:
    """Runs in the order of the loop: strategy by strategy, seed by seed. A run takes 10 seconds plus its seed."""
    pairs = [
        (factories.training(strategy, seed, 10.0 + seed), factories.evaluation(score))
        for strategy, of_seeds in scores.items()
        for seed, score in enumerate(of_seeds)
    ]
    return [one for one, _ in pairs], [other for _, other in pairs]
