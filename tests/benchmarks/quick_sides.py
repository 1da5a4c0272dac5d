"""Sides that cost nothing, for the test of how sides are run."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.training.sides import Measured, Task


def quick(task: Task) -> Measured:
    with Path(task.options["log"]).open("a") as log:
        log.write("quick\n")
    return Measured(1.0, 0.5, {"scratch": str(task.scratch)})


def slow(task: Task) -> Measured:
    with Path(task.options["log"]).open("a") as log:
        log.write("slow\n")
    return Measured(4.0, 0.5)


def broken(task: Task) -> Measured:
    raise ValueError("it broke")


def large(task: Task) -> Measured:
    block = b"x" * (300 * 2**20)
    time.sleep(0.5)  # to be seen also by an observer who waits for a core
    return Measured(float(len(block)))
