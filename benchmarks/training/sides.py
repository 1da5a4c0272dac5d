"""One side of a comparison: a function that runs in a process of its own and says how long it took.

The function imports its frameworks, builds or opens its network and warms up (tracing, first kernels) before its clock
starts. What is measured begins with files on disk and ends with a trained model; scoring comes after.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import rss

ROOT = Path(__file__).parents[2]
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "2", "HF_HUB_OFFLINE": "1", "KERAS_BACKEND": "tensorflow"}


@dataclass(frozen=True)
class Task:
    """What a side is given."""

    work: Path
    """The prepared data and network (`workload`)."""
    scratch: Path
    """An empty folder, gone afterwards."""
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """What a side gives back."""

    seconds: float
    accuracy: float | None = None
    """Accuracy on the held-out rows."""
    details: dict[str, Any] = field(default_factory=dict)


Side = Callable[[Task], Measured]


class Clock:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self.started = time.perf_counter()

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.started


def run(side: str, work: Path, options: dict[str, Any], environment: dict[str, str] | None = None) -> dict[str, Any]:
    """Run `module:function` of this package in a fresh process; its `Measured` as a dict, with `peak_rss_anon` bytes.

    RuntimeError with the end of its output when it fails.
    """
    with tempfile.TemporaryDirectory(dir=work, prefix="side-") as folder:
        given, result = Path(folder, "task.json"), Path(folder, "result.json")
        scratch, log = Path(folder, "scratch"), Path(folder, "log")
        scratch.mkdir()
        given.write_text(json.dumps({"work": str(work), "scratch": str(scratch), "options": options}))
        command = [sys.executable, "-m", __name__, side, str(given), str(result)]
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, cwd=ROOT, env=QUIET | os.environ | (environment or {}), stdout=out, stderr=out
            )
            try:
                peak = rss.peak(process)
            finally:
                process.kill()
                process.wait()
        if process.returncode or not result.exists():
            raise RuntimeError(f"{side} failed:\n" + log.read_text(errors="replace")[-3000:])
        shutil.rmtree(scratch, ignore_errors=True)
        return json.loads(result.read_text()) | {"peak_rss_anon": peak}


def main(side: str, given: str, result: str) -> None:
    module, function = side.split(":")
    task = json.loads(Path(given).read_text())
    call: Side = getattr(importlib.import_module(module if "." in module else f"{__package__}.{module}"), function)
    measured = call(Task(Path(task["work"]), Path(task["scratch"]), task["options"]))
    Path(result).write_text(json.dumps(measured.__dict__))


if __name__ == "__main__":
    main(*sys.argv[1:])
