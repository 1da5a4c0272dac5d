"""Six-field cron expressions, seconds first, as Kubeflow Pipelines reads them with github.com/robfig/cron.

Its server takes five fields too, but shifted: the `0 2 * * *` that means two o'clock everywhere else runs every hour.
"""

from __future__ import annotations

import re

from ..errors import InputError

FIELDS = (
    ("seconds", 0, 59, ()),
    ("minutes", 0, 59, ()),
    ("hours", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")),
    ("day of the week", 0, 6, ("sun", "mon", "tue", "wed", "thu", "fri", "sat")),
)
PART = re.compile(r"(?:[*?]|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d+))?")


def check_cron(expression: str) -> str:
    """The expression with single spaces.

    Raises:
        InputError: A field is wrong; the error names the first one.

    >>> check_cron("0 0 2 * * mon-fri")
    '0 0 2 * * mon-fri'
    """
    fields = expression.split()
    if len(fields) == 5:
        raise InputError(
            f"the cron expression '{expression}' has five fields", f"put the seconds first: '0 {' '.join(fields)}'"
        )
    if len(fields) != len(FIELDS):
        names = ", ".join(name for name, *_ in FIELDS)
        raise InputError(f"the cron expression '{expression}' has {len(fields)} fields", f"give six: {names}")
    for field, (name, low, high, words) in zip(fields, FIELDS, strict=True):
        if not all(_valid(part, low, high, words) for part in field.lower().split(",")):
            allowed = f"{low}-{high}" + (f" or {words[0]}-{words[-1]}" if words else "")
            raise InputError(
                f"'{field}' in the cron expression '{expression}' is no {name}",
                f"use *, a-b, a,b or */n with {allowed}",
            )
    return " ".join(fields)


def _valid(part: str, low: int, high: int, words: tuple[str, ...]) -> bool:
    match = PART.fullmatch(part)
    if not match or match["step"] == "0":
        return False
    ends = [low + words.index(end) if end in words else end for end in (match["first"], match["last"]) if end]
    numbers = [int(end) for end in ends if str(end).isdecimal()]
    return len(numbers) == len(ends) and all(low <= n <= high for n in numbers) and numbers == sorted(numbers)
