"""Progress of a step, for the command line or the log.

Steps have no terminal: locally KFP swallows their output, on a cluster it is a log. When THAW_PROGRESS names a file,
each event is appended to it as one JSON line (the fields of `ProgressEvent`) for the command line to show; otherwise
a line a minute is printed.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from .printable import printable

CHANNEL = "THAW_PROGRESS"
FILE_SECONDS = 0.5
LOG_SECONDS = 60.0

_step = ""


@dataclass(frozen=True)
class ProgressEvent:
    """Progress of a stage, or of the whole step when `stage` is empty.

    `total` is 0 where nothing is counted. `before` of `done` were done by an earlier process, not in these `seconds`.
    """

    step: str
    stage: str
    done: int
    total: int
    seconds: float
    note: str
    finished: bool
    before: int = 0

    def publish(self) -> None:
        path = os.environ.get(CHANNEL)
        if path:
            with open(path, "a") as file:
                file.write(json.dumps(asdict(self)) + "\n")
        else:
            print(printable(str(self)), flush=True)

    def __str__(self) -> str:
        name = " ".join(filter(None, (self.step, self.stage)))
        count = f" {self.done}/{self.total}" if self.total else ""
        end = " finished" if self.finished else ""
        return f"{name}:{count}{end} after {self.seconds:.0f} s {self.note}".rstrip()


class Stage:
    """Counts rows of one named stage; `advance` is cheap enough to call for every batch."""

    def __init__(self, name: str, total: int) -> None:
        self.name, self.total, self.done, self.before = name, total, 0, 0
        self.started = time.monotonic()
        self.reported = 0.0
        self.note = ""

    def advance(self, rows: int, note: str = "") -> None:
        self.done += rows
        self.note = note or self.note
        interval = FILE_SECONDS if os.environ.get(CHANNEL) else LOG_SECONDS
        if time.monotonic() - self.reported >= interval:
            self.report()

    def resume(self, rows: int, note: str) -> None:
        """An earlier process had done `rows`."""
        self.done = self.before = rows
        self.note = note
        self.report()

    def log(self, note: str) -> None:
        """Print a line to the log, and show it as the note."""
        self.note = note
        print(printable(f"{_step} {self.name}: {note}".strip()), flush=True)
        self.report()

    def report(self, finished: bool = False) -> None:
        self.reported = time.monotonic()
        seconds = round(self.reported - self.started, 2)
        ProgressEvent(_step, self.name, self.done, self.total, seconds, self.note, finished, self.before).publish()


@contextmanager
def stage(name: str, total: int = 0) -> Iterator[Stage]:
    """ProgressEvent the beginning and end of a stage, and its progress between."""
    current = Stage(name, total)
    current.report()
    yield current
    current.report(finished=True)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Name the step that this process runs, and report its beginning and end."""
    global _step
    _step = name
    with stage(""):
        yield
    _step = ""
