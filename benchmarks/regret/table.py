"""The committed table: lines of JSON, each written whole and once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from thaw.records import Strategy
from thaw.training.recipes import frozen, full, lora, partial

RESULTS = Path(__file__).parents[1] / "results" / "regret"
TRUTH = RESULTS / "truth.jsonl"
"""A line a run: task, network, rows, seed, strategy, and what came of it."""
PROFILES = RESULTS / "profiles.jsonl"
"""A line a cell: what was known of it before anything was trained."""
PILOTS = RESULTS / "pilots.jsonl"
"""A line a run: what a pilot of it shows, where its own curve does not tell."""
TESTS = RESULTS / "tests.jsonl"
"""A line a task: the labels of its test rows, in the order of the runs' `right`."""
VERSIONS: dict[Strategy, int] = {
    "frozen": frozen.VERSION,
    "partial": partial.VERSION,
    "lora": lora.VERSION,
    "full": full.VERSION,
}
"""Versions of the recipes: a run of another version is not of the current recipe."""


def read(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        with open(path, encoding="utf-8") as file:
            yield from (json.loads(line) for line in file if line.endswith("\n"))


def is_current(run: dict[str, Any]) -> bool:
    """Whether a run is of its recipe as it is now."""
    return bool(run["recipe_version"] == VERSIONS[run["strategy"]])


def append(path: Path, line: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
