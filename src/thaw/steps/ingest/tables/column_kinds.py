"""What a column holds, by its values."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any, Literal

from .chunks import Column
from .image_cells import holds_image, names_image
from .values import UNREADABLE, python_values

Kind = Literal["empty", "image", "file", "url", "number", "time", "list", "struct", "text"]
LOOKED_AT = 1000
MOST = 0.9
NUMBER = re.compile(r"\s*[+-]?(\d+([.,]\d*)?|\.\d+)([eE][+-]?\d+)?\s*")
TIME = re.compile(r"\s*\d{4}-\d\d?-\d\d?([T ]\d\d?:\d\d.*)?\s*|\s*\d\d?[/.]\d\d?[/.]\d{2,4}.*")
URL = re.compile(r"\s*(https?|s3|gs|ftp)://\S+\s*")


@dataclass(frozen=True)
class Profile:
    kind: Kind
    filled: int
    """Values that were looked at and are there."""
    values: Sequence[Any]
    """Those."""
    distinct: int
    spaced: float
    """Share of them that have a blank inside."""


def profile(column: Column) -> Profile:
    """What the first rows of a column hold."""
    values = [value for value in python_values(column[:LOOKED_AT]) if _is_there(value)]
    spaced = sum(isinstance(value, str) and " " in value.strip() for value in values)
    kind = _kind(values) if values else "empty"
    return Profile(kind, len(values), values, len({str(value) for value in values}), spaced / max(1, len(values)))


def _is_there(value: Any) -> bool:
    return value is not None and value is not UNREADABLE and not (isinstance(value, str) and not value.strip())


def _kind(values: Sequence[Any]) -> Kind:
    tests: tuple[tuple[Kind, Callable[[Any], bool], float], ...] = (
        ("image", holds_image, 0.5),
        ("file", names_image, 0.5),
        ("list", lambda value: isinstance(value, list | tuple), 0.5),
        ("struct", lambda value: isinstance(value, dict), 0.5),
        ("url", lambda value: _matches(URL, value), MOST),
        ("number", is_number, MOST),
        ("time", lambda value: isinstance(value, date | time) or _matches(TIME, value), MOST),
    )
    for kind, test, share in tests:
        if sum(map(test, values)) >= share * len(values):
            return kind
    return "text"


def is_number(value: Any) -> bool:
    """Whether a value is a number, or is written like one."""
    return isinstance(value, int | float | Decimal) or _matches(NUMBER, value)


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and len(value) < 2000 and bool(pattern.fullmatch(value))
