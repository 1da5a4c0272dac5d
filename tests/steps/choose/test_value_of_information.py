from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.report.test_profile import profile
from tests.steps.choose.score_models import score_model
from thaw.records import STRATEGIES
from thaw.steps.choose.policy import ALLOWED_LOSS, Policy
from thaw.steps.choose.posterior import Posterior, predict
from thaw.steps.choose.score_model import ScoreModel
from thaw.steps.choose.value_of_information import pilot_candidates, value_of_pilot

COSTS = {"frozen": 5.0, "partial": 40.0, "lora": 80.0, "full": 100.0}
FRACTIONS = {"partial": 0.2, "lora": 0.2, "full": 0.2}


def predicted(model: ScoreModel) -> Posterior:
    return predict(profile(), 1400, STRATEGIES, 0, model)


def candidates(model: Any = None, validation_rows: int = 300, max_seconds: float = 0.0, chosen: str = "partial") -> Any:
    model = model or score_model(deviation=0.4)
    policy = Policy(COSTS, max_seconds=max_seconds)
    return pilot_candidates(predicted(model), chosen, policy, FRACTIONS, validation_rows, model)


def test_close_candidates_are_piloted_and_the_chosen_one_first() -> None:
    assert candidates()[0] == "partial"
    assert len(candidates()) == 2
    assert len(candidates(chosen="frozen")) == 1


def test_there_is_no_pilot_where_all_is_known() -> None:
    assert candidates(score_model(gains=(0, 0.1, 0.1, 0.8), deviation=0.01), chosen="full") == []


def test_there_is_no_pilot_where_the_validation_rows_are_too_few() -> None:
    model = score_model(gains=(0, 0.3, 0.3, 0.3), deviation=0.1)
    assert candidates(model, validation_rows=2000)
    assert candidates(model, validation_rows=10) == []


def test_a_time_limit_is_enough_for_the_pilots_or_there_are_none() -> None:
    assert candidates(max_seconds=1000.0)
    assert candidates(max_seconds=81.0) == []


def test_what_there_is_no_time_for_is_no_rival() -> None:
    model = score_model(gains=(0, 0.3, 0.2, 0.3), deviation=0.4)
    assert candidates(model, validation_rows=2000) == ["partial", "full"]
    assert candidates(model, validation_rows=2000, max_seconds=99.0) == ["partial", "lora"]


def test_a_pilot_is_worth_more_on_more_rows_and_nothing_where_all_is_known() -> None:
    model = score_model(gains=(0, 0.3, 0.3, 0.3), deviation=0.4)
    unsure = predicted(model)
    many, few = (value_of_pilot(unsure, "full", "partial", ALLOWED_LOSS, rows, model) for rows in (5000, 50))
    assert many > few > 0
    sure = predicted(score_model(deviation=1e-6))
    assert value_of_pilot(sure, "full", "partial", ALLOWED_LOSS, 5000, model) == pytest.approx(0, abs=1e-4)


def test_a_pilot_that_shows_nothing_of_the_gain_is_worth_nothing() -> None:
    model = replace(score_model(deviation=0.4), pilot_slope=0.0)
    assert value_of_pilot(predicted(model), "full", "partial", ALLOWED_LOSS, 5000, model) == pytest.approx(0)


@pytest.mark.parametrize(
    ("cost", "prefer", "piloted_up_to"),
    [
        (98.0, "cost", 0.3),
        (98.0, "accuracy", 0.15),
        (100.0, "accuracy", 0.15),
        (100.0, "cost", 0.05),
    ],
)
def test_a_rival_is_piloted_for_the_lead_that_the_policy_requires(
    cost: float, prefer: str, piloted_up_to: float
) -> None:
    """The rival is a point behind. A cheaper rival may stay behind; with accuracy preferred it must draw level; a more
    costly one must come ahead. The less it must gain, the larger a share of its training may be lost on the pilot."""
    model = score_model(gains=(0, 0.2, 0.2, 0.2), deviation=0.1)
    unsure = predicted(model)
    behind = unsure.draws["full"] + unsure.score("partial") - unsure.score("full") - 0.01
    posterior = replace(unsure, draws=unsure.draws | {"full": behind})
    policy = Policy(COSTS | {"partial": 99.0, "full": cost}, prefer)
    prices = (0.05, 0.15, 0.3, 0.6)
    taken = [bool(pilot_candidates(posterior, "partial", policy, {"full": price}, 60, model)) for price in prices]
    assert taken == [price <= piloted_up_to for price in prices]


def test_a_pilot_that_costs_less_is_taken_for_less() -> None:
    policy = Policy(COSTS | {"partial": 95.0})
    model = score_model(gains=(0, 0.2, 0.2, 0.2), deviation=0.06)
    prices = np.geomspace(1e-6, 0.99, 30)
    unsure = predicted(model)
    taken = [bool(pilot_candidates(unsure, "partial", policy, {"full": price}, 300, model)) for price in prices]
    assert taken[0]
    assert not taken[-1]
    assert taken == sorted(taken, reverse=True)
