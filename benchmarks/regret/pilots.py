"""What a pilot shows of the gain to come, learned from the first epochs of the table's trainings: a pilot is one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from thaw.components.choose_strategy.forecast import lead
from thaw.components.choose_strategy.pilot import PILOT_STEPS
from thaw.components.choose_strategy.trial import LEAST_VALIDATION
from thaw.components.core.contracts import Pilot, Strategy

from .cells import Cell, Seed, evidence_of

DISCORD = 0.15
"""Share of the validation rows on which a pilot and the fitted head differ, about as measured on test rows."""


def learn(cells: Sequence[Cell]) -> dict[str, float]:
    """Fields of the predictor: a weighted line from the gain on the test rows to what the pilot showed."""
    found = np.array([each for cell in cells for each in shown(cell)])
    if len(found) < 10:
        return {"pilot_offset": 0.0, "pilot_share": 0.5, "pilot_deviation": 0.03, "pilot_discord": DISCORD}
    gain, pilot, validation = found.T
    inputs = np.stack([np.ones_like(gain), gain], axis=1)
    weight = validation / validation.mean()
    offset, share = np.linalg.lstsq(inputs * np.sqrt(weight)[:, None], pilot * np.sqrt(weight), rcond=None)[0]
    left = pilot - offset - share * gain
    deviation = np.sqrt(max(np.average(left**2 - DISCORD / validation, weights=weight), 0.01**2))
    return {
        "pilot_offset": round(float(offset), 4), "pilot_share": round(float(share), 4),
        "pilot_deviation": round(float(deviation), 4), "pilot_discord": DISCORD,
    }  # fmt: skip


def shown(cell: Cell) -> Iterator[tuple[float, float, int]]:
    """Of each training: gain on the test rows over the head that it started from, what its pilot showed, rows that it
    was shown on."""
    for place, seed in enumerate(cell.seeds):
        scores = dict(zip(cell.strategies, cell.scores[place], strict=True))
        start = scores["frozen"] - lead(evidence_of(cell, seed))
        for strategy in cell.strategies:
            pilot = of(seed, strategy)
            if pilot is not None and seed.head_validation is not None and seed.validation >= LEAST_VALIDATION / 2:
                yield scores[strategy] - start, pilot - seed.head_validation, seed.validation


def shares(cell: Cell, seed: Seed) -> dict[Strategy, float]:
    """Of each training that was validated: the part of its planned steps that a pilot takes."""
    found = {}
    for strategy in cell.strategies:
        planned = seed.runs[strategy].get("recipe", {}).get("training")
        if planned and of(seed, strategy) is not None and seed.head_validation is not None:
            each = -(-(cell.rows - seed.validation) // planned["batch"])
            found[strategy] = min(1.0, -(-PILOT_STEPS // each) / planned["epochs"])
    return found


def pilot(seed: Seed, strategy: Strategy) -> Pilot:
    score = of(seed, strategy)
    assert score is not None
    assert seed.head_validation is not None
    return Pilot(strategy=strategy, steps=PILOT_STEPS, score=score, head_score=seed.head_validation, seconds=0.0)


def of(seed: Seed, strategy: Strategy) -> float | None:
    """The validation score at the end of the first epoch with PILOT_STEPS steps; None where there is none."""
    curve = seed.runs[strategy]["curve"]
    return next((score for steps, _, score, _ in curve if steps >= PILOT_STEPS), None)
