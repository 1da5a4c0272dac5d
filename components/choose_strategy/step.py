"""Predict every strategy's score and cost, choose, say why, and plan the training."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from ..core.contracts import (
    STRATEGIES,
    Candidate,
    Dataset,
    Decision,
    Neighbour,
    Pilot,
    Plan,
    Preference,
    Profile,
    Strategy,
)
from ..core.errors import InputError
from . import costs, reasons
from .choice import ALLOWED_LOSS, affordable, pick
from .doubts import WIDER, doubts, safe
from .flips import flips
from .forecast import Forecast, counting, forecast
from .nearest import known, nearest
from .pilot import pilot
from .plans import Wishes, plans
from .predictor import Predictor, learned
from .trial import contenders, given, shares


@dataclass(frozen=True)
class Case:
    """What is asked, and all that is known of it before a choice."""

    dataset: Dataset
    profile: Profile
    options: dict[Strategy, Plan]
    wishes: Wishes
    prefer: Preference
    predictor: Predictor

    @property
    def rows(self) -> int:
        return self.dataset.rows("train") + self.dataset.rows("validation")

    def predicted(self, rows: int) -> Forecast:
        return forecast(self.profile, rows, tuple(self.options), self.wishes.seed, self.predictor)

    def costs(self, rows: int) -> dict[Strategy, float]:
        """Seconds of each strategy, were there `rows` rows."""
        share = rows / self.rows
        held_out = {name: self.dataset.rows("validation") if plan.validate_split else 0
                    for name, plan in self.options.items()}  # fmt: skip
        return {
            name: costs.seconds(plan, self.profile, rows, round(share * held_out[name]))
            for name, plan in self.options.items()
        }

    def unforced(self, rows: int) -> Strategy:
        """The choice without pilots, were there `rows` rows."""
        predicted = self.predicted(rows)
        found = doubts(self.profile, rows, predicted, self.predictor)
        if found:
            return safe(found, self.predictor, tuple(self.options))
        return pick(predicted, affordable(self.costs(rows), self.wishes.max_seconds), self.prefer)


@dataclass(frozen=True)
class Found:
    """What came of looking at a case."""

    predicted: Forecast
    costs: dict[Strategy, float]
    unforced: Strategy
    doubts: dict[str, str]
    pilots: tuple[Pilot, ...] = ()


def run(
    dataset: Dataset,
    profile: Profile,
    *,
    strategy: str = "auto",
    train_from: str = "",
    head: str = "linear",
    prefer: str = "cost",
    max_seconds: float = 0.0,
    augment: bool = False,
    seed: int = 0,
    store: str = "",
    scratch: Path | None = None,
) -> Decision:
    """Choose the cheapest candidate that loses at most ALLOWED_LOSS on average, or the best one; or what is forced.

    Close candidates are piloted, if there is a store to keep the steps in and a folder to work in.
    """
    check(dataset, profile, strategy, train_from, prefer)
    if head == "dense":  # it reads the last depth alone, so no more may be expected of it
        profile = profile.model_copy(update={"readouts": profile.readouts[:1]})
    wishes = Wishes(train_from, head, max_seconds, augment, seed)
    case = Case(dataset, profile, plans(dataset, profile, wishes), wishes, prefer, learned())  # type: ignore[arg-type]
    found = look(case)
    if strategy != "auto":
        return decision(case, found, strategy)  # type: ignore[arg-type]
    if store and scratch and not found.doubts:
        found = tried(case, found, store, scratch)
    return decision(case, found, "")


def look(case: Case) -> Found:
    """The choice by the profile alone."""
    predicted, spent = case.predicted(case.rows), case.costs(case.rows)
    doubted = doubts(case.profile, case.rows, predicted, case.predictor)
    if doubted:
        return Found(predicted.widened(WIDER), spent, safe(doubted, case.predictor, tuple(case.options)), doubted)
    return Found(predicted, spent, pick(predicted, affordable(spent, case.wishes.max_seconds), case.prefer), {})


def tried(case: Case, found: Found, store: str, scratch: Path) -> Found:
    """After a pilot of each close candidate, whose plans go on from them."""
    held_out, most = counting(case.profile) * case.dataset.rows("validation"), case.wishes.max_seconds
    predicted, pilots = found.predicted, []
    possible = shares(case.dataset, case.options)
    close = contenders(
        predicted, found.unforced, held_out, possible, found.costs, most, case.prefer, case.predictor
    )  # fmt: skip
    for name in close:
        result, case.options[name] = pilot(case.dataset, case.options[name], store, scratch)
        pilots.append(result)
        predicted = given(predicted, result, held_out, case.predictor)
    unforced = pick(predicted, affordable(found.costs, most), case.prefer) if pilots else found.unforced
    return replace(found, predicted=predicted, pilots=tuple(pilots), unforced=unforced)


def check(dataset: Dataset, profile: Profile, strategy: str, train_from: str, prefer: str) -> None:
    if profile.dataset != dataset.fingerprint:
        raise InputError("the profile is of another dataset", "profile this one")
    if strategy not in ("auto", *STRATEGIES):
        raise InputError(f"there is no strategy {strategy}", f"take auto or one of {', '.join(STRATEGIES)}")
    if prefer not in get_args(Preference):
        raise InputError(f"there is no preference {prefer}", f"take one of {', '.join(get_args(Preference))}")
    if strategy == "lora" and not profile.network.supports_lora:
        raise InputError(
            f"LoRA adapts transformers, and {profile.network.reference} is a convolutional network",
            "take --strategy partial or full, or a transformer such as vit-b16 as --model",
        )
    if train_from and strategy != "partial":
        raise InputError(f"--train-from {train_from} says where partial training begins", "add --strategy partial")


def decision(case: Case, found: Found, forced: Strategy | Literal[""]) -> Decision:
    candidates = tuple(candidate(name, found) for name in case.options)
    near = nearest(case.profile, case.rows, known().get(case.profile.network.fingerprint))
    chosen = forced or found.unforced
    return Decision(
        strategy=chosen,
        forced=bool(forced),
        prefer=case.prefer,
        metric=case.profile.metric,
        candidates=candidates,
        reasons=tuple(said(case, found, candidates, forced, near)),
        flips=what_flips(case, found),
        doubts=tuple(found.doubts.values()),
        pilots=found.pilots,
        nearest=near,
        cost_device=case.profile.device,
        plan=case.options[chosen],
    )


def said(
    case: Case, found: Found, candidates: tuple[Candidate, ...], forced: str, near: tuple[Neighbour, ...] | None
) -> list[str]:
    by_name = {each.strategy: each for each in candidates}
    unforced = by_name[found.unforced]
    first = [reasons.forced(by_name[forced], unforced)] if forced else []  # type: ignore[index]
    if found.doubts:
        first.append(reasons.doubted(unforced, next(iter(found.doubts)), case.predictor))
    else:
        first.append(reasons.why(unforced, candidates, ALLOWED_LOSS, case.prefer))
    return [
        *first,
        reasons.probe(case.profile, case.rows),
        *reasons.moved(case.profile, found.predicted, case.predictor, candidates),
        *reasons.piloted(found.pilots),
        reasons.likeness(near),
        *reasons.excluded(case.profile, found.costs, case.wishes.max_seconds),
    ]


def what_flips(case: Case, found: Found) -> tuple[str, ...]:
    """Nothing where pilots or doubts decided: with other rows they would be others."""
    if found.pilots or found.doubts:
        return ()
    return flips(case.unforced, case.rows, case.profile.classes, found.unforced)


def candidate(name: Strategy, found: Found) -> Candidate:
    low, high = found.predicted.interval(name)
    return Candidate(
        strategy=name,
        score=found.predicted.score(name),
        low=low,
        high=high,
        cost_seconds=found.costs[name],
        expected_loss=found.predicted.loss(name),
    )
