"""The step: predict every strategy's score and cost, choose one, say why, and plan the training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

from ...errors import InputError
from ...records import STRATEGIES, Dataset, Decision, HeadKind, Preference, Profile
from ...report.wording import with_text
from .choose import Request, State, choose_after_pilots, choose_by_profile
from .counterfactuals import counterfactuals
from .neighbours import measured_tasks, nearest_tasks
from .plans import TrainingOptions
from .reasons import reasons
from .score_model import load_score_model


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

    Close candidates are piloted, if there is a store to keep the updates in and a folder to work in.
    """
    check(dataset, profile, strategy, train_from, head, prefer)
    if head == "dense":  # it reads the last depth alone, so no more may be expected of it
        profile = profile.model_copy(update={"readouts": profile.readouts[:1]})
    options = TrainingOptions(train_from, head, max_seconds, augment, seed)  # type: ignore[arg-type]
    request = Request(dataset, profile, options, prefer, load_score_model())  # type: ignore[arg-type]
    state = choose_by_profile(request, request.rows)
    if strategy != "auto":
        return decision(replace(state, forced=strategy))  # type: ignore[arg-type]
    if store and scratch and not state.decisive_doubt:
        state = choose_after_pilots(state, store, scratch)
    return decision(state)


def check(dataset: Dataset, profile: Profile, strategy: str, train_from: str, head: str, prefer: str) -> None:
    """Check the options against each other, the dataset and the network.

    Raises:
        InputError: An option is unknown, or impossible here.
    """
    if profile.dataset != dataset.fingerprint:
        raise InputError("the profile is of another dataset", "profile this one")
    if strategy not in ("auto", *STRATEGIES):
        raise InputError(f"there is no strategy {strategy}", f"take auto or one of {', '.join(STRATEGIES)}")
    if head not in get_args(HeadKind):
        raise InputError(f"there is no head {head}", f"take one of {', '.join(get_args(HeadKind))}")
    if prefer not in get_args(Preference):
        raise InputError(f"there is no preference {prefer}", f"take one of {', '.join(get_args(Preference))}")
    if strategy == "lora" and not profile.network.supports_lora:
        raise InputError(
            f"LoRA adapts transformers, and {profile.network.reference} is a convolutional network",
            "take --strategy partial or full, or a transformer such as vit-b16 as --model",
        )
    if train_from and strategy != "partial":
        raise InputError(f"--train-from {train_from} says where partial training begins", "add --strategy partial")


def decision(state: State) -> Decision:
    """The record of a choice, with a sentence beside each fact."""
    request = state.request
    entry = measured_tasks().get(request.profile.network.fingerprint)
    neighbours = nearest_tasks(request.profile, request.rows, entry)
    changes = () if state.forced else counterfactuals(state)
    return Decision(
        strategy=state.chosen,
        forced=bool(state.forced),
        prefer=request.prefer,
        metric=request.profile.metric,
        candidates=tuple(state.candidate(strategy) for strategy in state.plans),
        reasons=tuple(with_text(reason) for reason in reasons(state, neighbours)),
        counterfactuals=tuple(with_text(change) for change in changes),
        doubts=tuple(with_text(doubt) for doubt in state.doubts),
        pilots=state.pilots,
        neighbours=neighbours,
        cost_device=request.profile.device,
        plan=state.plans[state.chosen],
    )
