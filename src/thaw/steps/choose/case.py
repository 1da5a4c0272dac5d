"""What is asked, what is known of it, and what follows: a choice by the profile, then by pilots where they pay."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from ...records import Dataset, Pilot, Plan, Preference, Profile, Strategy
from . import costs
from .choice import affordable, first, pick
from .doubts import WIDER, doubts
from .forecast import Forecast, counting, forecast
from .pilot import pilot
from .plans import Wishes, plans
from .predictor import Predictor
from .trial import contenders, given, shares


@dataclass(frozen=True)
class Case:
    """What is asked, and all that is known of it before a choice."""

    dataset: Dataset
    profile: Profile
    wishes: Wishes
    prefer: Preference
    predictor: Predictor

    @cached_property
    def options(self) -> dict[Strategy, Plan]:
        return plans(self.dataset, self.profile, self.wishes)

    @property
    def rows(self) -> int:
        return self.dataset.rows("train") + self.dataset.rows("validation")

    @property
    def validation(self) -> float:
        """Rows that a pilot is judged on, as far as they count."""
        return counting(self.profile) * self.dataset.rows("validation")

    def predicted(self, rows: int) -> Forecast:
        return forecast(self.profile, rows, tuple(self.options), self.wishes.seed, self.predictor)

    def costs(self, rows: int) -> dict[Strategy, float]:
        """Seconds of each strategy, as it would be planned were there `rows` rows."""
        dataset = scaled(self.dataset, rows)
        return {
            name: costs.seconds(plan, self.profile, rows, dataset.rows("validation") if plan.validate_split else 0)
            for name, plan in plans(dataset, self.profile, self.wishes).items()
        }

    def sure(self, found: Found) -> Strategy:
        """What would be taken were there no doubt."""
        return pick(self.predicted(self.rows), found.affordable, self.prefer)

    def judged(self, found: Found, pilots: tuple[Pilot, ...]) -> Found:
        """After what pilots have shown."""
        predicted = found.predicted
        for each in pilots:
            predicted = given(predicted, each, self.validation, self.predictor)
        unforced = pick(predicted, found.affordable, self.prefer)
        return replace(found, predicted=predicted, unforced=unforced, pilots=pilots)


@dataclass(frozen=True)
class Found:
    """What came of looking at a case."""

    predicted: Forecast
    costs: dict[Strategy, float]
    affordable: dict[Strategy, float]
    unforced: Strategy
    doubts: dict[str, str] = field(default_factory=dict)
    safe_for: str = ""
    """The kind of doubt that decided; empty where the prediction did."""
    pilots: tuple[Pilot, ...] = ()


def look(case: Case, rows: int) -> Found:
    """The choice by the profile alone, were there `rows` rows."""
    predicted, spent = case.predicted(rows), case.costs(rows)
    enough = affordable(spent, case.wishes.max_seconds)
    doubted = doubts(case.profile, rows, predicted, case.predictor)
    unforced, safe_for = first(predicted, enough, case.prefer, doubted, case.predictor)
    return Found(predicted.widened(WIDER) if doubted else predicted, spent, enough, unforced, doubted, safe_for)


def tried(case: Case, found: Found, store: str, scratch: Path) -> Found:
    """After a pilot of each close candidate, whose plans go on from them."""
    possible = {name: each for name, each in shares(case.dataset, case.options).items() if name in found.affordable}
    close = contenders(
        found.predicted,
        found.unforced,
        case.validation,
        possible,
        found.costs,
        case.wishes.max_seconds,
        case.prefer,
        case.predictor,
    )
    pilots = []
    for name in close:
        result, case.options[name] = pilot(case.dataset, case.options[name], store, scratch)
        pilots.append(result)
    return case.judged(found, tuple(pilots)) if pilots else found


def scaled(dataset: Dataset, rows: int) -> Dataset:
    """As if `rows` rows could be trained on, split as they are. Plans ask for no more than how many: all are given to
    one class, as a share of each would round small ones away."""
    train, validation = dataset.rows("train"), dataset.rows("validation")
    held_out = round(validation * rows / (train + validation))
    counts = {"train": rows - held_out, "validation": held_out}
    others = (0,) * (len(dataset.classes) - 1)
    return dataset.model_copy(update={"counts": {split: (each, *others) for split, each in counts.items()}})
