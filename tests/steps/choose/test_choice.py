from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.steps.choose.predictors import predictor
from thaw.records import STRATEGIES
from thaw.steps.choose.choice import ALLOWED_LOSS, affordable, first, lead_asked, pick
from thaw.steps.choose.evidence import NAMES
from thaw.steps.choose.forecast import Forecast

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
    late = {name for name, cost in spent.items() if limit and cost > limit}
    assert set(kept) == set(STRATEGIES) - late | {"frozen"}


def test_the_loss_of_a_candidate_out_of_reach_does_not_count():
    predicted = expecting((0.70, 0.75, 0.8, 0.9))
    assert pick(predicted, {"frozen": 1.0, "partial": 5.0}, "cost") == "partial"


@given(st.lists(st.floats(0.2, 0.9), min_size=2, max_size=2), st.floats(1, 100), st.sampled_from(["cost", "accuracy"]))
def test_a_rival_is_taken_once_it_has_the_lead_that_is_asked(scores, cost, prefer):
    spent = {"frozen": 10.0, "full": cost}
    predicted = expecting((scores[0], 0, 0, scores[1]))
    predicted.draws.pop("partial"), predicted.draws.pop("lora")
    margin = scores[1] - scores[0] - lead_asked("full", "frozen", spent, prefer)
    if abs(margin) > 1e-9 and cost != 10.0:
        assert (pick(predicted, spent, prefer) == "full") == (margin > 0)


def test_with_a_doubt_what_is_safe_is_taken_if_there_is_time_for_it():
    predicted, spent = (
        replace(expecting((0.5, 0.6, 0.7, 0.9)), evidence=np.zeros(len(NAMES))),
        dict.fromkeys(STRATEGIES, 1.0),
    )
    made = predictor()
    assert first(predicted, spent, "cost", {}, made) == ("full", "")
    assert first(predicted, spent, "cost", {"few": "", "noise": ""}, made) == ("frozen", "few")
    assert first(predicted, spent, "cost", {"outside": ""}, made) == ("lora", "outside")
    assert first(predicted, {"frozen": 1.0, "partial": 2.0}, "cost", {"outside": ""}, made) == ("partial", "")
    assert first(predicted, spent, "cost", {"unlike": "", "few": ""}, made) == ("full", "")
