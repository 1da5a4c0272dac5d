"""Names of classes: the same for one table in every format."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from .values import Unreadable

MISSING = frozenset(
    [
        *("#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA"),
        *("NULL", "NaN", "None", "n/a", "nan", "null", "N/a"),
    ]
)
"""What pandas, too, reads as no value."""
TRUTH = {"true": "1", "false": "0"}
Form = Literal["names", "numbers", "truth"]


@dataclass(frozen=True)
class Labels:
    """How the values of a label column become names."""

    column: str
    form: Form
    """What all of its values are."""
    names: Sequence[str] = ()
    """Names from the schema, where values are their places."""

    def name(self, value: Any) -> str | None:
        """The name of the class; None where there is none."""
        plain = label_name(value)
        if plain is None or plain in MISSING:
            return None
        if self.names:
            place = int(plain) if re.fullmatch(r"\d+", plain) else -1
            return (self.names[place].strip() or None) if place < len(self.names) and place >= 0 else self._own(plain)
        if self.form == "truth":
            return TRUTH.get(plain.lower(), plain)
        return whole_number(plain) if self.form == "numbers" else plain

    def _own(self, plain: str) -> str | None:
        return plain if plain in self.names else None

    def reason(self, value: Any) -> str:
        """Why a value is no label."""
        plain = label_name(value)
        if isinstance(value, list | tuple) and len(value) > 1:
            return f"{len(value)} labels in column {self.column!r}"
        if plain is None or (self.names and plain == "-1"):
            return f"no label in column {self.column!r}"
        if plain in MISSING:
            return f"the label {plain!r} in column {self.column!r} stands for none"
        return f"the label {plain!r} is none of the {len(self.names)} classes of the schema"


def label_name(value: Any) -> str | None:
    """A value as a name, by itself: whole numbers and truth values as "0", "1", …; None where there is none.

    >>> [label_name(value) for value in (True, 2, 3.0, 0.5, " cat ", "1.0", float("nan"), "", [4], {})]
    ['1', '2', '3', '0.5', 'cat', '1.0', None, None, '4', None]
    """
    if isinstance(value, list | tuple):
        return label_name(value[0]) if len(value) == 1 else None
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float | Decimal):
        return _number_name(value)
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if value is None or isinstance(value, dict | Unreadable):
        return None
    name = str(value).strip()
    return name if name and not re.search("[\ud800-\udfff]", name) else None


def _number_name(value: float | Decimal) -> str | None:
    if not math.isfinite(value):
        return None
    return str(int(value)) if value == int(value) else str(value)


def whole_number(name: str) -> str:
    """The name of a number without zeros behind the point.

    >>> whole_number("1.0"), whole_number("-0"), whole_number("0.5"), whole_number("007")
    ('1', '0', '0.5', '007')
    """
    found = re.fullmatch(r"([+-]?)(\d+)(?:\.0*)?", name)
    if not found:
        return name
    sign = "-" if found[1] == "-" and found[2].strip("0") else ""
    return sign + found[2]


def form_of(names: Iterable[str]) -> Form:
    """What all of the labels are: truth values, numbers, or names.

    >>> form_of(["True", "False"]), form_of(["0.0", "1"]), form_of(["true", "half-true"])
    ('truth', 'numbers', 'names')
    """
    every = {name for name in names if name not in MISSING}
    if every and all(name.lower() in TRUTH or name in ("0", "1") for name in every) and not every <= {"0", "1"}:
        return "truth"
    return "numbers" if every and all(re.fullmatch(r"[+-]?\d+(\.\d*)?", name) for name in every) else "names"
