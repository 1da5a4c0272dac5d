from __future__ import annotations

from dataclasses import replace

import pytest

from tests.components.choose_strategy.predictors import predictor
from tests.components.profile_dataset.test_profile_page import profile
from thaw.components.choose_strategy.doubts import doubts, safe
from thaw.components.choose_strategy.forecast import forecast
from thaw.components.core.contracts import STRATEGIES


def doubted(rows=1400, **changes):
    made, known = profile().model_copy(update=changes), predictor()
    return doubts(made, rows, forecast(made, rows, STRATEGIES, 0, known), known)


def test_a_plain_profile_raises_none():
    assert doubted() == {}


@pytest.mark.parametrize(("rows", "found"), [(9, ["few"]), (10, [])])
def test_few_rows_a_class(rows, found):
    assert list(doubted(rows)) == found


@pytest.mark.parametrize(("noise", "found"), [(0.34, ["noise"]), (0.33, [])])
def test_labels_in_doubt(noise, found):
    assert list(doubted(label_noise=noise)) == found


def test_what_lies_outside_of_the_table():
    known = replace(predictor(), furthest=1e-9)
    found = doubts(profile(), 1400, forecast(profile(), 1400, STRATEGIES, 0, known), known)
    assert list(found) == ["outside"]
    assert "furthest of the 100 measured runs" in found["outside"]


def test_the_safe_choice_is_that_of_the_first_doubt():
    both = doubted(6, label_noise=0.5)
    assert list(both) == ["few", "noise"]
    assert safe(both, predictor(), STRATEGIES) == "frozen"
    assert safe({"outside": ""}, predictor(), ("frozen", "partial", "full")) == "full"
