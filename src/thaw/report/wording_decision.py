"""Sentences of the decision: its reasons, its doubts, and what would change it."""

from __future__ import annotations

from collections.abc import Callable

from ..records import (
    AugmentUnused,
    BestScore,
    CheapestAndBest,
    DoubtKind,
    FeatureEffect,
    FewerRows,
    FewRows,
    Forced,
    LabelNoise,
    LoraUnsupported,
    ManyRows,
    MoreRows,
    NearestTask,
    NoNearestTask,
    OutOfDistribution,
    OverTimeLimit,
    PilotResult,
    PilotScore,
    ProbeScore,
    SafeChoice,
    StableChoice,
    Strategy,
    UnmeasuredNetwork,
    WithinAllowedLoss,
    WithoutDoubt,
)

SUBJECTS: dict[Strategy, str] = {
    "frozen": "The frozen network under a fitted head",
    "partial": "Training the upper blocks",
    "lora": "Training low-rank adapters",
    "full": "Full fine-tuning",
}
FEATURES: dict[str, str] = {
    "log_rows": "The number of rows to train on",
    "probe": "The linear probe of the frozen network",
    "all_depths_gain": "What reading several depths adds to the last one",
    "best_depth_gain": "What the best inner block adds to the last one",
    "input_baseline_gap": "What the input alone tells, against the probe",
    "held_out": "Whether rows are held out of training to stop it",
    "convolutional": "The kind of network",
}
WHERE: dict[DoubtKind, str] = {
    "few_rows": "with few rows a class",
    "label_noise": "where many labels are in doubt",
    "many_rows": "with the most rows",
    "out_of_distribution": "over all",
}


def points(share: float) -> str:
    """A difference of two scores.

    >>> points(0.0314)
    '3.1 points'
    """
    return f"{100 * share:.1f} points"


def forced(fact: Forced) -> str:
    loss = f"expected to lose {points(fact.expected_loss)} on average against the best"
    if fact.strategy == fact.unforced:
        return f"The strategy was forced: {fact.strategy}, which would have been chosen anyway; it is {loss}."
    return (
        f"The strategy was forced: {fact.strategy}, {loss}. Unforced it would have been {fact.unforced}, "
        f"{points(fact.unforced_expected_loss)} of loss."
    )


def within_allowed_loss(fact: WithinAllowedLoss) -> str:
    return (
        f"{SUBJECTS[fact.strategy]} is expected to score {points(fact.loss)} less than {fact.best}, within the "
        f"{points(fact.allowed_loss)} that a cheaper way may lose, and costs {fact.cost_seconds:.0f} s instead of "
        f"{fact.best_cost_seconds:.0f} s."
    )


def cheapest_and_best(fact: CheapestAndBest) -> str:
    nothing = "nothing that there is time for" if fact.time_limited else "nothing"
    return f"{SUBJECTS[fact.strategy]} is the cheapest, and {nothing} is expected to score more."


def best_score(fact: BestScore) -> str:
    among = " of those that there is time for" if fact.time_limited else ""
    why = "accuracy is preferred" if fact.prefer == "accuracy" else "the cheaper ways are expected to score less"
    losses = ", ".join(f"{strategy} {points(loss)}" for strategy, loss in fact.losses.items())
    return f"{SUBJECTS[fact.strategy]} has the best expected score{among}, {fact.score:.3f}; {why}: {losses} less."


def safe_choice(fact: SafeChoice) -> str:
    return (
        f"{SUBJECTS[fact.strategy]} is the safe choice: {WHERE[fact.doubt]} it measured best on average in the table "
        f"of {fact.runs} runs."
    )


def probe_score(fact: ProbeScore) -> str:
    depths = "the last depth" if fact.last_depth is None else "all depths"
    last = "" if fact.last_depth is None else f", on its last depth alone {fact.last_depth:.3f}"
    return (
        f"A linear probe on {depths} of the frozen network scores {fact.score:.3f} ± {1.96 * fact.standard_error:.3f} "
        f"{fact.metric.replace('_', ' ')} (largest class {fact.majority:.3f}) on {fact.sample_rows} rows{last}; there "
        f"are {fact.rows} rows to train on, {fact.median_class_rows:.0f} in the median class."
    )


def feature_effect(fact: FeatureEffect) -> str:
    return (
        f"{FEATURES[fact.feature]} ({feature_value(fact)}) moves the expected gain of {fact.strategy} over frozen by "
        f"{100 * fact.effect:+.1f} points against the average measured run."
    )


