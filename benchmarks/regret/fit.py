"""Write what the chooser knows: its score model, and the measured tasks of each network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from thaw.steps.choose import neighbours, score_model

from . import learn
from .cells import Cell, load


def write() -> None:
    cells = load()
    score_model.FILE.write_text(learn.learn(cells).to_json())
    neighbours.FILE.write_text(json.dumps(measured_tasks(cells), separators=(",", ":")) + "\n")
    for file in (score_model.FILE, neighbours.FILE):
        print(f"{file.name}: {file.stat().st_size / 1000:.1f} kB")


def measured_tasks(cells: Sequence[Cell]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for cell in cells:
        network = cell.seeds[0].profile.network.fingerprint
        tasks = found.setdefault(network, {"tasks": {}})["tasks"]
        task = tasks.setdefault(cell.task, {"metric": cell.metric, "moments": [], "scores": {}, "most": 0})
        if cell.rows > task["most"]:  # the largest cell's moments are the surest
            task["moments"], task["most"] = round_moments(cell.seeds[0].profile.moments), cell.rows
        means = zip(cell.strategies, cell.scores.mean(0), strict=True)
        task["scores"][str(cell.rows)] = {strategy: round(float(score), 4) for strategy, score in means}
    for entry in found.values():
        entry["median_distance"] = median_distance([np.array(task["moments"]) for task in entry["tasks"].values()])
        for task in entry["tasks"].values():
            del task["most"]
    return found


def round_moments(moments: Sequence[Sequence[float]]) -> list[list[float]]:
    return [[float(f"{number:.3g}") for number in each] for each in moments]


def median_distance(moments: Sequence[np.ndarray]) -> float:
    """Median Fréchet distance between two tasks; 1 where there are fewer than two."""
    return round(
        float(np.median([neighbours.frechet_distance(one, other) for one, other in combinations(moments, 2)] or [1.0])),
        5,
    )
