from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.report.test_profile import profile
from thaw.steps.choose.neighbours import frechet_distance, measured_tasks, nearest_tasks

ENTRY = {
    "median_distance": 2.0,
    "tasks": {
        "far": {"metric": "accuracy", "moments": [[3.1, -0.2], [0.9, 1.1]], "scores": {"300": {"frozen": 0.5}}},
        "same": {
            "metric": "balanced_accuracy",
            "moments": [[0.1, -0.2], [0.9, 1.1]],
            "scores": {"100": {"frozen": 0.6}, "1000": {"frozen": 0.8}},
        },
    },
}
moments = arrays(float, (2, 3), elements=st.floats(-5, 5))


def test_by_distance_at_the_size_next_to_the_users() -> None:
    found = nearest_tasks(profile(), 700, ENTRY)
    assert [(each.task, each.rows, each.distance) for each in found] == [("same", 1000, 0.0), ("far", 300, 1.5)]
    assert (found[0].metric, found[0].scores) == ("balanced_accuracy", {"frozen": 0.8})


def test_none_for_a_network_that_was_not_measured() -> None:
    assert nearest_tasks(profile(), 700, None) is None
    assert profile().network.fingerprint not in measured_tasks()


@given(moments, moments, moments)
def test_a_distance(one: Any, other: Any, third: Any) -> None:
    assert frechet_distance(one, one) == 0
    assert frechet_distance(one, other) == frechet_distance(other, one)
    assert frechet_distance(one, third) <= frechet_distance(one, other) + frechet_distance(other, third) + 1e-9


def test_the_committed_tasks_are_whole() -> None:
    for entry in measured_tasks().values():
        assert entry["median_distance"] > 0
        for task in entry["tasks"].values():
            assert np.array(task["moments"]).shape == (2, 32)
            assert task["metric"] in ("accuracy", "balanced_accuracy")
            assert all({"frozen", "partial", "full"} <= set(scores) for scores in task["scores"].values())
