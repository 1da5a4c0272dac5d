"""Pilots of the table's trainings. Where an epoch is about as long as a pilot, the training's own curve tells what one
shows; of the others the first steps are taken again."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from thaw.steps.choose.pilot import PILOT_UPDATES

from . import table
from .workers import lines_of

MAX_UPDATES_RATIO = 1.2
"""Times the steps of a pilot, up to which the end of an epoch tells the same."""


def main() -> None:
    """`python -m benchmarks.regret.first_steps TASK NETWORK ROWS SEED STRATEGY…`: a line for each."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from thaw.steps.choose.pilot import run_pilot
    from thaw.steps.choose.plans import TrainingOptions, training_plans

    from .cell import MAX_SECONDS, profile_task, scratch

    task, network, rows, seed, *strategies = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        dataset, profile = profile_task(task, network, int(rows), int(seed), work)
        plans = training_plans(dataset, profile, TrainingOptions(seed=int(seed), max_seconds=MAX_SECONDS))
        for strategy in strategies:
            found, _ = run_pilot(dataset, plans[strategy], f"{folder}/store", scratch(work))  # type: ignore[index]
            line = {"task": task, "network": network, "rows": int(rows), "seed": int(seed)}
            line |= found.model_dump(include={"strategy", "updates", "score", "head_score"})
            line["recipe_version"] = table.VERSIONS[found.strategy]
            print(json.dumps(line), file=sys.__stdout__, flush=True)


def score_on_curve(run: dict[str, Any]) -> float | None:
    """The validation score at the end of the epoch that ends where a pilot does, or a little later."""
    for steps, _, score, _ in run["curve"]:
        if PILOT_UPDATES <= steps <= MAX_UPDATES_RATIO * PILOT_UPDATES:
            return score
    return None


def extend() -> None:
    """Take the pilots that neither a curve nor the file tells of."""
    done = {key(line) for line in table.read(table.PILOTS)}
    wanted: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for run in table.read(table.TRUTH):
        validated = table.is_current(run) and run["recipe"].get("validated") and run["recipe"]["training"]
        if (
            validated
            and score_on_curve(run) is None
            and key(run) not in done
            and not run["network"].endswith("-scratch")
        ):
            wanted[run["task"], run["network"], str(run["rows"]), str(run["seed"])].append(run["strategy"])
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for lines in pool.map(lambda item: lines_of("first_steps", *item[0], *item[1]), wanted.items()):
            for line in lines:
                table.append(table.PILOTS, line)
    print(f"{len(list(table.read(table.PILOTS)))} pilots", flush=True)


def key(line: dict[str, Any]) -> tuple[str, str, int, int, str, int]:
    """A pilot of another recipe is none of the training's."""
    return line["task"], line["network"], line["rows"], line["seed"], line["strategy"], line["recipe_version"]


if __name__ == "__main__":
    main()
