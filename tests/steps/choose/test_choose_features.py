from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.report.test_profile import profile
from thaw.records import CurvePoint
from thaw.steps.choose.features import FEATURES, curve_slope, extrapolated_probe, feature_vector, log_odds
from thaw.steps.choose.plans import is_validated


def named(made: Any, rows: int = 1400) -> dict[str, float]:
    return dict(zip(FEATURES, feature_vector(made, rows).tolist(), strict=True))


def test_every_number_has_its_name_and_is_finite() -> None:
    assert len(feature_vector(profile(), 1400)) == len(FEATURES)
    assert np.isfinite(feature_vector(profile(), 1400)).all()


def test_golden_values() -> None:
    found = named(profile())
    last, best = profile().depths[-1], max(profile().depths, key=lambda each: each.ridge)
    assert found["log_rows"] == pytest.approx(math.log(1400))
    assert found["probe"] == pytest.approx(log_odds(profile().readout.ridge))
    assert found["all_depths_gain"] == pytest.approx((found["probe"] - log_odds(last.ridge)) * 1400 / 1500)
    assert found["best_depth_gain"] == pytest.approx((log_odds(best.ridge) - log_odds(last.ridge)) * 1400 / 1500)
    assert found["convolutional"] == 0


def test_perfect_and_hopeless_probes_stay_finite() -> None:
    for score in (0.0, 1.0):
        depths = tuple(each.model_copy(update={"ridge": score, "knn": 1 - score}) for each in profile().depths)
        readouts = tuple(each.model_copy(update={"ridge": 1 - score}) for each in profile().readouts)
        made = profile().model_copy(update={"depths": depths, "readouts": readouts})
        assert np.isfinite(feature_vector(made, 1400)).all()


def test_a_rising_curve_carries_the_probe_on() -> None:
    rising = profile()
    flat = rising.model_copy(update={"curve": tuple(CurvePoint(rows=rows, score=0.7) for rows in (100, 200, 400))})
    assert curve_slope(rising) > curve_slope(flat) == pytest.approx(0)
    assert extrapolated_probe(rising, 1400) == rising.readout.ridge
    assert extrapolated_probe(flat, 14_000) == pytest.approx(flat.readout.ridge)
    assert extrapolated_probe(rising, 14_000) > extrapolated_probe(rising, 2800) > rising.readout.ridge


def test_without_a_curve_nothing_rises() -> None:
    assert curve_slope(profile(curve=0)) == 0


def test_rows_are_held_out_where_the_plans_hold_them_out() -> None:
    classes = profile().classes
    for train, validation in ((50 * classes, 10 * classes), (50 * classes, 9 * classes), (100 * classes, 0)):
        made = profile().model_copy(update={"rows": {"train": train, "validation": validation, "test": 300}})
        assert named(made, train + validation)["held_out"] == is_validated(validation, train, classes)
    made = profile().model_copy(update={"rows": {"train": 50 * classes, "validation": 10 * classes, "test": 300}})
    assert named(made, 60 * classes)["held_out"] == 1
    assert named(made, 40 * classes)["held_out"] == 0
