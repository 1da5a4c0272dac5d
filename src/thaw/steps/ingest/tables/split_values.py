"""Values of a split column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ....records import Split
from ..split_names import EITHER, split_named
from .column_kinds import Profile
from .label_names import label_name, whole_number

NUMBERED: dict[frozenset[str], dict[str, Split]] = {
    frozenset("0"): {"0": "train"},
    frozenset("01"): {"0": "train", "1": "test"},
    frozenset("02"): {"0": "train", "2": "test"},
    frozenset("012"): {"0": "train", "1": "validation", "2": "test"},
}
"""Splits by number, where a column has these and no others."""


@dataclass
class SplitValues:
    """What the values of one column mean."""

    meaning: dict[str, Split] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Iterable[Any]) -> SplitValues:
        """The meaning of all different values of a column: `eval`, or 1, depends on what stands beside it."""
        names = {name for value in values if (name := split_name(value))}
        if frozenset(names) in NUMBERED:
            return cls(dict(NUMBERED[frozenset(names)]))
        named = {name: split for name in names if (split := split_named(name))}
        sure = {split for name, split in named.items() if name.lower() not in EITHER}
        if "test" in sure and "validation" not in sure:
            named.update({name: "validation" for name in named if name.lower() in EITHER})
        return cls(named)

    def split(self, value: Any) -> Split | None:
        """The split; None where the value is empty or unknown."""
        name = split_name(value)
        return self.meaning.get(name) if name else None


def split_name(value: Any) -> str | None:
    """The value as its name; None where it is empty.

    >>> [split_name(value) for value in (" Train ", 1.0, "0.0", "", None, "nan")]
    ['Train', '1', '0', None, None, None]
    """
    name = label_name(value)
    return None if name is None or name.lower() in ("nan", "none", "null", "na") else whole_number(name)


def are_splits(values: Profile, sure: bool) -> bool:
    """Whether a column names splits: where its name is not sure, all of its values must."""
    names = {name for value in values.values if (name := split_name(value))}
    if sure:
        return values.kind in ("text", "number")
    return bool(names) and all(split_named(name) for name in names)
