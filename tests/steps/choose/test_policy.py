from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.steps.choose.score_models import score_model
from thaw.records import STRATEGIES, FewRows, LabelNoise, OutOfDistribution, Preference, UnmeasuredNetwork
from thaw.steps.choose.features import FEATURES
from thaw.steps.choose.policy import ALLOWED_LOSS, Policy, choose_with_doubts
from thaw.steps.choose.posterior import Posterior

shares = st.lists(st.floats(0.2, 0.9), min_size=4, max_size=4)
seconds = st.lists(st.floats(0.1, 1e4), min_size=4, max_size=4)


def expecting(scores: Sequence[float]) -> Posterior:
    draws = {name: np.full(3, score) for name, score in zip(STRATEGIES, scores, strict=True)}
    return Posterior(draws, np.zeros(3), 100, np.zeros(len(FEATURES)), 0.0)


def policy_of(costs: Sequence[float], prefer: Preference = "cost", max_seconds: float = 0.0) -> Policy:
    return Policy(dict(zip(STRATEGIES, costs, strict=True)), prefer, max_seconds)


@given(shares, seconds)
def test_the_cheapest_of_those_that_lose_little(scores: Any, costs: Any) -> None:
    posterior, policy = expecting(scores), policy_of(costs)
    chosen = policy.choose(posterior)
    assert posterior.loss(chosen) <= ALLOWED_LOSS + 1e-9
    cheaper = [name for name in STRATEGIES if policy.costs[name] < policy.costs[chosen]]
    assert all(posterior.loss(name) > ALLOWED_LOSS - 1e-9 for name in cheaper)


@given(shares, seconds)
def test_preferring_accuracy_takes_the_best(scores: Any, costs: Any) -> None:
    posterior = expecting(scores)
    chosen = policy_of(costs, "accuracy").choose(posterior)
    assert posterior.score(chosen) == max(posterior.score(name) for name in STRATEGIES)


@given(seconds, st.floats(0, 1e4))
def test_a_time_limit_leaves_what_it_is_enough_for(costs: Any, limit: Any) -> None:
    policy = policy_of(costs, max_seconds=limit)
    late = {name for name, cost in policy.costs.items() if limit and cost > limit}
    assert set(policy.affordable) == set(STRATEGIES) - late | {"frozen"}


def test_the_loss_against_a_candidate_out_of_reach_does_not_count() -> None:
    policy = policy_of((1.0, 5.0, 50.0, 50.0), max_seconds=10.0)
    assert policy.choose(expecting((0.70, 0.75, 0.8, 0.9))) == "partial"


@given(st.lists(st.floats(0.2, 0.9), min_size=2, max_size=2), st.floats(1, 100), st.sampled_from(["cost", "accuracy"]))
def test_a_rival_is_taken_once_it_has_the_required_lead(scores: Any, cost: Any, prefer: Any) -> None:
    policy = Policy({"frozen": 10.0, "full": cost}, prefer)
    margin = scores[1] - scores[0] - policy.required_lead("full", "frozen")
    if abs(margin) > 1e-9 and cost != 10.0:
        assert (policy.choose(expecting((scores[0], 0, 0, scores[1]))) == "full") == (margin > 0)


def test_with_a_doubt_what_is_safe_is_taken_if_there_is_time_for_it() -> None:
    posterior, policy = expecting((0.5, 0.6, 0.7, 0.9)), policy_of((1.0, 1.0, 1.0, 1.0))
    few, noise = FewRows(median_class_rows=2, min_class_rows=5), LabelNoise(share=0.5)
    outside = OutOfDistribution(leverage_ratio=2, runs=100)

    def choice(*doubts: Any, policy: Any = policy) -> Any:
        return choose_with_doubts(posterior, policy, doubts, score_model())

    assert choice() == ("full", None)
    assert choice(few, noise) == ("frozen", "few_rows")
    assert choice(outside) == ("lora", "out_of_distribution")
    assert choice(outside, policy=replace(policy_of((1.0, 2.0, 9.0, 9.0)), max_seconds=5.0)) == ("partial", None)
    assert choice(UnmeasuredNetwork(), few) == ("full", None)
