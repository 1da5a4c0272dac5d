"""Predict every strategy's score and cost, choose, say why, and plan the training."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import numpy as np

from ..core.contracts import STRATEGIES, Candidate, Dataset, Decision, Plan, Preference, Profile, Strategy
from ..core.errors import InputError
from . import costs
from .forecast import Forecast, forecast
from .plans import Wishes, plans
from .reasons import forced, reasons

ALLOWED_LOSS = 0.003
"""Expected loss against the best, as a fraction, that a cheaper strategy may have."""
MOST_ROWS = 10**7


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
) -> Decision:
    """Choose the cheapest candidate that loses at most ALLOWED_LOSS on average, or the best one; or what is forced."""
    check(dataset, profile, strategy, train_from, prefer)
    options = plans(dataset, profile, Wishes(train_from, head, max_seconds, augment, seed))
    rows = dataset.rows("train") + dataset.rows("validation")
    predicted = forecast(profile, rows, tuple(options), seed)
    candidates = candidates_of(dataset, profile, options, predicted)
    unforced = pick(candidates, prefer)
    chosen = unforced if strategy == "auto" else by_name(candidates, strategy)
    said = reasons(profile, predicted, unforced, candidates, rows, ALLOWED_LOSS)
    if strategy != "auto":
        said.insert(0, forced(chosen, unforced))
    return Decision(
        strategy=chosen.strategy,
        forced=strategy != "auto",
        prefer=prefer,  # type: ignore[arg-type]
        metric=profile.metric,
        candidates=candidates,
        reasons=tuple(said),
        flips=flips(dataset, profile, options, unforced.strategy, prefer, rows, seed),
        cost_device=profile.device,
        plan=options[chosen.strategy],
    )


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


def candidates_of(
    dataset: Dataset, profile: Profile, options: dict[Strategy, Plan], predicted: Forecast
) -> tuple[Candidate, ...]:
    best = np.maximum.reduce(list(predicted.draws.values()))
    found = []
    for strategy, plan in options.items():
        held_out = dataset.rows("validation") if plan.validate_split else 0
        rows = dataset.rows("train") + dataset.rows("validation") - held_out
        low, high = predicted.interval(strategy)
        found.append(
            Candidate(
                strategy=strategy,
                score=predicted.score(strategy),
                low=low,
                high=high,
                cost_seconds=costs.seconds(plan, profile, rows, held_out),
                expected_loss=float((best - predicted.draws[strategy]).mean()),
            )
        )
    return tuple(found)


def pick(candidates: tuple[Candidate, ...], prefer: str) -> Candidate:
    """The cheapest candidate whose expected score is within ALLOWED_LOSS of the best; the best where that is asked for.

    Expected scores are compared, and not `expected_loss`: whichever is chosen, luck makes some other the best.
    """
    best = max(candidates, key=lambda each: each.score)
    if prefer == "accuracy":
        return best
    allowed = [each for each in candidates if best.score - each.score <= ALLOWED_LOSS]
    return min(allowed, key=lambda each: each.cost_seconds)


def by_name(candidates: tuple[Candidate, ...], strategy: str) -> Candidate:
    return next(each for each in candidates if each.strategy == strategy)


def flips(
    dataset: Dataset, profile: Profile, options: dict[Strategy, Plan], current: Strategy, prefer: str, rows: int,
    seed: int,
) -> tuple[str, ...]:  # fmt: skip
    """With how many rows, all else equal, the unforced choice would be another."""

    def choice(count: int) -> Strategy:
        predicted = forecast(profile, count, tuple(options), seed)
        return pick(candidates_of(dataset, profile, options, predicted), prefer).strategy

    said = []
    for direction, counts in (("From about", growing(rows)), ("Below about", shrinking(rows))):
        other = first_other(choice, counts, current)
        if other:
            said.append(f"{direction} {other[0]} rows to train on, {other[1]} would be chosen.")
    return tuple(said)


def growing(rows: int) -> list[int]:
    return [round(rows * 1.25**k) for k in range(1, 40) if rows * 1.25**k < MOST_ROWS]


def shrinking(rows: int) -> list[int]:
    return [round(rows / 1.25**k) for k in range(1, 40) if rows / 1.25**k >= 2]


def first_other(choice: Callable[[int], Strategy], counts: list[int], current: Strategy) -> tuple[int, Strategy] | None:
    return next(((count, other) for count in counts if (other := choice(count)) != current), None)
