from __future__ import annotations

import pytest

from thaw.records import Dataset, Profile
from thaw.steps.choose.plans import TrainingOptions, is_validated, training_plans


@pytest.mark.parametrize(
    ("validation", "train", "classes", "expected"),
    [
        (20, 100, 2, True),
        (45, 255, 6, False),
        (150, 850, 15, True),
        (16, 5216, 2, False),
        (0, 100_000, 2, False),
    ],
)
def test_rows_are_held_out_from_sixty_a_class_on(validation: int, train: int, classes: int, expected: bool) -> None:
    assert is_validated(validation, train, classes) == expected


def test_what_is_not_held_out_is_trained_on(texts: Dataset, text_profile: Profile) -> None:
    few = texts.model_copy(update={"counts": {"train": (45, 45), "validation": (14, 15), "test": (15, 15)}})
    many = texts.model_copy(update={"counts": {"train": (46, 45), "validation": (14, 15), "test": (15, 15)}})
    held, whole = (training_plans(each, text_profile, TrainingOptions())["full"] for each in (many, few))
    assert (held.validate_split, whole.validate_split) == (True, False)
    assert held.training.patience > 0 == whole.training.patience
