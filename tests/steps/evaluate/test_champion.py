import pytest

from thaw.steps.evaluate.champion import other_classes


@pytest.mark.parametrize(
    ("theirs", "ours", "added", "removed"),
    [
        (("a", "b"), ("a", "b", "c"), ("c",), ()),
        (("a", "b"), ("b", "c"), ("c",), ("a",)),
        (("a", "b"), ("b", "a"), (), ()),
    ],
)
def test_classes_that_were_added_and_removed(
    theirs: tuple[str, ...], ours: tuple[str, ...], added: tuple[str, ...], removed: tuple[str, ...]
) -> None:
    rule = other_classes("9f" * 32, theirs, ours)
    assert (rule.passed, rule.added, rule.removed) == (True, added, removed)
