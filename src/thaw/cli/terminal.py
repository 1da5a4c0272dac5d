"""Rich, set up for what the command line shows.

Colours and live lines are for a person at a terminal; elsewhere there is nothing but the text. Markup is never read
from text, and control characters in it are written out: names of classes and files are other people's.
"""

from __future__ import annotations

import os
from typing import TextIO

from rich.console import Console, RenderableType
from rich.constrain import Constrain
from rich.table import Table
from rich.text import Text

from ..printable import printable

MAX_WIDTH = 100
"""Columns: longer lines are hard to read."""

INDENT = 12


def console(stream: TextIO) -> Console:
    """A console that is `is_terminal` where a person looks at it and lines may be overwritten."""
    live = stream.isatty() and os.environ.get("TERM") != "dumb"
    return Console(
        file=stream,
        force_terminal=live,
        force_jupyter=False,
        width=None if live else MAX_WIDTH,
        color_system="auto" if live and not os.environ.get("NO_COLOR") else None,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
    )


def literal(text: str, style: str = "") -> Text:
    """Text as it is, its control characters written out."""
    return Text(printable(text), style)


def line(screen: Console, *parts: Text) -> None:
    """A line that is not broken, so that what is in it can be copied."""
    screen.print(*parts, sep="", soft_wrap=True)


def block(screen: Console, title: str, content: RenderableType) -> None:
    """Content beside its title, at most MAX_WIDTH columns wide, with an empty line before."""
    grid = Table.grid()
    grid.add_column(width=INDENT, no_wrap=True)
    grid.add_column()
    grid.add_row(Text(title, "bold"), content)
    screen.print()
    screen.print(Constrain(grid, MAX_WIDTH))
