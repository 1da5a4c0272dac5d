from __future__ import annotations

import json
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from tests.report.test_profile import profile
from tests.steps.choose.score_models import score_model
from thaw.records import STRATEGIES, DoubtKind
from thaw.steps.choose.features import feature_vector
from thaw.steps.choose.score_model import FILE, ScoreModel, architecture, load_score_model


def test_the_committed_model_is_small_and_reads_back() -> None:
    assert FILE.stat().st_size < 10_000
    assert ScoreModel(**json.loads(load_score_model().to_json())) == load_score_model()
    assert load_score_model().runs > 30
    assert set(load_score_model().safest) == {"attention", "convolutions"}
    assert all(
        set(each) == set(get_args(DoubtKind)) - {"unmeasured_network"} for each in load_score_model().safest.values()
    )
    assert "lora" not in load_score_model().safest["convolutions"].values()


def test_contributions_add_up_to_the_prediction() -> None:
    features = feature_vector(profile(), 1400)
    parts = load_score_model().contributions(features, "full")
    constant = load_score_model().weights[STRATEGIES.index("full")][0]
    assert constant + sum(parts.values()) == pytest.approx(
        load_score_model().expected(features)[STRATEGIES.index("full")]
    )


def test_a_pilot_of_convolutions_starts_lower() -> None:
    model = replace(score_model(), pilot_intercept={"attention": 0.0, "convolutions": -0.05})
    vision = profile().model_copy(update={"network": profile().network.model_copy(update={"supports_lora": False})})
    text, image = (feature_vector(each, 1400) for each in (profile(), vision))
    assert [architecture(each) for each in (text, image)] == ["attention", "convolutions"]
    gains = np.array([0.0, 0.1])
    assert model.expected_pilot_gain(text, gains) == pytest.approx([0.0, 0.1])
    assert model.expected_pilot_gain(image, gains) == pytest.approx([-0.05, 0.05])


def test_fewer_validation_rows_make_a_pilot_less_sure() -> None:
    few, many = (score_model().pilot_variance(rows) for rows in (100, 10_000))
    assert few == pytest.approx(0.005**2 + 0.1 / 100)
    assert few > many > 0.005**2
