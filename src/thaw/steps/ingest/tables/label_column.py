"""The column of the labels, and tables that have no one label a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....errors import InputError
from ....records import SourceOptions
from .column_kinds import Profile
from .role_names import LABELS, in_tiers

LABEL_KINDS = ("text", "number", "list", "time", "struct")
MIN_ROWS_PER_CLASS = 3
SURE = [number < 2 for number in range(len(LABELS))]
"""Names that are a label's even beside other columns of 0 and 1."""
ONE_HOT = ({"0", "1"}, {"0.0", "1.0"}, {"False", "True"}, {"false", "true"}, {"0", "1", "0.0", "1.0"})


def likely_label(columns: Sequence[str], options: SourceOptions) -> str | None:
    """The label column by the option or by name alone, before any value is read; None where neither tells."""
    if options.label_column in columns:
        return options.label_column
    return next((column for tier in in_tiers(LABELS, columns) for column in tier), None)


def find_label(profiles: Mapping[str, Profile], taken: set[str], name: str, named: bool) -> str:
    """The label column by name; by values where columns have no names.

    Raises:
        InputError: There is none, or several columns may be it.
    """
    free = {column: each for column, each in profiles.items() if column not in taken}
    usable = [column for column, each in free.items() if each.kind in LABEL_KINDS]
    for sure, found in zip(SURE, in_tiers(LABELS, usable), strict=True):
        good = [column for column in found if _may_be_label(free[column])] or found
        if len(good) > 1:
            raise InputError(
                f"{name} has {len(good)} columns that may be the label ({', '.join(good)})",
                f"say which with --label-column {good[0]!r}",
            )
        if good and (sure or not _is_flag(free[good[0]]) or len(_flags(free)) == 1):
            return good[0]
    if not named and (found_by_value := _by_values(free)):
        return found_by_value
    raise _no_label(profiles, free, name)


def _may_be_label(values: Profile) -> bool:
    return values.kind != "struct" and values.distinct > 1 and 2 * values.distinct <= max(values.filled, 8)


def _by_values(free: Mapping[str, Profile]) -> str:
    """The only column with few different values, each several times."""
    found = [column for column, each in free.items() if each.kind in ("text", "number") and _repeats(each)]
    return found[0] if len(found) == 1 else ""


def _repeats(values: Profile) -> bool:
    return values.distinct > 1 and MIN_ROWS_PER_CLASS * values.distinct <= values.filled and values.spaced < 0.9


def _no_label(profiles: Mapping[str, Profile], free: Mapping[str, Profile], name: str) -> InputError:
    hot = _flags(free)
    if len(hot) > 1:
        which = ", ".join(hot[:5])
        return InputError(
            f"{name} has no one label column, but columns of 0 and 1 ({which}): several labels a row",
            "Thaw classifies with one label a row; name one of them with --label-column",
        )
    found = ", ".join(profiles)
    near = next((column for column, each in free.items() if _repeats(each)), "label")
    what = f"{name} has no label column (its columns: {found})"
    return InputError(what, f"call it {' or '.join(sum(LABELS[:2], ()))}, or name it: --label-column {near!r}")


def _flags(free: Mapping[str, Profile]) -> list[str]:
    return [column for column, each in free.items() if _is_flag(each)]


def _is_flag(values: Profile) -> bool:
    return values.distinct == 2 and any({_plain(value) for value in values.values} <= hot for hot in ONE_HOT)


def _plain(value: Any) -> str:
    return str(value).strip()
