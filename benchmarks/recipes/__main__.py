"""`python -m benchmarks.recipes`: every strategy on the two examples, scored on their test rows.

Prints a table, and keeps every run in `benchmarks/results/recipes.json` as it ends; a run that is there is not repeated
while the recipe is the same.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import os
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from thaw.cli import defaults
from thaw.data.shards import read_rows
from thaw.networks.loading import load_model
from thaw.records import STRATEGIES, Dataset, Plan
from thaw.steps.choose import step as choose_strategy
from thaw.steps.fine_tune import step as fine_tune
from thaw.steps.ingest import step as ingest
from thaw.steps.profile import step as profile_dataset

from ..training.results import machine

RESULTS = Path(__file__).parents[1] / "results" / "recipes.json"


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.recipes", description=__doc__)
    arguments.add_argument("--only", choices=tuple(defaults.EXAMPLES), help="one of the tasks")
    given = arguments.parse_args()
    runs = json.loads(RESULTS.read_text())["runs"] if RESULTS.exists() else []
    for task in [given.only] if given.only else defaults.EXAMPLES:
        with tempfile.TemporaryDirectory() as folder:
            measure(task, Path(folder), runs)
    print(table(runs))


def measure(task: str, work: Path, runs: list[dict[str, Any]]) -> None:
    data, network = prepare(task), prepare(defaults.EXAMPLES[task])
    store = str(work / "store")
    dataset = ingest.run(str(data), store, scratch(work))
    profile = profile_dataset.run(dataset, str(network), store, scratch(work))
    for strategy in STRATEGIES:
        if strategy == "lora" and not profile.network.supports_lora:
            continue
        plan = choose_strategy.run(dataset, profile, strategy=strategy).plan
        run = {"task": task, "strategy": strategy, "recipe": recipe(plan)}
        if not any(run.items() <= done.items() for done in runs):
            runs[:] = [done for done in runs if (done["task"], done["strategy"]) != (task, strategy)]
            runs.append(run | train_and_score(dataset, plan, store, scratch(work)))
            write(runs)


def prepare(example: str) -> Path:
    path: Path = importlib.import_module(f"thaw.examples.{example}").prepare(defaults.CACHE)
    return path


def recipe(plan: Plan) -> dict[str, Any]:
    return {"cut": plan.cut, "training": plan.training.model_dump() if plan.training else None}


def train_and_score(dataset: Dataset, plan: Plan, store: str, folder: Path) -> dict[str, Any]:
    training = fine_tune.run(dataset, plan, store, folder / "model", folder)
    network = load_model(folder / "model")
    rows = read_rows(dataset, ("test",), folder)
    right = network.logits(network.encode(rows.raw, folder)).argmax(1) == rows.labels
    return {"accuracy": float(right.mean()), "test_rows": len(rows), "seconds": training.seconds}


def scratch(work: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=work))


def write(runs: list[dict[str, Any]]) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"machine": machine(), "runs": runs}, indent=1) + "\n")


def table(runs: list[dict[str, Any]]) -> str:
    lines = [f"{'task':<8}{'strategy':<10}{'accuracy':>9}{'± standard error':>18}{'test rows':>11}{'seconds':>9}"]
    for run in runs:
        score, rows = run["accuracy"], run["test_rows"]
        error = math.sqrt(score * (1 - score) / rows)
        name = f"{run['task']:<8}{run['strategy']:<10}"
        lines.append(f"{name}{score:>9.3f}{error:>18.3f}{rows:>11}{run['seconds']:>9.0f}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
