"""`python -m benchmarks.regret.cell TASK NETWORK ROWS SEED STRATEGY…`: the strategies of one cell, run for real.

Prints a JSON line with the labels of the test rows, and one for each strategy as it ends. A process of its own: what a
framework leaves in memory goes with it.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from thaw.cli.defaults import CACHE
from thaw.data.shards import read_rows
from thaw.metrics import scores
from thaw.networks.loading import load_model
from thaw.records import Dataset, Plan, Profile, Training
from thaw.steps.choose import costs, plans
from thaw.steps.fine_tune import step as fine_tune
from thaw.steps.ingest import step as ingest
from thaw.steps.profile import step as profile_dataset

from .networks import folder_of
from .table import VERSIONS
from .tasks import TASKS, Row, draw, rows_of

STORE = str(CACHE / "grid" / "store")
MAX_SECONDS = 900.0
"""Time that a training may take. A schedule that would take longer is shortened."""


def main() -> None:
    task, network, size, seed, *strategies = sys.argv[1:]
    with tempfile.TemporaryDirectory() as work:
        for line in lines(task, network, int(size), int(seed), strategies, Path(work)):
            print(json.dumps(line), file=sys.__stdout__, flush=True)


def lines(task: str, network: str, size: int, seed: int, strategies: list[str], work: Path) -> Iterator[dict[str, Any]]:
    dataset, profile = profile_task(task, network, size, seed, work)
    yield {"task": task, "labels": base64.b64encode(test_labels(dataset, work).astype(np.uint8).tobytes()).decode()}
    options = plans.training_plans(dataset, profile, plans.TrainingOptions(seed=seed, max_seconds=MAX_SECONDS))
    for strategy, plan in options.items():
        if strategy in strategies:
            cell = {"task": task, "network": network, "rows": size, "seed": seed, "strategy": strategy}
            yield cell | run(dataset, profile, plan, scratch(work))


def profile_task(task: str, network: str, size: int, seed: int, work: Path) -> tuple[Dataset, Profile]:
    """Ingest and profile a draw. Features stay in the cache, so that other evidence can be taken from them later."""
    dataset = ingest.run(str(table(task, size, seed, work)), STORE, scratch(work))
    return dataset, profile_dataset.run(dataset, str(folder_of(network)), STORE, scratch(work))


def test_labels(dataset: Dataset, work: Path) -> np.ndarray:
    return read_rows(dataset, ("test",), scratch(work)).labels


def table(task: str, size: int, seed: int, work: Path) -> Path:
    rows = rows_of(task)
    return write_rows(task, {"train": draw(rows.pool, size, seed), "test": rows.test}, work)


def write_rows(task: str, parts: Mapping[str, Sequence[Row]], work: Path) -> Path:
    """The rows of each split as a user would bring them: a Parquet file with the test split given."""
    column = "text" if TASKS[task].modality == "text" else "image"
    content = pa.table(
        {
            column: [content for part in parts.values() for content, _ in part],
            "label": [label for part in parts.values() for _, label in part],
            "split": [split for split, part in parts.items() for _ in part],
        }
    )
    path = work / "rows.parquet"
    pq.write_table(content, path)
    return path


def run(dataset: Dataset, profile: Profile, plan: Plan, folder: Path) -> dict[str, Any]:
    """Fine-tune from an empty store and score on the test rows."""
    started = time.process_time()
    training = fine_tune.run(dataset, plan, str(folder / "store"), folder / "model", folder)
    cpu = time.process_time() - started
    rows = read_rows(dataset, ("test",), folder)
    network = load_model(folder / "model")
    predicted = network.logits(network.encode(rows.raw, folder)).argmax(1)
    held_out = dataset.rows("validation") if plan.validate_split else 0
    passes = costs.forward_passes(
        plan, profile, dataset.rows("train") + dataset.rows("validation"), held_out, training.updates
    )
    return {
        "metric": plan.metric,
        "score": scores.score_function(plan.metric)(rows.labels, predicted),
        "right": base64.b64encode(np.packbits(predicted == rows.labels).tobytes()).decode(),
        "test_rows": len(rows),
        "seconds": round(training.seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "passes": round(passes),
        "stages": {name: round(seconds, 2) for name, seconds in training.stages.items()},
        "updates": training.updates,
        "head_score": training.head_score,
        "validation_score": training.validation_score,
        "temperature": round(training.temperature, 3),
        "curve": [[e.updates, round(e.loss, 4), e.score, round(e.seconds, 2)] for e in training.curve],
        "stopped": training.stopped.text,
        "recipe": recipe(plan),
        "number_type": training.compute_dtype,
        "device": device(training),
        "recipe_version": VERSIONS[plan.strategy],
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def recipe(plan: Plan) -> dict[str, Any]:
    """What of the plan a result goes stale with."""
    training = plan.training.model_dump(exclude_none=True) if plan.training else None
    return {
        "cut": plan.cut,
        "feature_depths": [[each.depth, each.weight] for each in plan.feature_depths],
        "input_size": plan.input_size,
        "validated": plan.validate_split,
        "training": training,
    }


def device(training: Training) -> str:
    cores = len(os.sched_getaffinity(0))
    return (
        f"{training.device}, {cores} core{'s' * (cores > 1)}" if "cpu" in training.device.lower() else training.device
    )


def scratch(work: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=work))


if __name__ == "__main__":
    main()
