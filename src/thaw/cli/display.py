"""Progress of a local run: on a terminal one live line for the step at work, elsewhere a line a minute."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from ..kubeflow.watcher import Watcher
from ..progress import LOG_SECONDS, ProgressEvent
from ..report.formats import duration
from .progress_line import description, live_line
from .terminal import line, literal

REDRAW_SECONDS = 0.2
HIDDEN_STEPS = ("report_outcome",)
"""Steps that a reader need not hear of."""
GROUP = "group"
"""What stands for a step's name in a report of this process that a group of steps begins or has ended."""


class Display(Watcher):
    """Shows the reports of the steps of a run, in the order in which they come."""

    def __init__(self, screen: Console) -> None:
        self.screen = screen
        self.live = Live(
            console=screen, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self.channel: Path | None = None
        self.group = ""
        self.step: ProgressEvent | None = None
        self.stage: ProgressEvent | None = None
        self.seconds_of: dict[str, float] = {}
        self.began = self.logged = time.monotonic()

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

    def iteration(self, name: str, ended: bool) -> None:
        """The steps between beginning and end of a group leave one line together. Reported by way of the channel, so
        that it is read after what the steps before have reported."""
        assert self.channel is not None, "a run is being followed"
        with self.channel.open("a") as file:
            file.write(json.dumps(asdict(ProgressEvent(GROUP, name, 0, 0, 0.0, "", ended))) + "\n")

    def _follow(self, channel: Path, ended: threading.Event) -> None:
        with channel.open() as file, self.live if self.screen.is_terminal else contextlib.nullcontext():
            rest = ""
            while True:
                last = ended.wait(REDRAW_SECONDS)
                *lines, rest = (rest + file.read()).split("\n")
                for text in lines:
                    self.update(ProgressEvent(**json.loads(text)))
                if last:
                    return self._close()
                self._show()

    def update(self, report: ProgressEvent) -> None:
        """Take note of a report; a step that ends leaves a line."""
        if report.step in HIDDEN_STEPS:
            return
        if report.step == GROUP:
            self._update_group(report)
        elif report.stage:
            self._update_stage(report)
        elif report.finished and self.group:
            self.seconds_of[_title(report.step)] = report.seconds
            self.step = None
        elif report.finished:
            self._leave_line("✓", _title(report.step), report.seconds)
        else:
            self.step, self.stage = report, None
            if not self.group:
                self._begin()

    def _update_stage(self, report: ProgressEvent) -> None:
        self.stage = report
        if report.finished and (report.before or not self.group):
            name = f"{report.stage} from a checkpoint" if report.before else report.stage
            self.seconds_of[name] = self.seconds_of.get(name, 0) + report.seconds

    def _update_group(self, report: ProgressEvent) -> None:
        if report.finished:
            self.group = ""
            self._leave_line("✓", report.stage, time.monotonic() - self.began)
        else:
            self.group = report.stage
            self._begin()

    def _begin(self) -> None:
        self.seconds_of, self.began = {}, time.monotonic()
        self.logged = self.began

    def _leave_line(self, mark: str, title: str, seconds: float) -> None:
        long = {name: spent for name, spent in self.seconds_of.items() if spent >= 1 or "checkpoint" in name}
        stages = " · ".join(f"{name} {duration(spent)}" for name, spent in long.items())
        self.step = self.stage = None
        self._show()
        parts = [Text("  "), Text(mark, "green" if mark == "✓" else "red"), literal(f" {title:<17}")]
        parts += [Text(f" {duration(seconds) if seconds >= 1 else f'{seconds:.1f} s':>11}")]
        parts += [literal(f"  {stages}", "dim")] if stages else []
        line(self.screen, *parts)

    def _close(self) -> None:
        """A step that has not ended has failed."""
        if self.step is not None:
            self._leave_line("✗", self._name(self.step), time.monotonic() - self.began)

    def _show(self) -> None:
        now = time.monotonic()
        if self.screen.is_terminal:
            self.live.update(self._live_line(now) if self.step else "", refresh=True)
        elif self.step and now - self.logged >= LOG_SECONDS:
            self.logged = now
            text = f"    {self._name(self.step):<17} {duration(now - self.began):>11}  {description(self.stage)}"
            line(self.screen, literal(text))

    def _live_line(self, now: float) -> RenderableType:
        assert self.step is not None
        return live_line(self._name(self.step), now - self.began, self.stage, self.screen.width)

    def _name(self, step: ProgressEvent) -> str:
        return f"{self.group}: {_title(step.step)}" if self.group else _title(step.step)


def _title(step: str) -> str:
    return step.replace("_", " ")
