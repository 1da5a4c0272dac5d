"""Peak anonymous memory of training on ten times as many rows, on a tiny network of random weights and short texts.

Every run is a process of its own, looked at from outside every 50 ms; files mapped into memory do not count.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from . import sides
from .rows import Line, Row, Runs, Setting, median_of
from .sides import Clock, Measured, Task

SIZES = {"few": 20_000, "many": 200_000}
MAX_RATIO = 1.1
MIB = 2**20


@contextmanager
def set_up(setting: Setting) -> Iterator[Setting]:
    for name, rows in SIZES.items():
        (setting.work / name).mkdir()
        sides.run("memory:lay_out", setting.work / name, {"rows": setting.options.get(name, rows)})
    yield setting


def lay_out(task: Task) -> Measured:
    """Texts, a network, and Thaw's profile of them. Not measured."""
    from tests.networks import tiny

    from . import workload

    network, table = tiny.text_folder(task.work / "network"), task.work / "texts.csv"
    texts, labels = tiny.texts(task.options["rows"])
    with table.open("w", newline="") as file:
        rows = enumerate(zip(texts, labels, strict=True))
        csv.writer(file).writerows([("text", "label"), *((f"{text} {i}", label) for i, (text, label) in rows)])
    return workload.prepare(replace(task, options={"data": str(table), "network": str(network)}))


def frozen_few(task: Task) -> Measured:
    return train(task, "few", "frozen")


def frozen_many(task: Task) -> Measured:
    return train(task, "many", "frozen")


def full_few(task: Task) -> Measured:
    return train(task, "few", "full", epochs=1)


def full_many(task: Task) -> Measured:
    return train(task, "many", "full", epochs=1)


def train(task: Task, size: str, strategy: str, **changes: Any) -> Measured:
    from thaw.records import Dataset

    from . import thaw_side
    from .workload import plan_of

    work = task.work / size
    plan = thaw_side.with_settings(plan_of(work, strategy), **changes)
    clock = Clock()
    training = thaw_side.run_step(Dataset.read(work / "dataset.json"), plan, task.scratch)
    return Measured(clock.seconds, details=thaw_side.report(training))


def judge(runs: Runs, facts: dict[str, Any]) -> list[Line]:
    return [line(runs, strategy) for strategy in ("frozen", "full")]


def line(runs: Runs, strategy: str) -> Line:
    few, many = (median_of(runs, f"memory:{strategy}_{size}", "peak_rss_anon") / MIB for size in SIZES)
    return Line(
        f"memory, {strategy}, 10 × rows", few, many, many / few, f"≤ {MAX_RATIO}", many <= MAX_RATIO * few, unit="MiB"
    )


SIDES = ("memory:frozen_few", "memory:frozen_many", "memory:full_few", "memory:full_many")
ROW = Row("memory", "", SIDES, judge, set_up=set_up)
