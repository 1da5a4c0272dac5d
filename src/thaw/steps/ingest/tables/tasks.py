"""Tables for other tasks than one label a row: several labels, numbers to predict, bounding boxes, ids."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from ....errors import InputError
from .label_names import MISSING, label_name
from .role_names import BOXES, in_tiers

ONE_LABEL = "Thaw classifies with one label a row"
MIN_LABELS = 12
"""Labels from which a column can be judged."""
MAX_CLASSES_OF_FRACTIONS = 20
MAX_CLASSES_IN_RANGE = 50
SEPARATORS = (";", "|", ",")
LISTED = re.compile(r"\s*[\[(].*[\])]\s*", re.DOTALL)


def check_boxes(columns: Sequence[str], name: str) -> None:
    """Refuses tables of images with a place in each.

    Raises:
        InputError: A column is called so.
    """
    boxes = in_tiers([BOXES], columns)[0]
    if boxes:
        what = f"{name} has bounding boxes ({', '.join(boxes)})"
        raise InputError(what, f"{ONE_LABEL}: cut the boxes out as images of their own, or leave those columns out")


def check_labels(values: Sequence[Any], column: str, name: str) -> None:
    """Refuses labels of another task, from the first rows.

    Raises:
        InputError: There are several labels a row, numbers to predict, or a label of its own for each row.
    """
    where = f"the column {column!r} of {name}"
    if several := _several(values):
        raise InputError(f"{where} has several labels a row, as in {several!r}", f"{ONE_LABEL}: give one of them")
    names = [each for value in values if (each := label_name(value)) and each not in MISSING]
    if len(names) < MIN_LABELS:
        return
    numbers = [number for each in names if (number := _number(each)) is not None]
    if len(numbers) == len(names) and _are_measures(numbers):
        raise InputError(
            f"{where} has numbers to predict ({len(set(names))} different ones in {len(names)} rows)",
            f"{ONE_LABEL}: make classes of ranges, or name another column with --label-column",
        )
    if len(set(names)) > 0.9 * len(names):
        raise InputError(
            f"{where} has another label in nearly every row ({len(set(names))} in {len(names)} rows)",
            f"{ONE_LABEL} that others share: name another column with --label-column",
        )


def _number(name: str) -> float | None:
    try:
        return float(name)
    except ValueError:
        return None


def _are_measures(numbers: Sequence[float]) -> bool:
    """Whether numbers are rather measured than numbers of classes."""
    different = set(numbers)
    if any(number != int(number) for number in different):
        return len(different) > min(MAX_CLASSES_OF_FRACTIONS, len(numbers) / 3)
    wide = max(different) - min(different) >= 10 * len(different)
    return wide and len(different) > min(MAX_CLASSES_IN_RANGE, len(numbers) / 3)


def _several(values: Sequence[Any]) -> str:
    """A value with several labels, where that is the rule; empty where it is not."""
    lists = [value for value in values if isinstance(value, list | tuple)]
    if any(len(value) > 1 for value in lists):
        return str(next(value for value in lists if len(value) > 1))
    names = [value.strip() for value in values if isinstance(value, str) and value.strip()]
    listed = [name for name in names if LISTED.fullmatch(name)]
    if listed and 2 * len(listed) > len(names):
        return listed[0]
    return next((found for sign in SEPARATORS if (found := _joined(names, sign))), "")


def _joined(names: Sequence[str], sign: str) -> str:
    """A label that is made of others, where most that have the sign are."""
    joined = sorted({name for name in names if sign in name})
    if len(joined) < 2:
        return ""
    parts = Counter(part.strip() for name in joined for part in name.split(sign) if part.strip())
    alone = set(names)
    made = [name for name in joined if all(_is_shared(part.strip(), parts, alone) for part in name.split(sign))]
    return made[0] if len(made) >= 2 and 2 * len(made) > len(joined) and len(parts) < len(joined) + len(alone) else ""


def _is_shared(part: str, parts: Counter[str], alone: set[str]) -> bool:
    return not part or part in alone or parts[part] > 1
