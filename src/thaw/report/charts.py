"""Small charts as inline SVG. Positions are percentages of the plot, so a chart takes whatever width there is while
its text keeps its size. `kind` is the colour: "" grey, "a" the accent, "w" warm."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..records import Interval
from .html import between, escape, percent, points, short_percent, short_points

Label = Callable[[float], str]


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high` on an axis."""

    low: float
    high: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Where a value lies, 0 to 100; values beyond the ends are drawn at the ends."""
        low, high, value = (math.log(x) if self.log else x for x in (self.low, self.high, max(value, self.low)))
        return 100 * min((value - low) / (high - low), 1.0)

    def ticks(self, most: int = 6) -> list[float]:
        """Round numbers inside the scale."""
        return _log_ticks(self.low, self.high, most) if self.log else _linear_ticks(self.low, self.high, most)


def around(values: Sequence[float], floor: float = -math.inf, ceiling: float = math.inf, least: float = 0.05) -> Scale:
    """A linear scale that holds the values with some air, at least `least` wide, inside the given ends."""
    low, high = min(values), max(values)
    spare = max(0.08 * (high - low), (least - (high - low)) / 2)
    return Scale(max(low - spare, floor), min(high + spare, ceiling))


def around_log(values: Sequence[float]) -> Scale:
    return Scale(min(values) / 1.7, max(values) * 1.7, log=True)


def dot(x: float, y: float, kind: str = "", radius: float = 5, title: str = "") -> str:
    about = f"<title>{escape(title)}</title>" if title else ""
    return f'<circle class="dot {kind}" cx="{x:.2f}%" cy="{y:.2f}%" r="{radius:.1f}">{about}</circle>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str = "line") -> str:
    return f'<line class="{kind}" x1="{x1:.2f}%" y1="{y1:.2f}%" x2="{x2:.2f}%" y2="{y2:.2f}%"/>'


def path(places: Sequence[tuple[float, float]], kind: str = "") -> str:
    """Straight lines from place to place."""
    return "".join(line(*a, *b, f"line {kind}") for a, b in pairwise(places))


def bar(x1: float, x2: float, y: float, kind: str = "", title: str = "") -> str:
    """Upright, from the bottom to `y`."""
    about = f"<title>{escape(title)}</title>" if title else ""
    size = f'width="{max(x2 - x1, 0.3):.2f}%" height="{100 - y:.2f}%"'
    return f'<rect class="bar {kind}" x="{x1:.2f}%" y="{y:.2f}%" {size}>{about}</rect>'


def text(x: float, y: float, content: str, *, dx: int = 0, dy: int = 4, anchor: str = "middle", kind: str = "") -> str:
    """Beside a place, `dx` and `dy` pixels away; kind "name" stands out, "halo" stays readable over lines."""
    return (
        f'<text class="{kind}" x="{x:.2f}%" y="{y:.2f}%" dx="{dx}" dy="{dy}" text-anchor="{anchor}">'
        f"{escape(content)}</text>"
    )


def plot(
    x: Scale,
    y: Scale,
    marks: Sequence[str],
    *,
    about: str,
    x_name: str,
    x_label: Label,
    y_label: Label = short_percent,
    x_ticks: Sequence[float] | None = None,
    height: int = 240,
) -> str:
    """Axes with `marks` in them; `about` describes the picture to those who don't see it."""
    rules = [
        line(0, 100 - y(tick), 100, 100 - y(tick), "grid") + text(0, 100 - y(tick), y_label(tick), dx=-8, anchor="end")
        for tick in y.ticks(5)
    ]
    names = [
        line(x(tick), 100, x(tick), 100, "base") + text(x(tick), 100, x_label(tick), dy=18)
        for tick in (x.ticks(5) if x_ticks is None else x_ticks)
    ]
    axis = line(0, 100, 100, 100, "base") + text(50, 100, x_name, dy=37)
    body = "".join([*rules, *names, axis, *marks])
    return (
        f'<div class="plot"><svg role="img" aria-label="{escape(about)}" style="height:{height}px">{body}</svg></div>'
    )


def forest(rows: Sequence[tuple[str, Interval, str]], signed: bool = False) -> str:
    """Scores as dots with whiskers, one under the other: (name, interval, kind); kind "a" leads. `signed` is for
    differences, in points, around a line at zero."""
    ends = [end for _, interval, _ in rows for end in (interval.low, interval.high)]
    x = around([*ends, 0.0]) if signed else around(ends, 0, 1)
    rules = "".join(line(x(tick), 0, x(tick), 100, "base" if signed and not tick else "grid") for tick in x.ticks(5))
    lines = "".join(_forest_row(name, interval, kind, x, rules, signed) for name, interval, kind in rows)
    label = short_points if signed else short_percent
    ticks = "".join(text(x(tick), 0, label(tick), dy=14) for tick in x.ticks(5))
    axis = f'<div><span></span><svg style="height:22px" aria-hidden="true">{ticks}</svg><span></span></div>'
    return f'<div class="forest">{lines}{axis}</div>'


def _forest_row(name: str, interval: Interval, kind: str, x: Scale, rules: str, signed: bool) -> str:
    whisker = line(x(interval.low), 50, x(interval.high), 50, f"whisker {kind}")
    label = points if signed else percent
    ends = f"{points(interval.low)} to {points(interval.high)}" if signed else between(interval)
    lead = ' class="lead"' if kind == "a" else ""
    shown = f"{label(interval.value)} <small>{ends}</small>"
    return (
        f'<div><span{lead}>{escape(name)}</span><svg aria-hidden="true">{rules}{whisker}'
        f"{dot(x(interval.value), 50, kind)}</svg><span{lead}>{shown}</span></div>"
    )


def _linear_ticks(low: float, high: float, most: int) -> list[float]:
    raw = (high - low) / most
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= raw)
    first = math.ceil(low / step - 1e-9)
    return [round(step * k, 10) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _log_ticks(low: float, high: float, most: int) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        ticks = [factor * 10.0**decade for decade in decades for factor in factors]
        inside = [tick for tick in ticks if low <= tick <= high]
        if len(inside) <= most:
            return inside
    return inside[:: math.ceil(len(inside) / most)]
