from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.report.test_profile import profile
from tests.steps.choose.predictors import predictor
from thaw.records import STRATEGIES
from thaw.steps.choose.forecast import counting, forecast
from thaw.steps.choose.predictor import FILE, Predictor, learned


def test_means_are_the_gains_over_the_probe():
    found = forecast(profile(), 1400, STRATEGIES, 0, predictor(deviation=1e-3))
    probe = profile().readout.ridge
    assert found.score("frozen") == pytest.approx(probe, abs=1e-3)
    odds = np.log(probe / (1 - probe)) + 0.4
    assert found.score("full") == pytest.approx(1 / (1 + np.exp(-odds)), abs=1e-3)
    assert found.loss("full") == 0
    assert found.loss("frozen") == pytest.approx(found.score("full") - found.score("frozen"))


def test_intervals_hold_the_score_and_the_luck_of_the_test_rows():
    sure = forecast(profile(), 1400, STRATEGIES, 0, predictor(deviation=1e-4))
    low, high = sure.interval("full")
    score = sure.score("full")
    assert (high - low) / 2 == pytest.approx(1.2816 * np.sqrt(score * (1 - score) / 300), rel=0.1)
    unsure = forecast(profile(), 1400, STRATEGIES, 0, predictor(deviation=0.5))
    assert unsure.interval("full")[0] < low < high < unsure.interval("full")[1]


def test_a_rare_class_makes_balanced_accuracy_lucky():
    """Simulated: recalls of classes with 90 and 10 test rows, each right by chance .8."""
    skewed = profile().model_copy(update={"metric": "balanced_accuracy", "class_rows": (90, 10)})
    random = np.random.default_rng(0)
    recalls = np.stack([random.binomial(rows, 0.8, 20_000) / rows for rows in (90, 10)])
    assert 0.8 * 0.2 / (100 * counting(skewed)) == pytest.approx(recalls.mean(0).var(), rel=0.05)
    assert counting(profile()) == 1
    assert counting(skewed.model_copy(update={"class_rows": (90, 10, 0)})) == counting(skewed)
    assert counting(skewed.model_copy(update={"class_rows": (50, 50)})) == pytest.approx(1)
    assert forecast(skewed, 1400, STRATEGIES, 0, predictor()).test_rows == pytest.approx(300 * counting(skewed))


def test_what_lies_far_from_the_table_is_less_sure():
    made = replace(predictor(), information=(0.05 * np.eye(len(predictor().information))).tolist())
    near, far = forecast(profile(), 1400, STRATEGIES, 0, made), forecast(profile(), 10**6, STRATEGIES, 0, made)
    assert far.leverage > near.leverage
    assert far.draws["full"].std() > near.draws["full"].std()


def test_widening_keeps_the_mean():
    found = forecast(profile(), 1400, STRATEGIES, 0, predictor())
    wide = found.widened(4.0)
    assert wide.score("lora") == pytest.approx(found.score("lora"))
    assert wide.draws["lora"].std() == pytest.approx(2 * found.draws["lora"].std(), rel=0.01)


def test_the_committed_predictor_is_small_and_reads_back():
    assert FILE.stat().st_size < 10_000
    assert Predictor(**json.loads(learned().to_json())) == learned()
    assert learned().cells > 30
    assert set(learned().safe) == {"attention", "convolutions"}
    assert all(set(each) == {"few", "noise", "many", "outside"} for each in learned().safe.values())
    assert "lora" not in learned().safe["convolutions"].values()


def test_contributions_add_up_to_the_prediction():
    known = forecast(profile(), 1400, STRATEGIES, 0).evidence
    parts = learned().contributions(known, "full")
    constant = learned().weights[STRATEGIES.index("full")][0]
    assert constant + sum(parts.values()) == pytest.approx(learned().expected(known)[STRATEGIES.index("full")])
