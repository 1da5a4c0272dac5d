"""Why a strategy was chosen: facts with their numbers."""

from __future__ import annotations

from collections.abc import Iterator

from ...records import (
    AugmentUnused,
    BestScore,
    CheapestAndBest,
    FeatureEffect,
    Forced,
    LoraUnsupported,
    NearestTask,
    Neighbour,
    NoNearestTask,
    OverTimeLimit,
    PilotResult,
    ProbeScore,
    Profile,
    Reason,
    SafeChoice,
    Strategy,
    WithinAllowedLoss,
)
from .choose import State
from .features import is_held_out
from .policy import ALLOWED_LOSS

MAX_EFFECTS = 3
"""Features whose effect is a reason."""
MIN_EFFECT = 0.002
"""Effect of a feature on a score, as a fraction; a smaller one is no reason."""


def reasons(state: State, neighbours: tuple[Neighbour, ...] | None) -> Iterator[Reason]:
    """All reasons for the choice, the most important one first."""
    if state.forced:
        yield forced(state, state.forced)
    yield policy_reason(state)
    yield probe_score(state.request.profile, state.request.rows)
    yield from feature_effects(state)
    yield from (PilotResult(**pilot.model_dump()) for pilot in state.pilots)
    yield nearest_task(neighbours)
    yield from exclusions(state)
    if state.request.options.augment and state.chosen == "frozen":
        yield AugmentUnused()


def forced(state: State, strategy: Strategy) -> Forced:
    return Forced(
        strategy=strategy,
        expected_loss=state.posterior.loss(strategy),
        unforced=state.strategy,
        unforced_expected_loss=state.posterior.loss(state.strategy),
    )


def policy_reason(state: State) -> Reason:
    """Why the policy chose what it did, of the candidates that there is time for."""
    strategy, policy, score = state.strategy, state.policy, state.posterior.score
    if state.decisive_doubt:
        return SafeChoice(strategy=strategy, doubt=state.decisive_doubt, runs=state.request.model.runs)
    best = max(policy.affordable, key=score)
    if strategy != best:
        return WithinAllowedLoss(
            strategy=strategy,
            best=best,
            loss=score(best) - score(strategy),
            allowed_loss=ALLOWED_LOSS,
            cost_seconds=policy.costs[strategy],
            best_cost_seconds=policy.costs[best],
        )
    return best_reason(state)


def best_reason(state: State) -> CheapestAndBest | BestScore:
    """Why the strategy with the best expected score was chosen, and what the cheaper ones would lose."""
    strategy, policy, score = state.strategy, state.policy, state.posterior.score
    time_limited = len(policy.affordable) < len(policy.costs)
    cheaper = [each for each in policy.affordable if policy.costs[each] < policy.costs[strategy]]
    if not cheaper:
        return CheapestAndBest(strategy=strategy, time_limited=time_limited)
    return BestScore(
        strategy=strategy,
        score=score(strategy),
        prefer=policy.prefer,
        losses={each: score(strategy) - score(each) for each in cheaper},
        time_limited=time_limited,
    )


def probe_score(profile: Profile, rows: int) -> ProbeScore:
    """What the frozen network's probe scores, beside the largest class."""
    readout = profile.readout
    return ProbeScore(
        metric=profile.metric,
        score=readout.ridge,
        standard_error=readout.ridge_error,
        last_depth=profile.depths[-1].ridge if readout.decay else None,
        majority=profile.majority,
        sample_rows=profile.sample_rows,
        rows=rows,
        median_class_rows=profile.rows_per_class.median,
    )


def feature_effects(state: State) -> Iterator[FeatureEffect]:
    """The features that move the expected gain of the best trained candidate most, against the average measured run."""
    # p = logistic(z), so dp/dz = p (1 - p): a log odds z is worth this much of the score at the frozen network's.
    profile, posterior = state.request.profile, state.posterior
    best = max((each for each in state.plans if each != "frozen"), key=posterior.score)
    slope = posterior.score("frozen") * (1 - posterior.score("frozen"))
    parts = state.request.model.contributions(posterior.features, best)
    parts["log_rows"] += parts.pop("convolutional_log_rows")  # two slopes of one number
    for name in sorted(parts, key=lambda name: -abs(parts[name]))[:MAX_EFFECTS]:
        if abs(slope * parts[name]) >= MIN_EFFECT:
            value, reference, block = feature_value(profile, name)
            yield FeatureEffect(
                feature=name,  # type: ignore[arg-type]
                strategy=best,
                effect=slope * parts[name],
                value=value,
                reference=reference,
                block=block,
            )


def feature_value(profile: Profile, name: str) -> tuple[float | None, float | None, str]:
    """The value of a feature as the user knows it, and not as log odds; what it is compared with; its block."""
    last, readout = profile.depths[-1], profile.readout
    best = max(profile.depths, key=lambda each: (each.ridge, each.depth))
    inner = best.depth < last.depth
    return {
        "log_rows": (sum(profile.class_rows), None, ""),
        "probe": (readout.ridge, None, ""),
        "all_depths_gain": (readout.ridge if readout.decay else None, last.ridge, ""),
        "best_depth_gain": (best.ridge, last.ridge, best.block) if inner else (None, last.ridge, ""),
        "input_baseline_gap": (profile.input_baseline, readout.ridge, ""),
        "held_out": (float(is_held_out(profile, sum(profile.class_rows))), None, ""),
        "convolutional": (float(not profile.network.supports_lora), None, ""),
    }[name]


def nearest_task(neighbours: tuple[Neighbour, ...] | None) -> NearestTask | NoNearestTask:
    return NearestTask(**neighbours[0].model_dump()) if neighbours else NoNearestTask()


def exclusions(state: State) -> Iterator[LoraUnsupported | OverTimeLimit]:
    """Why strategies are no candidates."""
    policy = state.policy
    if not state.request.profile.network.supports_lora:
        yield LoraUnsupported()
    late = {name: cost for name, cost in policy.costs.items() if name not in policy.affordable}
    if late:
        yield OverTimeLimit(max_seconds=policy.max_seconds, costs=late)
