"""A map of rows on a plane of their features: a dot for each, in its class's colour, that names its row on hover."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from .scale import Scale, linear_scale
from .svg import picture

COLOURS = tuple(f"class{number}" for number in range(8))
"""Classes of the style sheet, for the classes with most rows; the others are grey."""
HEIGHT = 460
PEEK = 72
"""Pixels of an image under the pointer."""


@dataclass(frozen=True)
class MapRow:
    """A row on the map."""

    x: float
    y: float
    label: str
    title: str
    """What the row is, and where it comes from."""
    suspect: bool = False
    image: str = ""
    """`data:` URI; empty for texts."""


@dataclass(frozen=True)
class FeatureMap:
    """The map, and what its colours mean as (class of the style sheet, name)."""

    picture: Markup
    key: tuple[tuple[str, str], ...]


def feature_map(rows: Sequence[MapRow]) -> FeatureMap | None:
    """The map of the rows, suspects on top; None without rows."""
    if not rows:
        return None
    frequent = [label for label, _ in Counter(row.label for row in rows).most_common(len(COLOURS))]
    colours = dict(zip(sorted(frequent), COLOURS, strict=False))
    x, y = (linear_scale(values) for values in ([row.x for row in rows], [row.y for row in rows]))
    marks = [_mark(row, x, y, colours.get(row.label, "")) for row in sorted(rows, key=lambda row: row.suspect)]
    rest = [("", "other classes")] if any(row.label not in colours for row in rows) else []
    ring = [("ring", "label in doubt, or unlike all others")] if any(row.suspect for row in rows) else []
    key = (*((colour, label) for label, colour in colours.items()), *rest, *ring)
    return FeatureMap(picture(marks, HEIGHT, "Map of the rows by their features"), key)


def _mark(row: MapRow, x: Scale, y: Scale, colour: str) -> Markup:
    across, down = f"{x(row.x):.1f}%", f"{100 - y(row.y):.1f}%"
    ring = " ring" if row.suspect else ""
    circle = Markup('<circle class="spot {}{}" cx="{}" cy="{}" r="{}"></circle>')
    image = Markup('<image x="{}" y="{}" width="{}" height="{}" href="{}"></image>')
    shown = image.format(across, down, PEEK, PEEK, row.image) if row.image else Markup()
    drawn = circle.format(colour, ring, across, down, 5 if row.suspect else 4)
    return Markup("<g>{}{}<title>{}</title></g>").format(drawn, shown, row.title)
