from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from thaw.steps.profile.hardest import MAX_CLASSES, hardest_classes, wilson


@pytest.mark.parametrize(("right", "rows"), [(0, 5), (3, 7), (40, 41), (9, 9)])
def test_the_interval_is_that_of_wilson(right: int, rows: int) -> None:
    expected = binomtest(right, rows).proportion_ci(0.95, "wilson")
    np.testing.assert_allclose(wilson(right, rows), (expected.low, expected.high), atol=1e-4)


def test_the_class_that_is_found_least_comes_first() -> None:
    labels = np.repeat([0, 1, 2], 10)
    predicted = labels.copy()
    predicted[10:16], predicted[20] = 2, 0
    found = hardest_classes(labels, predicted, ("a", "b", "c", "absent"))
    assert [(each.name, each.recall, each.taken_for) for each in found] == [
        ("b", 0.4, "c"),
        ("c", 0.9, "a"),
        ("a", 1.0, ""),
    ]


def test_many_classes_are_cut_to_the_hardest() -> None:
    labels = np.arange(30)
    found = hardest_classes(labels, np.zeros(30, np.int64), [f"{k:02}" for k in range(30)])
    assert len(found) == MAX_CLASSES
    assert {each.recall for each in found} == {0.0}
