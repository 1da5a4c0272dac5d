"""What it costs a training to hold rows out of it: the same draw trained on with a validation split to stop on, and on
all of its rows to the end of the schedule.

Settled here, so no row of a test split has a say: scores are those of HELD other rows of a task's pool. Keeps each
draw in `results/regret/held_out.jsonl`, goes on where it stopped, and prints mean scores.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np

from . import table
from .workers import lines_of

if TYPE_CHECKING:
    from thaw.records import Dataset, Profile, Strategy

    from .tasks import Row

FILE = table.RESULTS / "held_out.jsonl"
SIZES = (300, 1000)
HELD_OUT_ROWS = 800
SEED = 2
"""One that the truth table has not."""
NETWORKS = {"text": "paraphrase-l3", "image": "lite0"}
STRATEGY: Strategy = "full"


def main() -> None:
    """`python -m benchmarks.regret.held_out TASK ROWS`: a line."""
    from .tasks import TASKS, drawn_and_held

    task, size = sys.argv[1], int(sys.argv[2])
    if found := drawn_and_held(task, size, SEED, HELD_OUT_ROWS):
        network = NETWORKS[TASKS[task].modality]
        for line in scores(task, network, *found):
            print(json.dumps({"task": task, "network": network, "rows": size, **line}), file=sys.__stdout__, flush=True)


def scores(task: str, network: str, drawn: list[Row], held: list[Row]) -> Iterator[dict[str, Any]]:
    from thaw.steps.ingest import step as ingest
    from thaw.steps.profile import step as profile_dataset

    from .cell import scratch, write_rows
    from .networks import folder_of

    with tempfile.TemporaryDirectory() as folder:
        work, store = Path(folder), f"{folder}/store"
        rows = write_rows(task, {"train": drawn, "test": held}, work)
        dataset = ingest.run(str(rows), store, scratch(work))
        profile = profile_dataset.run(dataset, str(folder_of(network)), store, scratch(work))
        for validated in (True, False):
            yield train_and_score(dataset, profile, validated, scratch(work))


def train_and_score(dataset: Dataset, profile: Profile, validated: bool, folder: Path) -> dict[str, Any]:
    """Train on a draw and score the model on other rows, with the temperature that those ask for."""
    from thaw.data.shards import read_rows
    from thaw.metrics.calibration import temperature
    from thaw.networks.loading import load_model
    from thaw.steps.choose import plans

    from .cell import MAX_SECONDS, run

    with mock.patch.object(plans, "is_validated", return_value=validated):
        options = plans.training_plans(dataset, profile, plans.TrainingOptions(seed=SEED, max_seconds=MAX_SECONDS))
    done = run(dataset, profile, options[STRATEGY], folder)
    rows, network = read_rows(dataset, ("test",), folder), load_model(folder / "model")
    logits = network.logits(network.encode(rows.raw, folder))
    return {
        "classes": len(dataset.classes),
        "validated": validated,
        **{name: done[name] for name in ("metric", "score", "test_rows", "updates", "cpu_seconds")},
        "temperature": round(done["temperature"] * temperature(logits, rows.labels), 3),
    }


def measure() -> None:
    from .tasks import ALL

    done = {(line["task"], line["rows"]) for line in table.read(FILE)}
    wanted = [(task.name, size) for size in SIZES for task in ALL if (task.name, size) not in done]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for lines in pool.map(lambda draw: lines_of("held_out", draw[0], str(draw[1])), wanted):
            for line in lines:
                table.append(FILE, line)
    print(comparison(list(table.read(FILE))))


def comparison(lines: list[dict[str, Any]]) -> str:
    """Mean scores of the draws below MIN_CLASS_ROWS_TO_VALIDATE rows a class, and of the others."""
    from thaw.steps.choose.plans import MIN_CLASS_ROWS_TO_VALIDATE

    pairs: dict[tuple[str, bool], list[list[float]]] = defaultdict(list)
    draws: dict[tuple[str, int], dict[bool, float]] = defaultdict(dict)
    for line in lines:
        draw = draws[line["task"], line["rows"]]
        draw[line["validated"]] = 100 * line["score"]
        if len(draw) == 2:
            many = line["rows"] >= MIN_CLASS_ROWS_TO_VALIDATE * line["classes"]
            pairs[line["network"], many].append([draw[True], draw[False], draw[False] - draw[True]])
    printed = [f"{'network':<16}{'rows a class':>13}{'draws':>7}{'held out':>10}{'all rows':>10}{'gain':>7}"]
    for (network, many), found in sorted(pairs.items()):
        held, every, gain = np.mean(found, axis=0)
        error = np.std(found, axis=0, ddof=1)[2] / np.sqrt(len(found)) if len(found) > 1 else np.nan
        where = f"{MIN_CLASS_ROWS_TO_VALIDATE}+" if many else f"<{MIN_CLASS_ROWS_TO_VALIDATE}"
        printed.append(f"{network:<16}{where:>13}{len(found):>7}{held:>10.1f}{every:>10.1f}{gain:>7.1f} ± {error:.1f}")
    asked = [each["temperature"] for each in lines if not each["validated"] and "temperature" in each]
    if asked:
        least, median, most = np.quantile(asked, [0, 0.5, 1])
        printed.append(f"temperature asked for with nothing held out: {least:.2f} to {most:.2f}, median {median:.2f}")
    return "\n".join(printed)


if __name__ == "__main__":
    main()
