"""Trying before choosing: which candidates a pilot may tell apart, and what follows from what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..core.contracts import Dataset, Pilot, Plan, Strategy
from .choice import ALLOWED_LOSS
from .forecast import Forecast
from .pilot import epochs
from .predictor import Predictor

LEAST_VALIDATION = 100
"""Rows of the validation split below which its luck drowns what a pilot shows."""
MOST_SHARE = 0.35
"""Of the chosen training's cost that a pilot of another candidate may cost: its steps are lost if it is not chosen."""


def contenders(
    dataset: Dataset, predicted: Forecast, chosen: Strategy, plans: Mapping[Strategy, Plan],
    costs: Mapping[Strategy, float], max_seconds: float,
) -> list[Strategy]:  # fmt: skip
    """The candidates to pilot: the chosen one and the one that is most likely better, where they are close; of these,
    those that take gradient steps. None where the validation split is small or the time does not allow it."""
    others = [each for each in plans if each != chosen]
    if dataset.rows("validation") < LEAST_VALIDATION or not others:
        return []
    rival = max(others, key=lambda each: worth(predicted, each, chosen))
    tried = [each for each in (chosen, rival) if plans[each].training and plans[each].validate_split]
    if not tried or worth(predicted, rival, chosen) <= ALLOWED_LOSS:
        return []
    lost = sum(costs[each] * share(dataset, plans[each]) for each in tried if each != chosen)
    late = max_seconds and max(costs[each] for each in (chosen, rival)) + lost > max_seconds
    return [] if late or lost > MOST_SHARE * max(costs[chosen], costs[rival]) else tried


def share(dataset: Dataset, plan: Plan) -> float:
    """Of a plan's training that its pilot takes."""
    assert plan.training is not None
    return epochs(dataset, plan) / plan.training.epochs


def worth(predicted: Forecast, rival: Strategy, chosen: Strategy) -> float:
    """What knowing both scores exactly would gain on average over the choice: the expectation of the better one."""
    return float(np.maximum(predicted.draws[rival] - predicted.draws[chosen] - ALLOWED_LOSS, 0).mean())


def given(predicted: Forecast, pilot: Pilot, validation: int, predictor: Predictor) -> Forecast:
    """The forecast after a pilot: its draws, taken again by how likely each makes what the pilot showed.

    Of a draw that gains g points over the frozen network, a pilot is expected to show a share of g, give or take what
    pilots leave over in the table and what the validation split adds by luck.
    """
    gains = predicted.draws[pilot.strategy] - predicted.draws["frozen"]
    shown = pilot.score - pilot.head_score
    luck = predictor.pilot_discord / validation
    variance = predictor.pilot_deviation**2 + luck
    apart = shown - predictor.pilot_offset - predictor.pilot_share * gains
    weights = np.exp(-0.5 * (apart**2 - (apart**2).min()) / variance)
    places = np.random.default_rng(0).choice(len(gains), len(gains), p=weights / weights.sum())
    return replace(predicted, draws={name: draws[places] for name, draws in predicted.draws.items()})
