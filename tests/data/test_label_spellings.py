from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from thaw.data.labels import normalised, normalised_label_groups


def test_labels_that_differ_in_spelling_alone() -> None:
    labels = [
        "Spaced",
        "spaced",
        "café",
        "cafe\u0301",
        "a b",
        "a\u00a0b",
        "zero\u200bwidth",
        "zerowidth",
        "dog",
        "dogs",
    ]
    groups = normalised_label_groups(labels)
    assert len(groups) == 4
    assert ("dog", "dogs") not in groups


@given(st.lists(st.text(max_size=4), unique=True, max_size=10))
def test_groups_have_one_normal_form_each_and_no_label_twice(labels: list[str]) -> None:
    groups = normalised_label_groups(labels)
    members = [label for group in groups for label in group]
    assert len(members) == len(set(members))
    assert all(len({normalised(label) for label in group}) == 1 and len(group) > 1 for group in groups)
