"""Trying before choosing: which candidates a pilot may tell apart, and what follows from what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ...records import Dataset, Pilot, Plan, Preference, Strategy
from .choice import ALLOWED_LOSS, lead_asked
from .forecast import Forecast, lead
from .pilot import share
from .predictor import Predictor


def contenders(
    predicted: Forecast,
    chosen: Strategy,
    validation: float,
    shares: Mapping[Strategy, float],
    costs: Mapping[Strategy, float],
    max_seconds: float,
    prefer: Preference,
    predictor: Predictor,
) -> list[Strategy]:
    """The candidates to pilot: the chosen one and its rival, of which a pilot is worth most; of these, those that take
    gradient steps. None where it is worth too little, or the time does not allow it.

    A pilot's steps are lost if its candidate is not chosen. Time has the price that it has in the choice, where the
    dearer training may be spared for ALLOWED_LOSS: a pilot that takes a tenth of it must gain a tenth of that.

    `validation` is the rows that a pilot is judged on, as far as they are `counting`, `shares` what a pilot takes of
    each training that can have one.
    """
    rivals = {
        name: worth(predicted, name, chosen, lead_asked(name, chosen, costs, prefer), validation, predictor)
        for name in shares
        if name != chosen
    }
    if not rivals:
        return []
    rival = max(rivals, key=lambda each: rivals[each])
    dearer = max(costs[chosen], costs[rival])
    lost = costs[rival] * shares[rival]
    late = max_seconds and dearer + lost > max_seconds
    if late or rivals[rival] <= ALLOWED_LOSS * lost / dearer:
        return []
    return [chosen, rival] if chosen in shares else [rival]


def shares(dataset: Dataset, plans: Mapping[Strategy, Plan]) -> dict[Strategy, float]:
    """Of each training that can have a pilot: the part of it that the pilot takes."""
    return {
        name: share(dataset, plan)
        for name, plan in plans.items()
        if plan.training and plan.validate_split and dataset.rows("validation")
    }


def worth(
    predicted: Forecast, rival: Strategy, chosen: Strategy, asked: float, validation: float, predictor: Predictor
) -> float:
    """What a pilot of the rival gains on average: how far it may come to be expected above the chosen one, beyond the
    lead that is asked of it (the expected value of sample information, Raiffa & Schlaifer 1961).
    """
    better = predicted.draws[rival] - predicted.draws[chosen]
    gains = predicted.draws[rival] - predicted.draws["frozen"]
    shown = predictor.pilot_shows(predicted.evidence, gains)
    spread = np.sqrt(shown.var() + noise(validation, predictor))
    moved = abs(np.cov(better, shown)[0, 1]) / max(spread, 1e-12)
    expected = better.mean() + moved * np.random.default_rng(0).normal(0, 1, len(better))
    return float(np.maximum(expected - asked, 0).mean() - max(better.mean() - asked, 0))


def noise(validation: float, predictor: Predictor) -> float:
    """Variance of what a pilot shows, beyond the gain to come."""
    return predictor.pilot_deviation**2 + predictor.pilot_discord / validation


def given(predicted: Forecast, pilot: Pilot, validation: float, predictor: Predictor) -> Forecast:
    """The forecast after a pilot: its draws, taken again by how likely each makes what the pilot showed.

    Of a draw that gains g points over the head that training starts from, a pilot is expected to show a share of g,
    give or take what pilots leave over in the table and what the validation split adds by luck.
    """
    gains = predicted.draws[pilot.strategy] - predicted.draws["frozen"] + lead(predicted.evidence)
    shown = pilot.score - pilot.head_score
    apart = shown - predictor.pilot_shows(predicted.evidence, gains)
    weights = np.exp(-0.5 * (apart**2 - (apart**2).min()) / noise(validation, predictor))
    places = np.random.default_rng(0).choice(len(gains), len(gains), p=weights / weights.sum())
    return replace(predicted, draws={name: draws[places] for name, draws in predicted.draws.items()})
