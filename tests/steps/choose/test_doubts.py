from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.report.test_profile import profile
from tests.steps.choose.predictors import predictor
from thaw.records import STRATEGIES
from thaw.steps.choose.doubts import doubts
from thaw.steps.choose.evidence import NAMES
from thaw.steps.choose.forecast import forecast
from thaw.steps.profile.step import quantiles


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


def test_two_large_classes_do_not_hide_small_ones():
    counts = (1500, 188, 3, 3, 3)
    skewed = {"classes": 5, "class_rows": counts, "rows_per_class": quantiles(np.array(counts))}
    assert list(doubted(1697, **skewed)) == ["few"]


def test_what_lies_outside_of_the_table():
    known = replace(predictor(), furthest=1e-9)
    found = doubts(profile(), 1400, forecast(profile(), 1400, STRATEGIES, 0, known), known)
    assert list(found) == ["outside"]
    assert "furthest of the 100 measured runs" in found["outside"]


def test_more_rows_than_were_measured():
    width = len(NAMES)
    information = np.zeros((1 + width, 1 + width))
    information[1, 1] = 0.1  # of the rows alone
    known = replace(predictor(), information=information.tolist(), furthest=0.3)

    def found(rows):
        return doubts(profile(), rows, forecast(profile(), rows, STRATEGIES, 0, known), known)

    assert found(4000) == {}
    assert found(60_000) == {"many": "There are 60000 rows to train on, and the most that was measured is 4000."}


def test_a_transformer_on_images_is_like_none_that_was_measured():
    assert list(doubted(modality="image")) == ["unlike"]
    convolutional = profile().network.model_copy(update={"supports_lora": False})
    assert doubted(modality="image", network=convolutional) == {}


def test_the_first_doubt_is_the_most_basic():
    assert list(doubted(6, label_noise=0.5)) == ["few", "noise"]
