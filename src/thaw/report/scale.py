"""Axes of charts: from values to places on the axis, and the round numbers along it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """An axis that runs from `low` to `high`, which lie above 0 where it is logarithmic."""

    low: float
    high: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Percentage of the axis at which a value lies; values beyond its ends lie at the ends.

        >>> Scale(0, 8)(2), Scale(1, 100, log=True)(10), Scale(0, 8)(9)
        (25.0, 50.0, 100.0)
        """
        low, high, value = (math.log(x) if self.log else x for x in (self.low, self.high, max(value, self.low)))
        return 100 * min((value - low) / (high - low), 1.0)

    def ticks(self, max_ticks: int = 6) -> list[float]:
        """Round numbers on the axis, about `max_ticks` of them.

        >>> Scale(0.52, 0.93).ticks(5), Scale(8, 210, log=True).ticks(5)
        ([0.6, 0.7, 0.8, 0.9], [10.0, 20.0, 50.0, 100.0, 200.0])
        """
        return _log_ticks(self.low, self.high, max_ticks) if self.log else _linear_ticks(self.low, self.high, max_ticks)


def linear_scale(
    values: Sequence[float], floor: float = -math.inf, ceiling: float = math.inf, min_width: float = 0.05
) -> Scale:
    """A scale that holds the values with a margin, at least `min_width` wide, inside the given ends."""
    low, high = min(values), max(values)
    margin = max(0.08 * (high - low), (min_width - (high - low)) / 2)
    return Scale(max(low - margin, floor), min(high + margin, ceiling))


def log_scale(values: Sequence[float]) -> Scale:
    """A logarithmic scale that holds the values, all above 0, with a margin."""
    return Scale(min(values) / 1.7, max(values) * 1.7, log=True)


def _linear_ticks(low: float, high: float, max_ticks: int) -> list[float]:
    raw = (high - low) / max_ticks
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= raw)
    first = math.ceil(low / step - 1e-9)
    return [round(step * k, 10) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _log_ticks(low: float, high: float, max_ticks: int) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        ticks = [factor * 10.0**decade for decade in decades for factor in factors]
        inside = [tick for tick in ticks if low <= tick <= high]
        if len(inside) <= max_ticks:
            return inside
    return inside[:: math.ceil(len(inside) / max_ticks)]
