"""Which cells there are, and running those that the table lacks: a process a cell, one pinned to each core."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from thaw.records import STRATEGIES

from . import table
from .networks import NETWORKS, SCRATCH
from .tasks import ALL, TASKS, Task, rows_of
from .workers import SETTINGS

SEEDS = (0, 1)
LARGE_TASKS = ("movie", "sections", "fashion")
"""Tasks with thousands of rows, and without pretraining."""
SIMILAR_TASKS = ("tweets", "amazon", "nyt", "r52")
"""Tasks of a family that another one stands for where rows are many and runs are long."""


@dataclass(frozen=True)
class Cell:
    task: str
    network: str
    rows: int
    seed: int

    def key(self, strategy: str) -> tuple[str, str, int, int, str]:
        return self.task, self.network, self.rows, self.seed, strategy


def cells() -> Iterator[tuple[Cell, tuple[str, ...]]]:
    """Cells in the order of their worth: every task at a middle size, then the ends, then what lies between."""
    scale, large = [TASKS[name] for name in LARGE_TASKS], [task for task in ALL if task.name not in SIMILAR_TASKS]
    first, second = SEEDS
    for tasks, rows, seed in (
        (ALL, middle_rows, first),
        (ALL, few_rows, first),
        (scale, largest_rows, first),
        (ALL, middle_rows, second),
        (large, many_rows, first),
        (ALL, few_rows, second),
        (large, many_rows, second),
        (scale, largest_rows, second),
    ):
        for task in tasks:
            if rows(task) <= len(rows_of(task.name).pool):
                yield from of_networks(task, rows(task), seed)
    for task in scale:
        for network in SCRATCH.values():
            if NETWORKS[network.removesuffix("-scratch")] == task.modality:
                yield Cell(task.name, network, many_rows(task), first), ("full",)


def middle_rows(task: Task) -> int:
    return 300


def many_rows(task: Task) -> int:
    return 1000


def largest_rows(task: Task) -> int:
    return 4000


def few_rows(task: Task) -> int:
    """Five rows a class."""
    classes = len({label for _, label in rows_of(task.name).pool})
    return max(20, 5 * classes)


def of_networks(task: Task, rows: int, seed: int) -> Iterator[tuple[Cell, tuple[str, ...]]]:
    for network, modality in NETWORKS.items():
        if modality == task.modality:
            yield (
                Cell(task.name, network, rows, seed),
                tuple(strategy for strategy in STRATEGIES if strategy != "lora" or modality == "text"),
            )


def missing(only: str = "") -> list[tuple[Cell, tuple[str, ...]]]:
    """Cells whose name contains `only`, and the strategies that the table lacks of each."""
    done = {
        (line["task"], line["network"], line["rows"], line["seed"], line["strategy"])
        for line in table.read(table.TRUTH)
        if table.is_current(line)
    }
    left = []
    for cell, strategies in dict(cells()).items():
        lacking = tuple(strategy for strategy in strategies if cell.key(strategy) not in done)
        if lacking and only in f"{cell.task} {cell.network} {cell.rows} {cell.seed}":
            left.append((cell, lacking))
    return left


def run(only: str = "", seconds: float = float("inf")) -> None:
    """Run what is missing, beginning no cell after `seconds`."""
    left: queue.SimpleQueue[tuple[Cell, tuple[str, ...]]] = queue.SimpleQueue()
    todo = missing(only)
    for item in todo:
        left.put(item)
    print(f"{len(todo)} cells to run", flush=True)
    ends, lock = time.monotonic() + seconds, threading.Lock()
    workers = [threading.Thread(target=work, args=(core, left, ends, lock)) for core in sorted(os.sched_getaffinity(0))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def work(core: int, left: queue.SimpleQueue[tuple[Cell, tuple[str, ...]]], ends: float, lock: threading.Lock) -> None:
    while time.monotonic() < ends:
        try:
            cell, strategies = left.get_nowait()
        except queue.Empty:
            return
        try:
            run_cell(cell, strategies, core, lock)
        except (subprocess.CalledProcessError, ValueError) as error:
            print(f"{cell} failed: {error}", flush=True)


def run_cell(cell: Cell, strategies: tuple[str, ...], core: int, lock: threading.Lock) -> None:
    command = [sys.executable, "-m", "benchmarks.regret.cell", cell.task, cell.network, str(cell.rows), str(cell.seed)]
    pinned = ["taskset", "--cpu-list", str(core), *command, *strategies]
    started = time.monotonic()
    with subprocess.Popen(
        pinned, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **SETTINGS}, text=True
    ) as process:
        errors: list[str] = []
        drain = threading.Thread(target=lambda: errors.extend(process.stderr or ()))
        drain.start()
        for text in process.stdout or ():
            if text.startswith("{"):
                with lock:
                    keep(json.loads(text))
        drain.join()
    if process.returncode:
        print("".join(errors[-5:]), flush=True)
        raise subprocess.CalledProcessError(process.returncode, command)
    print(f"{cell.task} {cell.network} {cell.rows} {cell.seed}: {time.monotonic() - started:.0f} s", flush=True)


def keep(line: dict[str, object]) -> None:
    if "labels" not in line:
        table.append(table.TRUTH, line)
        return
    known = next((each for each in table.read(table.TESTS) if each["task"] == line["task"]), None)
    if known is None:
        table.append(table.TESTS, line)
    elif known != line:
        raise ValueError(f"the test rows of {line['task']} are not those of the table: its packages have changed")
