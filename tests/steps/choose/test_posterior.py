from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.report.test_profile import profile
from tests.steps.choose.score_models import score_model
from thaw.records import STRATEGIES, Pilot
from thaw.steps.choose.posterior import condition_on_pilot, effective_share, predict


def test_means_are_the_gains_over_the_probe() -> None:
    found = predict(profile(), 1400, STRATEGIES, 0, score_model(deviation=1e-3))
    probe = profile().readout.ridge
    assert found.score("frozen") == pytest.approx(probe, abs=1e-3)
    odds = np.log(probe / (1 - probe)) + 0.4
    assert found.score("full") == pytest.approx(1 / (1 + np.exp(-odds)), abs=1e-3)
    assert found.loss("full") == 0
    assert found.loss("frozen") == pytest.approx(found.score("full") - found.score("frozen"))


def test_intervals_hold_the_score_and_the_luck_of_the_test_rows() -> None:
    sure = predict(profile(), 1400, STRATEGIES, 0, score_model(deviation=1e-4))
    low, high = sure.interval("full")
    score = sure.score("full")
    assert (high - low) / 2 == pytest.approx(1.2816 * np.sqrt(score * (1 - score) / 300), rel=0.1)
    unsure = predict(profile(), 1400, STRATEGIES, 0, score_model(deviation=0.5))
    assert unsure.interval("full")[0] < low < high < unsure.interval("full")[1]


def test_a_rare_class_makes_balanced_accuracy_lucky() -> None:
    """Simulated: recalls of classes with 90 and 10 test rows, each right by chance .8."""
    skewed = profile().model_copy(update={"metric": "balanced_accuracy", "class_rows": (90, 10)})
    random = np.random.default_rng(0)
    recalls = np.stack([random.binomial(rows, 0.8, 20_000) / rows for rows in (90, 10)])
    assert 0.8 * 0.2 / (100 * effective_share(skewed)) == pytest.approx(recalls.mean(0).var(), rel=0.05)
    assert effective_share(profile()) == 1
    assert effective_share(skewed.model_copy(update={"class_rows": (90, 10, 0)})) == effective_share(skewed)
    assert effective_share(skewed.model_copy(update={"class_rows": (50, 50)})) == pytest.approx(1)
    assert predict(skewed, 1400, STRATEGIES, 0, score_model()).test_rows == pytest.approx(300 * effective_share(skewed))


def test_what_lies_far_from_the_table_is_less_sure() -> None:
    made = replace(score_model(), weight_covariance=(0.05 * np.eye(len(score_model().weight_covariance))).tolist())
    near, far = predict(profile(), 1400, STRATEGIES, 0, made), predict(profile(), 10**6, STRATEGIES, 0, made)
    assert far.leverage > near.leverage
    assert far.draws["full"].std() > near.draws["full"].std()


def test_widening_keeps_the_mean() -> None:
    found = predict(profile(), 1400, STRATEGIES, 0, score_model())
    wide = found.widened(4.0)
    assert wide.score("lora") == pytest.approx(found.score("lora"))
    assert wide.draws["lora"].std() == pytest.approx(2 * found.draws["lora"].std(), rel=0.01)


def pilot(moved: float) -> Pilot:
    return Pilot(strategy="full", updates=50, score=0.7 + moved, head_score=0.7, seconds=3.0)


def test_what_a_pilot_shows_moves_its_candidate() -> None:
    before = predict(profile(), 1400, STRATEGIES, 0, score_model(deviation=0.4))
    gain = before.score("full") - before.score("frozen")
    good = condition_on_pilot(before, pilot(gain + 0.06), 2000, score_model())
    poor = condition_on_pilot(before, pilot(gain - 0.06), 2000, score_model())
    assert good.score("full") > before.score("full") > poor.score("full")
    assert good.draws["full"].std() < before.draws["full"].std()


def test_few_validation_rows_say_little() -> None:
    before = predict(profile(), 1400, STRATEGIES, 0, score_model(deviation=0.4))
    many, few = (condition_on_pilot(before, pilot(0.2), rows, score_model()).score("full") for rows in (5000, 20))
    assert many > few > before.score("full")


def test_a_pilot_of_one_says_something_of_a_candidate_like_it() -> None:
    alike = 0.16 * (0.9 * np.ones((4, 4)) + 0.1 * np.eye(4))
    before = predict(profile(), 1400, STRATEGIES, 0, replace(score_model(), residual_covariance=alike.tolist()))
    after = condition_on_pilot(before, pilot(0.2), 2000, score_model())
    assert after.score("lora") > before.score("lora")
