"""Work prepared ahead of the device, or only when it is asked for; data on a server 20 ms away, and on the local disk.

The frozen path from an empty store: shards read, images decoded, one pass. A shard holds one batch.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest import mock

from . import latency, sides
from .rows import Line, Row, Runs, Setting, ratio_line
from .sides import Measured, Task

ROWS = 32
"""Rows in a shard."""


@contextmanager
def set_up(setting: Setting) -> Iterator[Setting]:
    """The data in two places: a server that answers late, and the local disk."""
    with latency.far_server() as (far, environment):
        places = {"far": far, "near": str(setting.work / "near")}
        options = setting.options | {"places": places}
        for place in places:
            sides.run("prefetch:lay_out", setting.work, options | {"place": place}, environment)
        yield replace(setting, options=options, environment=environment)


def lay_out(task: Task) -> Measured:
    """Ingest in shards of a batch. Not timed."""
    from thaw.data import shards as dataset
    from thaw.steps.ingest import step as ingest

    place = task.options["place"]
    with mock.patch.object(dataset, "SHARD_BYTES", 1), mock.patch.object(dataset, "GROUP_ROWS", ROWS):
        made = ingest.run(task.options["data"], task.options["places"][place], task.scratch)
    made.write(task.work / f"{place}.json")
    return Measured(0.0, details={"shards": sum(map(len, made.shards.values()))})


def far(task: Task) -> Measured:
    return frozen(task, "far")


def far_unprepared(task: Task) -> Measured:
    return without_prefetch(task, "far")


def near(task: Task) -> Measured:
    return frozen(task, "near")


def near_unprepared(task: Task) -> Measured:
    return without_prefetch(task, "near")


def frozen(task: Task, place: str) -> Measured:
    from . import thaw_side

    store = f"{task.options['places'][place]}/empty/{uuid.uuid4().hex}"
    return thaw_side.train(task, "frozen", store, dataset=f"{place}.json")


def without_prefetch(task: Task, place: str) -> Measured:
    """Training in which nothing is begun before it is asked for."""
    from thaw.data import prefetch as module

    usual = module.prefetch

    def never(prepare: Callable[[Any], Any], items: Iterable[Any], **_: int) -> Generator[Any, None, None]:
        return usual(prepare, items, buffer_size=0)

    # Before any other module takes the name from there; the process ends with this side.
    module.prefetch = never  # type: ignore[assignment]
    return frozen(task, place)


def judge(runs: Runs, facts: dict[str, Any]) -> list[Line]:
    """The row's lines. From the local disk prefetching must not be slower, within what two runs differ by anyway."""
    return [
        ratio_line("prefetch, 20 ms away", runs, "prefetch:far_unprepared", "prefetch:far", 1.5),
        ratio_line("prefetch, local disk", runs, "prefetch:near_unprepared", "prefetch:near", 0.98),
    ]


ROW = Row(
    "prefetch",
    "image",
    ("prefetch:far_unprepared", "prefetch:far", "prefetch:near_unprepared", "prefetch:near"),
    judge,
    set_up=set_up,
)
