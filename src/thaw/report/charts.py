"""Charts that several pages draw: a plot with two axes, and scores as dots with whiskers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ..records import Interval
from .formats import percent, percent_range, short_percent, short_signed_points, signed_points
from .scale import Scale, linear_scale
from .svg import Colour, dot, line, picture, text

Label = Callable[[float], str]


def plot(
    x: Scale,
    y: Scale,
    marks: Sequence[Markup],
    *,
    about: str,
    x_name: str,
    x_label: Label,
    y_label: Label = short_percent,
    x_ticks: Sequence[float] | None = None,
    height: int = 240,
) -> Markup:
    """Two axes with `marks` between them; `about` describes the chart to those who do not see it."""
    ticks = x.ticks(5) if x_ticks is None else x_ticks
    rows = [mark for tick in y.ticks(5) for mark in _y_tick(100 - y(tick), y_label(tick))]
    columns = [mark for tick in ticks for mark in _x_tick(x(tick), x_label(tick))]
    axis = [line(0, 100, 100, 100, "base"), text(50, 100, x_name, dy=37)]
    return picture([*rows, *columns, *axis, *marks], height, about)


def _y_tick(place: float, label: str) -> tuple[Markup, Markup]:
    return line(0, place, 100, place, "grid"), text(0, place, label, dx=-8, anchor="end")


def _x_tick(place: float, label: str) -> tuple[Markup, Markup]:
    return line(place, 100, place, 100, "base"), text(place, 100, label, dy=18)


@dataclass(frozen=True)
class Score:
    """A line of a forest plot."""

    name: str
    interval: Interval
    colour: Colour = ""
    """The line in the accent leads."""


@dataclass(frozen=True)
class ForestRow:
    """A score as a template shows it: a name, a picture, and the numbers."""

    name: str
    leads: bool
    picture: Markup
    value: str
    bounds: str


@dataclass(frozen=True)
class Forest:
    """A forest plot: scores one below the other, over one axis."""

    rows: tuple[ForestRow, ...]
    axis: Markup


def forest(scores: Sequence[Score]) -> Forest:
    """Fractions, on an axis that holds them."""
    x = linear_scale([end for score in scores for end in (score.interval.low, score.interval.high)], 0, 1)
    rows = [_forest_row(score, x, percent(score.interval.value), percent_range(score.interval)) for score in scores]
    return Forest(tuple(rows), _forest_axis(x, short_percent))


def difference_forest(score: Score) -> Forest:
    """A difference of fractions, in points, beside a line at zero."""
    low, high = score.interval.low, score.interval.high
    x = linear_scale([low, high, 0.0])
    row = _forest_row(score, x, signed_points(score.interval.value), f"{signed_points(low)} to {signed_points(high)}")
    return Forest((row,), _forest_axis(x, short_signed_points))


def _forest_row(score: Score, x: Scale, value: str, bounds: str) -> ForestRow:
    interval = score.interval
    # Differences lie on both sides of zero, which is drawn as an axis.
    rules = [line(x(tick), 0, x(tick), 100, "base" if x.low < tick == 0 else "grid") for tick in x.ticks(5)]
    whisker = line(x(interval.low), 50, x(interval.high), 50, "whisker", score.colour)
    marks = [*rules, whisker, dot(x(interval.value), 50, score.colour)]
    return ForestRow(score.name, score.colour == "accent", picture(marks, 30), value, bounds)


def _forest_axis(x: Scale, label: Label) -> Markup:
    return picture([text(x(tick), 0, label(tick), dy=14) for tick in x.ticks(5)], 22)
