from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from thaw.steps.profile import split_shift
from thaw.steps.profile.input_measures import measures

RANDOM = np.random.default_rng(0)


def test_a_longer_text_is_the_largest_effect() -> None:
    short, long = ["a b c d"] * 40 + ["a b c"] * 40, ["A b c d e f g"] * 20 + ["A b c d e f"] * 20
    features = RANDOM.normal(0, 1, (120, 8))
    features[80:] += 1
    nothing = np.empty((0, 0))
    found = split_shift.split_shift(
        features[:80], features[80:], measures("text", short, nothing), measures("text", long, nothing)
    )
    assert (found.rows, found.trained_rows) == (40, 80)
    assert found.p_value == 0.001
    words = next(each for each in found.inputs if each.name == "words")
    assert (words.trained, words.tested) == (3.5, 6.5)
    np.testing.assert_allclose(words.effect, 3 / 0.5)
    assert words.p_value < 1e-6
    assert [each.p_value for each in found.inputs if each.name == "digits"] == [1.0]
    sizes = [abs(each.effect) for each in found.inputs]
    assert sizes == sorted(sizes, reverse=True)


@given(st.integers(0, 2000), st.integers(2, 2000))
def test_few_tested_rows_are_read(rows: int, sample_rows: int) -> None:
    places = split_shift.tested_rows(rows, sample_rows)
    assert len(places) <= max(split_shift.MIN_ROWS, round(split_shift.SHARE * sample_rows))
    assert len(places) == 0 or split_shift.MIN_ROWS <= len(places) <= min(rows, split_shift.MAX_ROWS)
    assert len(set(places.tolist())) == len(places)


def test_rare_classes_are_drawn_by_their_share_of_all_rows() -> None:
    labels = np.repeat([0, 1], [100, 100])
    drawn = split_shift.trained_rows(labels, np.array([9900, 100]), 20)
    assert len(drawn) == 80
    assert (labels[drawn] == 1).sum() <= 10
