"""The measured tasks that a dataset is most like, as the network sees them.

A dataset is the mean and the standard deviation of its last-depth features along fixed random directions. The distance
of two is Fréchet's between such moments (Dowson & Landau 1982). A bare distance says nothing, so it is given in units
of the median one between two measured tasks.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ...records import Neighbour, Profile

FILE = Path(__file__).parent / "measured_tasks.json"
"""Measured tasks by the fingerprint of the network's weights: their moments, and every strategy's score by rows."""
NEIGHBOURS = 3


def nearest_tasks(profile: Profile, rows: int, network: dict[str, Any] | None) -> tuple[Neighbour, ...] | None:
    """The nearest measured tasks, each with the scores at its measured size closest to `rows`.

    `network` is the entry of the profiled network in `measured_tasks`; None gives None.
    """
    if network is None:
        return None
    own, tasks = np.array(profile.moments), network["tasks"]
    distances = {task: frechet_distance(own, np.array(entry["moments"])) for task, entry in tasks.items()}
    nearest = sorted(distances, key=distances.__getitem__)[:NEIGHBOURS]
    return tuple(_neighbour(task, tasks[task], distances[task] / network["median_distance"], rows) for task in nearest)


def _neighbour(task: str, entry: dict[str, Any], distance: float, rows: int) -> Neighbour:
    scores = entry["scores"]
    size = min(scores, key=lambda each: abs(np.log(int(each) / rows)))
    return Neighbour(
        task=task, rows=int(size), distance=round(distance, 3), metric=entry["metric"], scores=scores[size]
    )


def frechet_distance(one: np.ndarray, other: np.ndarray) -> float:
    """Fréchet distance of two sets of moments (2, directions), means and standard deviations.

    >>> frechet_distance(np.array([[0.0, 0], [1, 1]]), np.array([[3.0, 0], [1, 5]]))
    5.0
    """
    # Of normal distributions with diagonal covariances: d² = |m1 - m2|² + |s1 - s2|².
    return float(np.sqrt(np.square(one - other).sum()))


@cache
def measured_tasks() -> dict[str, Any]:
    return dict(json.loads(FILE.read_text()))
