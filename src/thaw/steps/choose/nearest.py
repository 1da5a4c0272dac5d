"""The known tasks that a dataset is most like, as the network sees them.

A dataset is the mean and the deviation of its last-depth features along fixed random directions; the distance of two is
Fréchet's between such moments (Dowson & Landau 1982). A bare distance says nothing, so it is given in units of the
median one between two known tasks.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ...records import Neighbour, Profile

FILE = Path(__file__).parent / "known.json"
"""Of each measured network, by the fingerprint of its weights: the moments of each task and what every strategy scored
there, by rows."""
SHOWN = 3


def nearest(profile: Profile, rows: int, network: dict[str, Any] | None) -> tuple[Neighbour, ...] | None:
    """The SHOWN nearest tasks of the network's entry, at the measured size next to `rows`; None without an entry."""
    if network is None:
        return None
    own = np.array(profile.moments)
    distances = {task: frechet(own, np.array(known["moments"])) for task, known in network["tasks"].items()}
    found = []
    for task in sorted(distances, key=lambda each: distances[each])[:SHOWN]:
        scores, metric = network["tasks"][task]["scores"], network["tasks"][task]["metric"]
        size = min(scores, key=lambda each: abs(np.log(int(each) / rows)))
        distance = round(distances[task] / network["unit"], 3)
        found.append(Neighbour(task=task, rows=int(size), distance=distance, metric=metric, scores=scores[size]))
    return tuple(found)


def frechet(one: np.ndarray, other: np.ndarray) -> float:
    """Of moments (2, directions).

    >>> frechet(np.array([[0.0, 0], [1, 1]]), np.array([[3.0, 0], [1, 5]]))
    5.0
    """
    return float(np.sqrt(np.square(one - other).sum()))


@cache
def known() -> dict[str, Any]:
    return dict(json.loads(FILE.read_text()))
