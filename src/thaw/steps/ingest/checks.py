"""Checks that the rows that were read are a dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...errors import InputError
from ...records import SPLITS, SplitKey
from .refused_rows import RefusedRows
from .selection import Selection

MIN_CLASS_ROWS = 3
"""Different rows of a class: one to train on, one to validate on, one to test on."""
DELIBERATE = ("file", "duplicate")
"""Kinds of refused rows that say nothing of the data's quality: files of other types, and copies."""


def check_refused(refused: RefusedRows, kept: int, max_refused: float, data: str) -> None:
    """Refuses a source of which too much cannot be used.

    Raises:
        InputError: No row is left, or more than the share `max_refused` is refused.
    """
    if not kept:
        raise InputError(*no_rows(refused, data))
    kinds = {kind: rows for kind, rows in refused.kinds.most_common() if kind not in DELIBERATE}
    bad = sum(kinds.values())
    if bad > max_refused * (bad + kept):
        reasons = "; ".join(f"{kind} {rows:,}, as {refused.first[kind].source}" for kind, rows in kinds.items())
        what = f"{bad:,} of the {bad + kept:,} rows of {data} cannot be used ({reasons})"
        raise InputError(what, f"mend them, or allow it with --max-refused {min(1, bad / (bad + kept) + 0.01):.2f}")


def no_rows(refused: RefusedRows, data: str) -> tuple[str, str]:
    """What is wrong where no row can be used, and what to do."""
    if not len(refused):
        return f"none of the 0 rows of {data} can be used ({data}: there are no rows)", "give other data"
    first = refused.first[refused.kinds.most_common(1)[0][0]]
    what = f"none of the {len(refused)} rows of {data} can be used ({first.source}: {first.reason})"
    return what, "mend them, or give other data"


def check_classes(selection: Selection, data: str) -> None:
    """Refuses rows of one class alone, and classes with too few different rows.

    Raises:
        InputError: There is only one class, or some are too small.
    """
    first = (np.diff(selection.contents, prepend=-1) != 0) | (np.diff(selection.labels, prepend=-1) != 0)
    different = np.bincount(selection.labels[first], minlength=len(selection.names)).tolist()
    present = {label: rows for label, rows in zip(selection.names, different, strict=True) if rows}
    if len(present) == 1:
        raise InputError(f"{data} has only one class, {next(iter(present))!r}", "add rows of a second class")
    small = [label for label, rows in present.items() if rows < MIN_CLASS_ROWS]
    if small:
        raise InputError(*small_classes(small, present, data))


def small_classes(small: Sequence[str], rows: Mapping[str, int], data: str) -> tuple[str, str]:
    """What is wrong where classes have too few rows, and what to do."""
    examples = ", ".join(f"{label!r} has {rows[label]}" for label in small[:3])
    many = f"{len(small)} classes have" if len(small) > 1 else "a class has"
    more = ", …" if len(small) > 3 else ""
    what = f"{many} fewer than {MIN_CLASS_ROWS} different rows in {data} ({examples}{more})"
    return what, "add rows, or leave the class out"


def check_splits(selection: Selection, split_by: SplitKey) -> None:
    """Refuses splits of which one is empty, or that leave a class out of training.

    Raises:
        InputError: A split has no rows, or a class has none in train.
    """
    empty = [split for number, split in enumerate(SPLITS) if not (selection.splits == number).any()]
    if empty:
        do = {"group": "name a column with more groups", "time": "name a column with more times"}
        what = f"the {empty[0]} split has no rows, split by {split_by}"
        raise InputError(what, do.get(split_by, "add rows, or name no splits"))
    trained = set(selection.labels[selection.splits == SPLITS.index("train")].tolist())
    missing = [selection.names[label] for label in np.unique(selection.labels).tolist() if label not in trained]
    if missing:
        what = f"the train split has no rows of the class {missing[0]!r}"
        raise InputError(what, "move rows of every class to train, or name no splits")
