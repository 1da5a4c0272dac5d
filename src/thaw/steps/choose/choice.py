"""Which candidate is taken, given what is expected of each."""

from __future__ import annotations

from collections.abc import Mapping

from ...records import Preference, Strategy
from .forecast import Forecast
from .predictor import Predictor, kind_of

ALLOWED_LOSS = 0.003
"""Expected loss against the best, as a fraction, that a cheaper strategy may have."""


def first(
    predicted: Forecast,
    costs: Mapping[Strategy, float],
    prefer: Preference,
    doubted: Mapping[str, str],
    predictor: Predictor,
) -> tuple[Strategy, str]:
    """The choice by the profile alone, of what `costs` has, and the kind of doubt that it is safe for.

    Where there is a doubt it is what measured best where that doubt holds; empty where the prediction decides: without
    doubts, and where nothing was measured that would be safe or there is no time for it.
    """
    kind = next(iter(doubted), "")
    safe = predictor.safe[kind_of(predicted.evidence)].get(kind)
    return (safe, kind) if safe and safe in costs else (pick(predicted, costs, prefer), "")


def pick(predicted: Forecast, costs: Mapping[Strategy, float], prefer: Preference) -> Strategy:
    """The cheapest candidate whose expected loss is at most ALLOWED_LOSS; the best where accuracy is preferred."""
    best = max(costs, key=predicted.score)
    if prefer == "accuracy":
        return best
    allowed = [each for each in costs if predicted.score(best) - predicted.score(each) <= ALLOWED_LOSS]
    return min(allowed, key=lambda each: costs[each])


def lead_asked(rival: Strategy, chosen: Strategy, costs: Mapping[Strategy, float], prefer: Preference) -> float:
    """By how much a rival must be expected to score above the chosen one to be taken in its place: `pick`, of two."""
    if prefer == "accuracy":
        return 0.0
    return ALLOWED_LOSS if costs[rival] > costs[chosen] else -ALLOWED_LOSS


def affordable(costs: Mapping[Strategy, float], max_seconds: float) -> dict[Strategy, float]:
    """The candidates that `max_seconds` of training are enough for (0 for no limit): frozen takes no step."""
    return {name: cost for name, cost in costs.items() if name == "frozen" or not max_seconds or cost <= max_seconds}
