"""What choosing costs: whole runs with `--strategy auto`, forced to what auto chose, and forced to full.

Each from an empty store. A run's time is that of its profile, its pilots, its training and its evaluation, as its own
results tell it: process starts are apart, and the networks' opening and tracing are in, as they are in all three.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from thaw.cli import defaults

from ..recipes.__main__ import prepare
from ..training.results import machine, now
from .table import RESULTS

FILE = RESULTS / "overhead.json"


def measure() -> None:
    runs = [run for example, network in defaults.EXAMPLES.items() for run in of_example(example, network)]
    FILE.write_text(json.dumps({"date": now(), "machine": machine(), "runs": runs}, indent=1) + "\n")
    print(table(runs))


def of_example(example: str, network: str) -> list[dict[str, Any]]:
    auto = run(example, network, "auto")
    forced = run(example, network, auto["strategy"])
    full = forced if auto["strategy"] == "full" else run(example, network, "full")
    return [auto | {"asked": "auto"}, forced | {"asked": "forced"}, full | {"asked": "full"}]


def run(example: str, network: str, strategy: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "thaw.cli.main", "run", "--data", str(prepare(example))]
        command += ["--model", str(prepare(network)), "--strategy", strategy]
        command += ["--output", f"{folder}/out", "--store", f"{folder}/store", "--registry", f"{folder}/registry"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode not in (0, 3):
            raise RuntimeError(done.stderr[-2000:])
        names = ("profile", "decision", "training", "evaluation")
        profile, decision, training, evaluation = (
            json.loads(Path(folder, "out", f"{name}.json").read_text()) for name in names
        )
    parts = {
        "profile": profile["seconds"],
        "pilots": sum(pilot["seconds"] for pilot in decision["pilots"]),
        "training": sum(training["stages"].values()),  # without the updates of a pilot
        "evaluation": evaluation["seconds"],
    }
    return {
        "example": example,
        "strategy": training["strategy"],
        "seconds": {name: round(seconds, 2) for name, seconds in parts.items()},
        "accuracy": evaluation["accuracy"],
    }


def table(runs: list[dict[str, Any]]) -> str:
    lines = [f"{'example':<10}{'asked':<9}{'strategy':<10}{'seconds':>9}{'accuracy':>10}"]
    total = dict.fromkeys(("auto", "forced", "full"), 0.0)
    for each in runs:
        seconds = sum(each["seconds"].values())
        total[each["asked"]] += seconds
        lines.append(
            f"{each['example']:<10}{each['asked']:<9}{each['strategy']:<10}{seconds:>9.1f}{each['accuracy']:>10.3f}"
        )
    lines.append(
        f"auto ÷ forced {total['auto'] / total['forced']:.2f}, auto ÷ full {total['auto'] / total['full']:.2f}"
    )
    return "\n".join(lines)