def feature_value(fact: FeatureEffect) -> str:
    """The value of a feature as the user knows it, and not as log odds."""
    if fact.feature == "log_rows":
        return f"{fact.value:.0f}"
    if fact.feature == "held_out":
        return "they are" if fact.value else "they are not"
    if fact.feature == "convolutional":
        return "convolutions" if fact.value else "attention"
    if fact.value is None:
        return f"nothing to its {fact.reference:.3f}"
    after = f" after {fact.block}," if fact.block else ""
    against = "" if fact.reference is None else f" against {fact.reference:.3f}"
    return f"{fact.value:.3f}{after}{against}"


def pilot_result(fact: PilotResult) -> str:
    return (
        f"A pilot of {fact.updates} steps of {fact.strategy} moved the validation score from {fact.head_score:.3f} to "
        f"{fact.score:.3f} in {fact.seconds:.0f} s."
    )


def nearest_task(fact: NearestTask) -> str:
    scores = ", ".join(f"{strategy} {score:.3f}" for strategy, score in fact.scores.items())
    return (
        f"The nearest known task is {fact.task}, at {fact.distance:.2f} of the median distance between two; with "
        f"{fact.rows} rows there, {fact.metric.replace('_', ' ')}: {scores}."
    )


def no_nearest_task(fact: NoNearestTask) -> str:
    return "This network was not among the measured ones, so no known task is named as near."


def lora_unsupported(fact: LoraUnsupported) -> str:
    return "LoRA is no candidate: a convolutional network has no attention to adapt."


def over_time_limit(fact: OverTimeLimit) -> str:
    late = ", ".join(f"{strategy} ({seconds:.0f} s)" for strategy, seconds in fact.costs.items())
    return f"{fact.max_seconds:.0f} s of training are not enough for {late}."


def augment_unused(fact: AugmentUnused) -> str:
    return "--augment changes nothing here: the head of a frozen network is fitted in one pass over the images."


# Why the prediction is not to be relied on.


def unmeasured_network(fact: UnmeasuredNetwork) -> str:
    return "No transformer on images is among the measured runs: what is expected of this one rests on texts."


def few_rows(fact: FewRows) -> str:
    return (
        f"There are {fact.median_class_rows:.1f} rows in the median class, and no prediction from so few is worth "
        f"much: label {fact.min_class_rows:.0f} a class at the least."
    )


def label_noise(fact: LabelNoise) -> str:
    return (
        f"Probes are sure of another class for {fact.share:.0%} of the rows: many labels are wrong, or this network "
        "does not tell the classes apart."
    )


def many_rows(fact: ManyRows) -> str:
    return f"There are {fact.rows} rows to train on, and the most that was measured is {fact.max_measured_rows}."


def out_of_distribution(fact: OutOfDistribution) -> str:
    return (
        f"The profile lies {fact.leverage_ratio:.1f} times as far out as the furthest of the {fact.runs} measured runs "
        "that the prediction was learned from."
    )


# What would change the choice.


def more_rows(fact: MoreRows) -> str:
    return f"From about {fact.rows} rows to train on, {fact.class_rows:.0f} a class, {fact.strategy} would be chosen."


def fewer_rows(fact: FewerRows) -> str:
    return f"Below about {fact.rows} rows to train on, {fact.class_rows:.0f} a class, {fact.strategy} would be chosen."


def stable_choice(fact: StableChoice) -> str:
    return (
        f"From {fact.min_rows} to {fact.max_rows} rows to train on, all else equal, the choice stays {fact.strategy}."
    )


def pilot_score(fact: PilotScore) -> str:
    return (
        f"Had the pilot of {fact.pilot} ended at {fact.score:.3f} instead of {fact.measured:.3f}, {fact.strategy} "
        "would be chosen."
    )


def without_doubt(fact: WithoutDoubt) -> str:
    return f"Were the prediction to be relied on, {fact.strategy} would be chosen."


SENTENCES: tuple[Callable[..., str], ...] = (
    forced,
    within_allowed_loss,
    cheapest_and_best,
    best_score,
    safe_choice,
    probe_score,
    feature_effect,
    pilot_result,
    nearest_task,
    no_nearest_task,
    lora_unsupported,
    over_time_limit,
    augment_unused,
    unmeasured_network,
    few_rows,
    label_noise,
    many_rows,
    out_of_distribution,
    more_rows,
    fewer_rows,
    stable_choice,
    pilot_score,
    without_doubt,
)
