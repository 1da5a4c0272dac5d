"""What a pilot shows of the gain to come, learned from those of the table's trainings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from thaw.records import Pilot, Strategy, TrainingPlan
from thaw.steps.choose.pilot import PILOT_UPDATES, pilot_fraction
from thaw.steps.choose.posterior import effective_share, head_lead

from .cells import Cell, Seed, features_of

DISAGREEMENT = 0.15
"""Share of the validation rows on which a pilot and the fitted head differ, about as measured on test rows."""
SHARE, SHARE_DEVIATION = 0.5, 0.25
"""Prior mean and standard deviation of the share of the later gain that a pilot shows."""
MIN_DEVIATION = 0.01


def learn(cells: Sequence[Cell]) -> dict[str, Any]:
    """Fields of the score model: a line from the gain on test rows to what the pilot showed, shrunk towards SHARE."""
    found = np.array([each for cell in cells for each in pilot_outcomes(cell)]).reshape(-1, 5)
    convolutional, gain, pilot, validation, weight = found.T
    inputs = np.stack([1 - convolutional, convolutional, gain], axis=1)
    prior = np.array([0.0, 0.0, SHARE])
    precision = weight / (MIN_DEVIATION**2 + DISAGREEMENT / validation)
    gram = inputs.T @ (precision[:, None] * inputs) + np.diag([1.0, 1.0, SHARE_DEVIATION**-2])
    line = prior + np.linalg.solve(gram, inputs.T @ (precision * (pilot - inputs @ prior)))
    square = np.square(pilot - inputs @ line) - DISAGREEMENT / validation
    deviation = np.sqrt(max(precision @ square / max(precision.sum(), 1e-9), MIN_DEVIATION**2))
    attention, convolutions, share = (round(float(each), 4) for each in line)
    return {
        "pilot_intercept": {"attention": attention, "convolutions": convolutions},
        "pilot_slope": share,
        "pilot_standard_deviation": round(float(deviation), 4),
        "pilot_disagreement": DISAGREEMENT,
    }


def pilot_outcomes(cell: Cell) -> Iterator[tuple[bool, float, float, float, float]]:
    """Pilots and what came of them, one tuple a training.

    Yields:
        Whether the network is convolutional; the gain on the test rows over the head that training started from; the
        gain that its pilot showed; the validation rows it was measured on; a weight, as the trainings of one draw share
        their noise.
    """
    for place, seed in enumerate(cell.seeds):
        if seed.head_validation is None:
            continue
        validation = effective_share(seed.profile) * seed.validation
        scores = dict(zip(cell.strategies, cell.scores[place], strict=True))
        start = scores["frozen"] - head_lead(features_of(cell, seed))
        for strategy, pilot in seed.pilots.items():
            gain, showed = scores[strategy] - start, pilot - seed.head_validation
            yield cell.convolutional, gain, showed, validation, 1 / len(seed.pilots)


def fractions(cell: Cell, seed: Seed) -> dict[Strategy, float]:
    """Share of a training's expected updates that its pilot takes, for each that has one."""
    plans = {each: TrainingPlan.model_validate(seed.runs[each]["recipe"]["training"]) for each in seed.pilots}
    return {each: pilot_fraction(plan, cell.rows - seed.validation) for each, plan in plans.items()}


def lost_seconds(seed: Seed, strategy: Strategy) -> float:
    """Seconds of a pilot whose candidate is not chosen: a share of the updates that the training really took."""
    run = seed.runs[strategy]
    return float(run["cpu_seconds"] * min(1.0, PILOT_UPDATES / run["updates"]))


def pilot(seed: Seed, strategy: Strategy) -> Pilot:
    assert seed.head_validation is not None
    score, head_score = seed.pilots[strategy], seed.head_validation
    return Pilot(strategy=strategy, updates=PILOT_UPDATES, score=score, head_score=head_score, seconds=0.0)
