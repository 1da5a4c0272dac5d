"""Marks of a chart as SVG. Places are percentages of the chart from its top left corner, so that a chart takes
whatever width there is while its text keeps its size. Every text is escaped by `Markup.format`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from markupsafe import Markup

Colour = Literal["", "accent", "warm"]
"""A class of the style sheet; empty for grey."""


def dot(x: float, y: float, colour: Colour = "", radius: float = 5, title: str = "") -> Markup:
    """A circle of `radius` pixels."""
    mark = Markup('<circle class="dot {}" cx="{:.2f}%" cy="{:.2f}%" r="{:.1f}">{}</circle>')
    return mark.format(colour, x, y, radius, _tooltip(title))


def line(x1: float, y1: float, x2: float, y2: float, kind: str = "line", colour: Colour = "") -> Markup:
    """A straight line; its kind is a class of the style sheet: `grid`, `base`, `dash`, `line` or `whisker`."""
    mark = Markup('<line class="{} {}" x1="{:.2f}%" y1="{:.2f}%" x2="{:.2f}%" y2="{:.2f}%"/>')
    return mark.format(kind, colour, x1, y1, x2, y2)


def path(places: Sequence[tuple[float, float]], colour: Colour = "") -> Markup:
    """Straight lines from place to place."""
    return Markup().join(line(*start, *end, colour=colour) for start, end in pairwise(places))


def bar(x1: float, x2: float, y: float, colour: Colour = "", title: str = "") -> Markup:
    """An upright bar, from the bottom of the chart to `y`."""
    mark = Markup(
        '<rect class="bar {}" x="{:.2f}%" y="{:.2f}%" width="{:.2f}%" height="{:.2f}%">{}</rect>',
    )
    return mark.format(colour, x1, y, max(x2 - x1, 0.3), 100 - y, _tooltip(title))


def text(
    x: float, y: float, content: str, *, dx: int = 0, dy: int = 4, anchor: str = "middle", kind: str = ""
) -> Markup:
    """A text beside a place, `dx` and `dy` pixels away.

    `kind` lists classes of the style sheet: `name` stands out, `halo` stays readable over lines.

    >>> text(50, 0, "<b>")
    Markup('<text class="" x="50.00%" y="0.00%" dx="0" dy="4" text-anchor="middle">&lt;b&gt;</text>')
    """
    mark = Markup('<text class="{}" x="{:.2f}%" y="{:.2f}%" dx="{}" dy="{}" text-anchor="{}">{}</text>')
    return mark.format(kind, x, y, dx, dy, anchor, content)


def picture(marks: Sequence[Markup], height: int, about: str = "") -> Markup:
    """A whole image of `height` pixels; `about` describes it to those who do not see it, if they need to know."""
    described = Markup('role="img" aria-label="{}"').format(about) if about else Markup('aria-hidden="true"')
    return Markup('<svg {} style="height:{}px">{}</svg>').format(described, height, Markup().join(marks))


def _tooltip(title: str) -> Markup:
    return Markup("<title>{}</title>").format(title) if title else Markup()
