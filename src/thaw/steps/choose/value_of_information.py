"""Which candidates are worth a pilot: the value of what it may show, against the updates that may be lost."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...records import Strategy
from .policy import ALLOWED_LOSS, Policy
from .posterior import Posterior
from .score_model import ScoreModel


def pilot_candidates(
    posterior: Posterior,
    chosen: Strategy,
    policy: Policy,
    fractions: Mapping[Strategy, float],
    validation_rows: float,
    model: ScoreModel,
) -> list[Strategy]:
    """The candidates to pilot: the chosen one and the rival whose pilot is worth most; of these, those that are trained
    by gradients. None where it is worth too little, or the time does not allow it.

    A pilot's updates are lost if its candidate is not chosen. Time has the price that it has in the choice, where the
    more costly training may be spared for ALLOWED_LOSS: a pilot that takes a tenth of it must gain a tenth of that.

    Args:
        fractions: The part of each training that its pilot takes, of those that can have one.
        validation_rows: Effective number of rows that a pilot is judged on.
    """
    rivals = {
        name: value_of_pilot(posterior, name, chosen, policy.required_lead(name, chosen), validation_rows, model)
        for name in fractions
        if name != chosen and name in policy.affordable
    }
    if not rivals:
        return []
    rival = max(rivals, key=rivals.__getitem__)
    higher_cost = max(policy.costs[chosen], policy.costs[rival])
    lost = policy.costs[rival] * fractions[rival]
    late = policy.max_seconds and higher_cost + lost > policy.max_seconds
    if late or rivals[rival] <= ALLOWED_LOSS * lost / higher_cost:
        return []
    return [chosen, rival] if chosen in fractions else [rival]


def value_of_pilot(
    posterior: Posterior,
    rival: Strategy,
    chosen: Strategy,
    required_lead: float,
    validation_rows: float,
    model: ScoreModel,
) -> float:
    """Expected gain in score of a choice after a pilot of the rival over the choice without it."""
    # Expected value of sample information (Raiffa & Schlaifer 1961), for Δ = rival - chosen and the lead l that the
    # policy asks of it. A pilot shows s = a + b g + ε, so E[Δ | s] has mean E[Δ] and standard deviation
    # |Cov(Δ, s)| / sqrt(Var s) (normal approximation): EVSI = E max(E[Δ | s] - l, 0) - max(E[Δ] - l, 0).
    differences = posterior.draws[rival] - posterior.draws[chosen]
    gains = posterior.draws[rival] - posterior.draws["frozen"]
    pilots = model.expected_pilot_gain(posterior.features, gains)
    deviation = np.sqrt(pilots.var() + model.pilot_variance(validation_rows))
    moved = abs(np.cov(differences, pilots)[0, 1]) / max(deviation, 1e-12)
    expected = differences.mean() + moved * np.random.default_rng(0).normal(0, 1, len(differences))
    without_pilot = max(differences.mean() - required_lead, 0)
    return float(np.maximum(expected - required_lead, 0).mean() - without_pilot)
