"""The table as arrays: of each cell what was known before, and what every strategy then scored."""

from __future__ import annotations

import base64
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from thaw.records import STRATEGIES, Profile, Strategy
from thaw.steps.choose.features import feature_vector

from . import table
from .first_steps import key, score_on_curve
from .tasks import TASKS


@dataclass(frozen=True)
class Seed:
    """One draw of training rows, and the runs of every strategy on it."""

    seed: int
    profile: Profile
    validation: int
    """Rows of the validation split."""
    head_validation: float | None
    """Score there of the head that training starts from; None where no training is validated."""
    right: dict[Strategy, np.ndarray]
    """(test rows,) bool."""
    runs: dict[Strategy, dict[str, Any]]
    pilots: dict[Strategy, float] = field(default_factory=dict)
    """Validation scores of pilots."""


@dataclass(frozen=True)
class Cell:
    task: str
    network: str
    rows: int
    labels: np.ndarray
    """(test rows,)."""
    metric: str
    seeds: list[Seed] = field(default_factory=list)

    @property
    def family(self) -> str:
        return TASKS[self.task].family

    @property
    def strategies(self) -> tuple[Strategy, ...]:
        return tuple(each for each in STRATEGIES if each in self.seeds[0].right)

    @property
    def convolutional(self) -> bool:
        return "lora" not in self.strategies

    @property
    def validated(self) -> bool:
        """Whether trainings hold rows out, and so can be told apart before the test."""
        return all(seed.head_validation is not None for seed in self.seeds)

    def score(self, right: np.ndarray, rows: np.ndarray | slice = slice(None)) -> float:
        """The cell's metric of right (test rows,), over some of the rows."""
        right, labels = right[rows], self.labels[rows]
        if self.metric == "accuracy":
            return float(right.mean())
        return float(np.mean([right[labels == each].mean() for each in np.unique(labels)]))

    @cached_property
    def scores(self) -> np.ndarray:
        """(seeds, strategies)."""
        return np.array([[self.score(seed.right[each]) for each in self.strategies] for seed in self.seeds])

    @property
    def name(self) -> str:
        return f"{self.task} {self.network} {self.rows}"


def load() -> list[Cell]:
    """Cells of which all strategies were run on every seed that is there; a seed that lacks one is left out."""
    labels = {
        each["task"]: np.frombuffer(base64.b64decode(each["labels"]), np.uint8) for each in table.read(table.TESTS)
    }
    runs: dict[tuple[str, str, int, int], dict[Strategy, dict[str, Any]]] = defaultdict(dict)
    for line in table.read(table.TRUTH):
        runs[line["task"], line["network"], line["rows"], line["seed"]][line["strategy"]] = line
    pilots = {key(line): line["score"] for line in table.read(table.PILOTS)}
    cells: dict[tuple[str, str, int], Cell] = {}
    for line in table.read(table.PROFILES):
        place = line["task"], line["network"], line["rows"]
        done, profile = runs[(*place, line["seed"])], profile_of(line)
        wanted = {each for each in STRATEGIES if each != "lora" or profile.network.supports_lora}
        if not wanted <= set(done):
            continue
        right = {each: unpack_right(run) for each, run in done.items()}
        cell = cells.setdefault(place, Cell(*place, labels[line["task"]], profile.metric))
        pilot_scores = {each: score for each, run in done.items() if (score := pilot_of(run, pilots)) is not None}
        head = line["head_validation"]
        cell.seeds.append(Seed(line["seed"], profile, line["validation"], head, right, done, pilot_scores))
    return list(cells.values())


def pilot_of(run: dict[str, Any], pilots: dict[Any, float]) -> float | None:
    """Validation score; None of a training that was not validated."""
    score = score_on_curve(run)
    return pilots.get(key(run)) if score is None else score


def profile_of(line: dict[str, Any]) -> Profile:
    return Profile.model_validate({"dataset": "", "rejected": 0, "leaked": 0, **line["profile"]})


def unpack_right(run: dict[str, Any]) -> np.ndarray:
    return np.unpackbits(np.frombuffer(base64.b64decode(run["right"]), np.uint8))[: run["test_rows"]].astype(bool)


def features_of(cell: Cell, seed: Seed) -> np.ndarray:
    return feature_vector(seed.profile, cell.rows)
