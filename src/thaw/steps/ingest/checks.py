"""Checks that the rows that were read are a dataset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from ...errors import InputError
from ...records import Split
from .collect import Collected
from .rows import Refused

MIN_CLASS_ROWS = 3
"""Different rows of a class: one to train on, one to validate on, one to test on."""


def check_rows(collected: Collected, data: str) -> None:
    """Refuses rows that are no dataset.

    Raises:
        InputError: There are no rows, or only one class, or classes that are too small.
    """
    if not collected.ids:
        raise InputError(*no_rows(collected, data))
    different = Counter(label for _, label in set(zip(collected.ids, collected.labels, strict=True)))
    if len(different) == 1:
        raise InputError(f"{data} has only one class, {collected.labels[0]!r}", "add rows of a second class")
    small = sorted(label for label, rows in different.items() if rows < MIN_CLASS_ROWS)
    if small:
        raise InputError(*small_classes(small, different, data))


def no_rows(collected: Collected, data: str) -> tuple[str, str]:
    """What is wrong where no row can be used, and what to do."""
    first = collected.refused[0] if collected.refused else Refused(data, "there are no rows")
    what = f"none of the {len(collected.refused)} rows of {data} can be used ({first.source}: {first.reason})"
    return what, "mend them, or give other data"


def small_classes(small: Sequence[str], rows: Mapping[str, int], data: str) -> tuple[str, str]:
    """What is wrong where classes have too few rows, and what to do."""
    examples = ", ".join(f"{label!r} has {rows[label]}" for label in small[:3])
    many = f"{len(small)} classes have" if len(small) > 1 else "a class has"
    more = ", …" if len(small) > 3 else ""
    what = f"{many} fewer than {MIN_CLASS_ROWS} different rows in {data} ({examples}{more})"
    return what, "add rows, or leave the class out"


def check_train(labels: Sequence[str], splits: Sequence[Split]) -> None:
    """Refuses splits that leave a class out of training.

    Raises:
        InputError: A class has no rows in train.
    """
    trained = {label for label, split in zip(labels, splits, strict=True) if split == "train"}
    missing = sorted(set(labels) - trained)
    if missing:
        what = f"the train split has no rows of the class {missing[0]!r}"
        raise InputError(what, "move rows of every class to train, or name no splits")
