from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from thaw.components.choose_strategy.choice import ALLOWED_LOSS, affordable, pick
from thaw.components.choose_strategy.forecast import Forecast
from thaw.components.core.contracts import STRATEGIES

shares = st.lists(st.floats(0.2, 0.9), min_size=4, max_size=4)
seconds = st.lists(st.floats(0.1, 1e4), min_size=4, max_size=4)


def expecting(scores) -> Forecast:
    draws = {name: np.full(3, score) for name, score in zip(STRATEGIES, scores, strict=True)}
    return Forecast(draws, np.zeros(3), 100, np.zeros(1), 0.0)


@given(shares, seconds)
def test_the_cheapest_of_those_that_lose_little(scores, costs):
    predicted, spent = expecting(scores), dict(zip(STRATEGIES, costs, strict=True))
    chosen = pick(predicted, spent, "cost")
    assert predicted.loss(chosen) <= ALLOWED_LOSS + 1e-9
    cheaper = [name for name in STRATEGIES if spent[name] < spent[chosen]]
    assert all(predicted.loss(name) > ALLOWED_LOSS - 1e-9 for name in cheaper)


@given(shares, seconds)
def test_preferring_accuracy_takes_the_best(scores, costs):
    predicted = expecting(scores)
    chosen = pick(predicted, dict(zip(STRATEGIES, costs, strict=True)), "accuracy")
    assert predicted.score(chosen) == max(predicted.score(name) for name in STRATEGIES)


@given(seconds, st.floats(0, 1e4))
def test_a_time_limit_leaves_what_it_is_enough_for(costs, limit):
    spent = dict(zip(STRATEGIES, costs, strict=True))
    kept = affordable(spent, limit)
    assert kept
    assert all(cost <= limit for cost in kept.values()) or not limit or kept == {min(spent, key=spent.get): min(costs)}


def test_the_loss_of_a_candidate_out_of_reach_does_not_count():
    predicted = expecting((0.70, 0.75, 0.8, 0.9))
    assert pick(predicted, {"frozen": 1.0, "partial": 5.0}, "cost") == "partial"
