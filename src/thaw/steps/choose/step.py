"""Predict every strategy's score and cost, choose, say why, and plan the training."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from ...errors import InputError
from ...records import STRATEGIES, Candidate, Dataset, Decision, Neighbour, Pilot, Preference, Profile, Strategy
from . import reasons
from .case import Case, Found, look, tried
from .choice import ALLOWED_LOSS
from .flips import flips, turns
from .nearest import known, nearest
from .plans import Wishes
from .predictor import learned


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
    case = Case(dataset, profile, wishes, prefer, learned())  # type: ignore[arg-type]
    first = look(case, case.rows)
    if strategy != "auto":
        return decision(case, first, (), strategy)  # type: ignore[arg-type]
    found = tried(case, first, store, scratch) if store and scratch and not first.safe_for else first
    return decision(case, found, what_flips(case, first, found), "")


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


def decision(case: Case, found: Found, flipped: tuple[str, ...], forced: Strategy | Literal[""]) -> Decision:
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
        counterfactuals=flipped,
        doubts=tuple(found.doubts.values()),
        pilots=found.pilots,
        neighbours=near,
        cost_device=case.profile.device,
        plan=case.options[chosen],
    )


def said(
    case: Case, found: Found, candidates: tuple[Candidate, ...], forced: str, near: tuple[Neighbour, ...] | None
) -> list[str]:
    by_name: dict[str, Candidate] = {each.strategy: each for each in candidates}
    unforced = by_name[found.unforced]
    first = [reasons.forced(by_name[forced], unforced)] if forced else []
    if found.safe_for:
        first.append(reasons.doubted(unforced, found.safe_for, case.predictor))
    else:
        enough = tuple(each for each in candidates if each.strategy in found.affordable)
        first.append(reasons.why(unforced, enough, ALLOWED_LOSS, case.prefer, len(enough) < len(candidates)))
    return [
        *first,
        reasons.probe(case.profile, case.rows),
        *reasons.moved(case.profile, found.predicted, case.predictor, candidates),
        *reasons.piloted(found.pilots),
        reasons.likeness(near),
        *reasons.excluded(case.profile, found.costs, case.wishes.max_seconds),
        *reasons.unheard(case.wishes, by_name[forced or found.unforced]),
    ]


def what_flips(case: Case, first: Found, found: Found) -> tuple[str, ...]:
    """Other pilots where they decided, other rows where the profile did; with a doubt, its end."""
    if found.pilots:
        return tuple(said for each in found.pilots if (said := turned(case, first, found, each)))
    if found.safe_for:
        return (reasons.undoubted(case.sure(found)),)
    return flips(lambda rows: look(case, rows).unforced, case.rows, case.profile.classes, found.unforced)


def turned(case: Case, first: Found, found: Found, pilot: Pilot) -> str:
    def choice(score: float) -> Strategy:
        other = pilot.model_copy(update={"score": score})
        return case.judged(first, tuple(other if each is pilot else each for each in found.pilots)).unforced

    return turns(choice, pilot, found.unforced)


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
