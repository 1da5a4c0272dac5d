"""Progress of a local run: on a terminal one live line for the step at work, elsewhere a line a minute."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from ..progress import LOG_SECONDS, ProgressEvent
from ..report.formats import count
from .terminal import Terminal

REDRAW_SECONDS = 0.2
BAR = 20
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
SILENT = ("report_outcome",)
"""Steps that a reader need not hear of."""
GROUP = "group"
"""In place of a step's name: a report of this process, that a group of steps begins or has ended."""


class Display:
    """Shows the reports of the steps of a run, in the order in which they come."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.channel: Path | None = None
        self.group = ""
        self.step: ProgressEvent | None = None
        self.stage: ProgressEvent | None = None
        self.stages: dict[str, float] = {}
        self.since = self.told = time.monotonic()
        self.turns = 0

    @contextlib.contextmanager
    def following(self, channel: Path) -> Iterator[None]:
        """Show what is appended to the file until the block ends."""
        self.channel = channel
        ended = threading.Event()
        thread = threading.Thread(target=self._follow, args=(channel, ended), name="display", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def announce(self, group: str, ended: bool) -> None:
        """The steps between beginning and end of a group leave one line together. Told by way of the channel, so that
        it is heard after what the steps before have said."""
        report = ProgressEvent(GROUP, group, 0, 0, 0.0, "", ended)
        assert self.channel is not None, "a run is being followed"
        with self.channel.open("a") as file:
            file.write(json.dumps(asdict(report)) + "\n")

    def _follow(self, channel: Path, ended: threading.Event) -> None:
        with channel.open() as file:
            rest = ""
            while True:
                last = ended.wait(REDRAW_SECONDS)
                *lines, rest = (rest + file.read()).split("\n")
                for line in lines:
                    self.tell(ProgressEvent(**json.loads(line)))
                if last:
                    return self._close()
                self._show()

    def tell(self, report: ProgressEvent) -> None:
        """Take note of a report; a step that ends leaves a line."""
        if report.step in SILENT:
            return
        if report.step == GROUP:
            self._tell_group(report)
        elif report.stage:
            self.stage = report
            if report.finished and (report.before or not self.group):
                name = f"{report.stage} from a checkpoint" if report.before else report.stage
                self.stages[name] = self.stages.get(name, 0) + report.seconds
        elif report.finished and self.group:
            self.stages[_title(report.step)] = report.seconds
            self.step = None
        elif report.finished:
            self._line(self.terminal.good("✓"), report.step, report.seconds)
        else:
            self.step, self.stage = report, None
            if not self.group:
                self._begin()

    def _tell_group(self, report: ProgressEvent) -> None:
        if report.finished:
            self.group = ""
            self._line(self.terminal.good("✓"), report.stage, time.monotonic() - self.since)
        else:
            self.group = report.stage
            self._begin()

    def _begin(self) -> None:
        self.stages, self.since = {}, time.monotonic()
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
            self._line(self.terminal.bad("✗"), self._name(self.step), time.monotonic() - self.since)
        self._erase()

    def _show(self) -> None:
        if not self.step:
            return
        now = time.monotonic()
        name = self._name(self.step)
        if self.terminal.live:
            self.turns += 1
            spinner = SPINNER[self.turns % len(SPINNER)]
            text = f"  {spinner} {name:<17} {clock(now - self.since):>11}  {describe(self.stage, BAR)}"
            self.terminal.stream.write(f"\r{text[: self.terminal.width - 1]}\x1b[K")
            self.terminal.stream.flush()
        elif now - self.told >= LOG_SECONDS:
            self.told = now
            self.terminal.line(f"    {name:<17} {clock(now - self.since):>11}  {describe(self.stage)}")

    def _name(self, step: ProgressEvent) -> str:
        return f"{self.group}: {_title(step.step)}" if self.group else _title(step.step)

    def _erase(self) -> None:
        if self.terminal.live:
            self.terminal.stream.write("\r\x1b[K")
            self.terminal.stream.flush()


def describe(stage: ProgressEvent | None, bar: int = 0) -> str:
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
