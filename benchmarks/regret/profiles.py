"""The profile of every cell of the table, taken anew: evidence may change, and the truth stays what it is."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from thaw.records import Dataset, Profile

from . import table
from .workers import lines_of

LEFT_OUT = {"dataset", "rejected", "leaked", "schema_version"}
"""Fields of a profile that say nothing of a cell, or that another machine would have otherwise."""

Key = tuple[str, str, int, int]


def main() -> None:
    """`python -m benchmarks.regret.profiles TASK NETWORK ROWS:SEED…`: a line for each."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from .cell import profile_task

    task, network, *sizes = sys.argv[1:]
    for size in sizes:
        rows, seed = map(int, size.split(":"))
        with tempfile.TemporaryDirectory() as work:
            dataset, profile = profile_task(task, network, rows, seed, Path(work))
            found = profile.model_dump(mode="json", exclude=LEFT_OUT)
            found["network"]["reference"] = network
            line = {"task": task, "network": network, "rows": rows, "seed": seed, "profile": rounded(found)}
            line["validation"] = dataset.rows("validation")
            line["head_validation"] = head_on_validation(dataset, profile, Path(work))
            print(json.dumps(line), file=sys.__stdout__, flush=True)


def head_on_validation(dataset: Dataset, profile: Profile, work: Path) -> float | None:
    """Score on the validation split of the head that training starts from: what a pilot is compared with. None where
    training is not validated."""
    from thaw.metrics import scores
    from thaw.steps.choose.plans import TrainingOptions, training_plans
    from thaw.training.initial_head import fit_and_attach_head
    from thaw.training.inputs import load_inputs
    from thaw.training.timer import StageTimer

    from .cell import STORE, scratch

    plan = training_plans(dataset, profile, TrainingOptions())["full"]
    if not plan.validate_split:
        return None
    inputs = load_inputs(dataset, plan, scratch(work))
    fit_and_attach_head(inputs, dataset, STORE, StageTimer())
    held = inputs.validation
    predicted = inputs.network.logits(inputs.examples().take(held)).argmax(1)
    return float(scores.score_function(plan.metric)(inputs.rows.labels[held], predicted))


def rounded(value: Any) -> Any:
    """Five digits: what is more is noise."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    return [rounded(inner) for inner in value] if isinstance(value, list | tuple) else value


def extend(again: bool = False) -> None:
    """Write the profiles of cells that have runs and no profile, or of all."""
    lines = {} if again else {key(line): line for line in table.read(table.PROFILES)}
    wanted: dict[tuple[str, str], list[str]] = defaultdict(list)
    for run in sorted({key(line) for line in table.read(table.TRUTH)} - set(lines)):
        if not run[1].endswith("-scratch"):
            wanted[run[:2]].append(f"{run[2]}:{run[3]}")
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for found in pool.map(lambda item: lines_of("profiles", *item[0], *item[1]), wanted.items()):
            lines |= {key(line): line for line in found}
    part = table.PROFILES.with_suffix(".part")
    part.write_text("".join(json.dumps(lines[place]) + "\n" for place in sorted(lines)))
    os.replace(part, table.PROFILES)
    print(f"{len(lines)} profiles", flush=True)


def key(line: dict[str, Any]) -> Key:
    return line["task"], line["network"], line["rows"], line["seed"]


if __name__ == "__main__":
    main()
