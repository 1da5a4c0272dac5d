from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.report.test_profile import profile
from tests.steps.choose.predictors import predictor
from thaw.records import STRATEGIES, Dataset, Pilot
from thaw.steps.choose.choice import ALLOWED_LOSS
from thaw.steps.choose.forecast import forecast
from thaw.steps.choose.plans import Wishes, plans
from thaw.steps.choose.trial import contenders, given, shares, worth

COSTS = {"frozen": 5.0, "partial": 40.0, "lora": 80.0, "full": 100.0}


def dataset(validation: int = 300) -> Dataset:
    half = validation // 2
    return Dataset(
        modality="text",
        classes=("a", "b"),
        counts={"train": (700, 700), "validation": (half, half), "test": (150, 150)},
        shards={},
        fingerprint="ab" * 32,
        source="",
        split_given=False,
        duplicates=0,
        leaked=0,
        rejected=0,
        rejected_uri="",
    )


def tried(made=None, validation=300, max_seconds=0.0, chosen="partial", costs=COSTS):
    made = made or predictor(deviation=0.4)
    predicted = forecast(profile(), 1400, STRATEGIES, 0, made)
    options = plans(dataset(validation), profile(), Wishes())
    return contenders(
        predicted, chosen, validation, shares(dataset(validation), options), costs, max_seconds, "cost", made
    )


def test_close_candidates_are_tried_and_the_chosen_one_first():
    found = tried()
    assert found[0] == "partial"
    assert len(found) == 2
    assert len(tried(chosen="frozen")) == 1


def test_nothing_is_tried_where_all_is_known():
    assert tried(predictor(gains=(0, 0.1, 0.1, 0.8), deviation=0.01), chosen="full") == []


def test_nothing_is_tried_where_the_validation_rows_are_too_few_to_tell():
    made = predictor(gains=(0, 0.3, 0.3, 0.3), deviation=0.1)
    assert tried(made, validation=2000)
    assert tried(made, validation=10) == []


def test_a_time_limit_leaves_room_or_nothing_is_tried():
    assert tried(max_seconds=1000.0)
    assert tried(max_seconds=81.0) == []


def pilot(moved: float) -> Pilot:
    return Pilot(strategy="full", updates=50, score=0.7 + moved, head_score=0.7, seconds=3.0)


def test_what_a_pilot_shows_moves_its_candidate():
    before = forecast(profile(), 1400, STRATEGIES, 0, predictor(deviation=0.4))
    gain = before.score("full") - before.score("frozen")
    good = given(before, pilot(gain + 0.06), 2000, predictor())
    poor = given(before, pilot(gain - 0.06), 2000, predictor())
    assert good.score("full") > before.score("full") > poor.score("full")
    assert good.draws["full"].std() < before.draws["full"].std()


def test_few_validation_rows_say_little():
    before = forecast(profile(), 1400, STRATEGIES, 0, predictor(deviation=0.4))
    many, few = (given(before, pilot(0.2), rows, predictor()).score("full") for rows in (5000, 20))
    assert many > few > before.score("full")


def test_a_pilot_of_one_says_something_of_a_candidate_like_it():
    alike = 0.16 * (0.9 * np.ones((4, 4)) + 0.1 * np.eye(4))
    before = forecast(profile(), 1400, STRATEGIES, 0, replace(predictor(), residual=alike.tolist()))
    after = given(before, pilot(0.2), 2000, predictor())
    assert after.score("lora") > before.score("lora")


def test_a_pilot_is_worth_more_on_more_rows_and_nothing_where_all_is_known():
    made = predictor(gains=(0, 0.3, 0.3, 0.3), deviation=0.4)
    unsure = forecast(profile(), 1400, STRATEGIES, 0, made)
    many, few = (worth(unsure, "full", "partial", ALLOWED_LOSS, rows, made) for rows in (5000, 50))
    assert many > few > 0
    sure = forecast(profile(), 1400, STRATEGIES, 0, predictor(deviation=1e-6))
    assert worth(sure, "full", "partial", ALLOWED_LOSS, 5000, made) == pytest.approx(0, abs=1e-4)


def test_a_pilot_that_shows_nothing_of_the_gain_is_worth_nothing():
    made = replace(predictor(deviation=0.4), pilot_share=0.0)
    unsure = forecast(profile(), 1400, STRATEGIES, 0, made)
    assert worth(unsure, "full", "partial", ALLOWED_LOSS, 5000, made) == pytest.approx(0)


@pytest.mark.parametrize(
    ("cost", "prefer", "tried_up_to"),
    [
        (98.0, "cost", 0.3),
        (98.0, "accuracy", 0.15),
        (100.0, "accuracy", 0.15),
        (100.0, "cost", 0.05),
    ],
)
def test_a_rival_is_tried_for_the_lead_that_the_choice_asks_of_it(cost, prefer, tried_up_to):
    """One that is a point behind: a cheaper one may stay behind, with accuracy preferred it must draw level, a dearer
    one come ahead. The less it must gain, the more of its training may be lost on it."""
    made = predictor(gains=(0, 0.2, 0.2, 0.2), deviation=0.1)
    unsure = forecast(profile(), 1400, STRATEGIES, 0, made)
    behind = unsure.draws["full"] + unsure.score("partial") - unsure.score("full") - 0.01
    predicted, costs = replace(unsure, draws=unsure.draws | {"full": behind}), COSTS | {"partial": 99.0, "full": cost}
    prices = (0.05, 0.15, 0.3, 0.6)
    taken = [bool(contenders(predicted, "partial", 60, {"full": each}, costs, 0.0, prefer, made)) for each in prices]
    assert taken == [each <= tried_up_to for each in prices]


def test_a_pilot_that_costs_less_is_taken_for_less():
    costs = COSTS | {"partial": 95.0}
    made = predictor(gains=(0, 0.2, 0.2, 0.2), deviation=0.06)
    predicted = forecast(profile(), 1400, STRATEGIES, 0, made)
    prices = np.geomspace(1e-6, 0.99, 30)
    taken = [bool(contenders(predicted, "partial", 300, {"full": price}, costs, 0.0, "cost", made)) for price in prices]
    assert taken[0]
    assert not taken[-1]
    assert taken == sorted(taken, reverse=True)


def test_a_pilot_of_convolutions_starts_lower():
    made = replace(predictor(), pilot_offset={"attention": 0.0, "convolutions": -0.05})
    vision = profile().model_copy(update={"network": profile().network.model_copy(update={"supports_lora": False})})
    three = ("frozen", "partial", "full")
    text, image = (forecast(each, 1400, three, 0, made) for each in (profile(), vision))
    assert text.evidence[-2] == 0
    assert image.evidence[-2] == 1
    gains = np.array([0.0, 0.1])
    assert made.pilot_shows(text.evidence, gains) == pytest.approx([0.0, 0.1])
    assert made.pilot_shows(image.evidence, gains) == pytest.approx([-0.05, 0.05])
