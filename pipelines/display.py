"""Progress of a local run: on a terminal one live line for the step at work, elsewhere a line a minute."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from ..components.core.html import count
from ..components.core.progress import LOG_SECONDS, Report
from .terminal import Terminal

REDRAW_SECONDS = 0.2
BAR = 20
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
SILENT = ("report_outcome",)
"""Steps that a reader need not hear of."""


class Display:
    """Shows the reports of the steps of a run, in the order in which they come."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.step: Report | None = None
        self.stage: Report | None = None
        self.stages: dict[str, float] = {}
        self.since = self.told = time.monotonic()
        self.turns = 0

    @contextlib.contextmanager
    def following(self, channel: Path) -> Iterator[None]:
        """Show what is appended to the file until the block ends."""
        ended = threading.Event()
        thread = threading.Thread(target=self._follow, args=(channel, ended), name="display", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _follow(self, channel: Path, ended: threading.Event) -> None:
        with channel.open() as file:
            rest = ""
            while True:
                last = ended.wait(REDRAW_SECONDS)
                *lines, rest = (rest + file.read()).split("\n")
                for line in lines:
                    self.tell(Report(**json.loads(line)))
                if last:
                    return self._close()
                self._show()

    def tell(self, report: Report) -> None:
        """Take note of a report; a step that ends leaves a line."""
        if report.step in SILENT:
            return
        if report.stage:
            self.stage = report
            if report.finished:
                name = f"{report.stage} from a checkpoint" if report.before else report.stage
                self.stages[name] = self.stages.get(name, 0) + report.seconds
        elif report.finished:
            self._line(self.terminal.good("✓"), report.step, report.seconds)
        else:
            self.step, self.stage, self.stages, self.since = report, None, {}, time.monotonic()
            self.told = self.since

    def _line(self, mark: str, step: str, seconds: float) -> None:
        told = {name: spent for name, spent in self.stages.items() if spent >= 1 or "checkpoint" in name}
        parts = " · ".join(f"{name} {clock(spent)}" for name, spent in told.items())
        text = f"  {mark} {_title(step):<17} {clock(seconds):>11}  {self.terminal.dim(parts)}"
        self._erase()
        self.terminal.line(text.rstrip())
        self.step = None

    def _close(self) -> None:
        """A step that has not ended has failed."""
        if self.step:
            self._line(self.terminal.bad("✗"), self.step.step, time.monotonic() - self.since)
        self._erase()

    def _show(self) -> None:
        if not self.step:
            return
        now = time.monotonic()
        if self.terminal.live:
            self.turns += 1
            spinner = SPINNER[self.turns % len(SPINNER)]
            text = (
                f"  {spinner} {_title(self.step.step):<17} {clock(now - self.since):>11}  {describe(self.stage, BAR)}"
            )
            self.terminal.stream.write(f"\r{text[: self.terminal.width - 1]}\x1b[K")
            self.terminal.stream.flush()
        elif now - self.told >= LOG_SECONDS:
            self.told = now
            self.terminal.line(
                f"    {_title(self.step.step):<17} {clock(now - self.since):>11}  {describe(self.stage)}"
            )

    def _erase(self) -> None:
        if self.terminal.live:
            self.terminal.stream.write("\r\x1b[K")
            self.terminal.stream.flush()


def describe(stage: Report | None, bar: int = 0) -> str:
    """What a step is doing: `features ━━━━━━━╌╌╌ 812/2,000 · 52/s · 23 s left`."""
    if stage is None or stage.finished:
        return ""
    parts = []
    if stage.total:
        parts.append(f"{count(stage.done)}/{count(stage.total)}")
        if stage.done > stage.before and stage.seconds:
            rate = (stage.done - stage.before) / stage.seconds
            parts.append(f"{count(rate) if rate >= 10 else f'{rate:.2g}'}/s")
            if stage.done < stage.total:
                parts.append(f"{clock((stage.total - stage.done) / rate)} left")
    if stage.note:
        parts.append(stage.note)
    filled = round(bar * min(stage.done / stage.total, 1)) if stage.total else 0
    drawn = "━" * filled + "╌" * (bar - filled) if bar and stage.total else ""
    return " ".join(filter(None, (stage.stage, drawn, " · ".join(parts))))


def clock(seconds: float) -> str:
    """
    >>> clock(4.21), clock(185)
    ('4.2 s', '3 min 05 s')
    """
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def _title(step: str) -> str:
    return step.replace("_", " ")
