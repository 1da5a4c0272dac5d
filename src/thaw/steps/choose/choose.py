"""The choice: by the profile alone, then by pilots where they are worth their time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path

from ...records import Candidate, Dataset, Doubt, DoubtKind, Pilot, Plan, Preference, Profile, Strategy
from .applicability import VARIANCE_FACTOR, find_doubts
from .costs import training_seconds
from .pilot import pilot_fractions, run_pilot
from .plans import TrainingOptions, training_plans
from .policy import Policy, choose_with_doubts
from .posterior import Posterior, condition_on_pilot, effective_share, predict
from .score_model import ScoreModel
from .value_of_information import pilot_candidates


@dataclass(frozen=True)
class Request:
    """What is asked: the data, the options, and the model to answer by."""

    dataset: Dataset
    profile: Profile
    options: TrainingOptions
    prefer: Preference
    model: ScoreModel

    @property
    def rows(self) -> int:
        """Rows that may be trained on."""
        return self.dataset.rows("train") + self.dataset.rows("validation")

    @property
    def validation_rows(self) -> float:
        """Effective number of rows that a pilot is judged on."""
        return effective_share(self.profile) * self.dataset.rows("validation")


@dataclass(frozen=True)
class State:
    """A request and what was worked out for it. Each function of the choice takes one and returns another."""

    request: Request
    plans: Mapping[Strategy, Plan]
    """The plan of every candidate; with a pilot, the plan that goes on from it."""
    policy: Policy
    prediction: Posterior
    """The posterior by the profile alone; widened where there are doubts."""
    posterior: Posterior
    """The posterior after the pilots."""
    strategy: Strategy
    """The strategy that the policy chose."""
    doubts: tuple[Doubt, ...]
    decisive_doubt: DoubtKind | None
    """The doubt that the strategy is the safe choice for; None where the prediction decided."""
    pilots: tuple[Pilot, ...] = ()
    forced: Strategy | None = None
    """The strategy that the user named instead."""

    @property
    def chosen(self) -> Strategy:
        return self.forced or self.strategy

    def candidate(self, strategy: Strategy) -> Candidate:
        low, high = self.posterior.interval(strategy)
        return Candidate(
            strategy=strategy,
            score=self.posterior.score(strategy),
            low=low,
            high=high,
            cost_seconds=self.policy.costs[strategy],
            expected_loss=self.posterior.loss(strategy),
        )


def choose_by_profile(request: Request, rows: int) -> State:
    """The choice by the profile alone, if there were `rows` rows to train on."""
    plans = training_plans(scaled(request.dataset, rows), request.profile, request.options)
    policy = Policy(_costs(request, plans, rows), request.prefer, request.options.max_seconds)
    prediction = predict(request.profile, rows, tuple(plans), request.options.seed, request.model)
    doubts = find_doubts(request.profile, rows, prediction, request.model)
    strategy, decisive = choose_with_doubts(prediction, policy, doubts, request.model)
    widened = prediction.widened(VARIANCE_FACTOR) if doubts else prediction
    return State(request, plans, policy, widened, widened, strategy, doubts, decisive)


def choose_without_doubts(state: State) -> Strategy:
    """What the prediction would decide, were it relied on."""
    request = state.request
    prediction = predict(request.profile, request.rows, tuple(state.plans), request.options.seed, request.model)
    return state.policy.choose(prediction)


def choose_after_pilots(state: State, store: str, scratch: Path) -> State:
    """The choice after a pilot of each candidate that is worth one. The plans of these go on from their pilots."""
    request = state.request
    names = pilot_candidates(
        state.posterior,
        state.strategy,
        state.policy,
        pilot_fractions(request.dataset, state.plans),
        request.validation_rows,
        request.model,
    )
    if not names:
        return state
    results = {name: run_pilot(request.dataset, state.plans[name], store, scratch) for name in names}
    plans = {**state.plans, **{name: plan for name, (_, plan) in results.items()}}
    return condition_on_pilots(replace(state, plans=plans), tuple(pilot for pilot, _ in results.values()))


def condition_on_pilots(state: State, pilots: tuple[Pilot, ...]) -> State:
    """The choice if these pilots had been run, and no others."""
    request = state.request

    def condition(posterior: Posterior, pilot: Pilot) -> Posterior:
        return condition_on_pilot(posterior, pilot, request.validation_rows, request.model)

    posterior = reduce(condition, pilots, state.prediction)
    return replace(state, posterior=posterior, strategy=state.policy.choose(posterior), pilots=pilots)


def scaled(dataset: Dataset, rows: int) -> Dataset:
    """The dataset as if it had `rows` rows to train on, split as they are.

    Plans ask only how many rows there are. All are given to one class, as a share of each would round small ones away.
    """
    train, validation = dataset.rows("train"), dataset.rows("validation")
    held_out = round(validation * rows / (train + validation))
    counts = {"train": rows - held_out, "validation": held_out}
    others = (0,) * (len(dataset.classes) - 1)
    return dataset.model_copy(update={"counts": {split: (each, *others) for split, each in counts.items()}})


def _costs(request: Request, plans: Mapping[Strategy, Plan], rows: int) -> dict[Strategy, float]:
    """Seconds of each plan on `rows` rows."""
    validation = scaled(request.dataset, rows).rows("validation")
    return {
        name: training_seconds(plan, request.profile, rows, validation if plan.validate_split else 0)
        for name, plan in plans.items()
    }
