from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.report.test_profile import profile
from tests.steps.choose.score_models import score_model
from thaw.records import STRATEGIES, Doubt, ManyRows, OutOfDistribution, Profile
from thaw.steps.choose.applicability import find_doubts
from thaw.steps.choose.features import FEATURES
from thaw.steps.choose.posterior import predict
from thaw.steps.choose.score_model import ScoreModel
from thaw.steps.profile.step import quantiles


def doubts_of(made: Profile, rows: int, model: ScoreModel) -> tuple[Doubt, ...]:
    return find_doubts(made, rows, predict(made, rows, STRATEGIES, 0, model), model)


def kinds(rows: int = 1400, **changes: Any) -> list[str]:
    return [doubt.kind for doubt in doubts_of(profile().model_copy(update=changes), rows, score_model())]


def test_a_plain_profile_raises_none() -> None:
    assert kinds() == []


@pytest.mark.parametrize(("rows", "expected"), [(9, ["few_rows"]), (10, [])])
def test_few_rows_a_class(rows: int, expected: Any) -> None:
    assert kinds(rows) == expected


@pytest.mark.parametrize(("noise", "expected"), [(0.34, ["label_noise"]), (0.33, [])])
def test_labels_in_doubt(noise: float, expected: Any) -> None:
    assert kinds(label_noise=noise) == expected


def test_two_large_classes_do_not_hide_small_ones() -> None:
    counts = (1500, 188, 3, 3, 3)
    skewed = {"classes": 5, "class_rows": counts, "rows_per_class": quantiles(np.array(counts))}
    assert kinds(1697, **skewed) == ["few_rows"]


def test_what_lies_outside_of_the_table() -> None:
    model = replace(score_model(), max_leverage=1e-9)
    (doubt,) = doubts_of(profile(), 1400, model)
    leverage = predict(profile(), 1400, STRATEGIES, 0, model).leverage
    assert doubt == OutOfDistribution(leverage_ratio=leverage / 1e-9, runs=100)


def test_more_rows_than_were_measured() -> None:
    covariance = np.zeros((1 + len(FEATURES), 1 + len(FEATURES)))
    covariance[1, 1] = 0.1  # of the rows alone
    model = replace(score_model(), weight_covariance=covariance.tolist(), max_leverage=0.3)
    assert doubts_of(profile(), 4000, model) == ()
    assert doubts_of(profile(), 60_000, model) == (ManyRows(rows=60_000, max_measured_rows=4000),)


def test_a_transformer_on_images_is_like_none_that_was_measured() -> None:
    assert kinds(modality="image") == ["unmeasured_network"]
    convolutional = profile().network.model_copy(update={"supports_lora": False})
    assert kinds(modality="image", network=convolutional) == []


def test_the_first_doubt_is_the_most_basic() -> None:
    assert kinds(6, label_noise=0.5) == ["few_rows", "label_noise"]
