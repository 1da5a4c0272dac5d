"""What a step at work is doing, as a live line and as a line of a log."""

from __future__ import annotations

import time
from datetime import timedelta

from rich.console import RenderableType
from rich.constrain import Constrain
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from ..progress import ProgressEvent
from ..report.formats import count, duration
from .terminal import MAX_WIDTH, literal

BAR_WIDTH = 12
MIN_WIDTH_OF_BAR = 72
"""Columns of a terminal that has room for a bar and for names in columns."""
SPINNER = Spinner("dots", style="cyan")


def live_line(name: str, seconds: float, stage: ProgressEvent | None, width: int) -> Constrain:
    """One line, cut at the edge: `⠋ fine tune  0:00:23  training ━━━━╸━━━ 812/2,000 · 52/s · 23 s left`."""
    wide = width >= MIN_WIDTH_OF_BAR
    grid = Table.grid(padding=(0, 1))
    row: list[RenderableType] = [Text(" "), SPINNER.render(time.monotonic())]
    row += [literal(f"{name:<17}" if wide else name), Text(f"{_clock(seconds):>11}" if wide else _clock(seconds))]
    if stage and not stage.finished:
        row.append(literal(f" {stage.stage}" if wide else stage.stage))
        if stage.total and wide:
            row.append(ProgressBar(stage.total, min(stage.done, stage.total), BAR_WIDTH))
    for _ in row:
        grid.add_column(no_wrap=True, overflow="ellipsis")
    # Rich narrows the columns that may wrap first. So this one may, and its text does not.
    text = literal(numbers(stage) if stage and not stage.finished else "", "dim")
    text.no_wrap, text.overflow = True, "ellipsis"
    grid.add_row(*row, text)
    return Constrain(grid, MAX_WIDTH)


def description(stage: ProgressEvent | None) -> str:
    """The same for a log: `training 812/2,000 · 52/s · 23 s left`."""
    return "" if stage is None or stage.finished else " ".join(filter(None, (stage.stage, numbers(stage))))


def numbers(stage: ProgressEvent) -> str:
    """Rows done, rate and time left of a stage, and its note. What an earlier process did is no part of the rate."""
    parts = []
    if stage.total:
        parts.append(f"{count(stage.done)}/{count(stage.total)}")
        if stage.done > stage.before and stage.seconds:
            rate = (stage.done - stage.before) / stage.seconds
            parts.append(f"{count(rate) if rate >= 10 else f'{rate:.2g}'}/s")
            if stage.done < stage.total:
                parts.append(f"{duration((stage.total - stage.done) / rate)} left")
    return " · ".join([*parts, stage.note] if stage.note else parts)


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=int(seconds)))
