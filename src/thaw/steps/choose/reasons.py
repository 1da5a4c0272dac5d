"""Why a strategy was chosen: sentences with their numbers."""

from __future__ import annotations

from collections.abc import Mapping

from ...records import Candidate, Neighbour, Pilot, Profile, Strategy
from .choice import affordable
from .evidence import NAMES, held_out
from .forecast import Forecast
from .plans import Wishes
from .predictor import Predictor

LABELS: dict[Strategy, str] = {
    "frozen": "The frozen network under a fitted head",
    "partial": "Training the upper blocks",
    "lora": "Training low-rank adapters",
    "full": "Full fine-tuning",
}
TOLD = 3
"""Pieces of evidence."""
LEAST_TOLD = 0.002
"""Move of a score below which a piece of evidence is not worth a sentence."""


def points(share: float) -> str:
    """
    >>> points(0.0314)
    '3.1 points'
    """
    return f"{100 * share:.1f} points"


def why(chosen: Candidate, candidates: tuple[Candidate, ...], loss: float, prefer: str, limited: bool) -> str:
    """Of the candidates that there is time for, which are `limited` where that is not all of them. `loss` is what a
    cheaper strategy may lose on average."""
    best = max(candidates, key=lambda each: each.score)
    there_is_time = " that there is time for" if limited else ""
    label = LABELS[chosen.strategy]
    if chosen.strategy != best.strategy:
        return (
            f"{label} is expected to score {points(best.score - chosen.score)} less than {best.strategy}, within the "
            f"{points(loss)} that a cheaper way may lose, and costs {chosen.cost_seconds:.0f} s instead of "
            f"{best.cost_seconds:.0f} s."
        )
    cheaper = [each for each in candidates if each.cost_seconds < chosen.cost_seconds]
    if not cheaper:
        return f"{label} is the cheapest, and nothing{there_is_time} is expected to score more."
    gaps = ", ".join(f"{each.strategy} {points(chosen.score - each.score)}" for each in cheaper)
    more = "accuracy is preferred" if prefer == "accuracy" else "the cheaper ways are expected to score less"
    among = f" of those{there_is_time}" if limited else ""
    return f"{label} has the best expected score{among}, {chosen.score:.3f}; {more}: {gaps} less."


def probe(profile: Profile, rows: int) -> str:
    read, last = profile.readout, profile.depths[-1].ridge
    alone = f", on its last depth alone {last:.3f}" if read.decay else ""
    return (
        f"A linear probe on {'all depths' if read.decay else 'the last depth'} of the frozen network scores "
        f"{read.ridge:.3f} ± {1.96 * read.ridge_error:.3f} {profile.metric.replace('_', ' ')} (largest class "
        f"{profile.majority:.3f}) on {profile.sample_rows} rows{alone}; there are {rows} rows to train on, "
        f"{profile.rows_per_class.median:.0f} in the median class."
    )


def moved(profile: Profile, predicted: Forecast, predictor: Predictor, candidates: tuple[Candidate, ...]) -> list[str]:
    """What moved the expected gain of the best trained candidate most, against the average of the learned runs."""
    trained = [each for each in candidates if each.strategy != "frozen"]
    best = max(trained, key=lambda each: each.score)
    frozen = predicted.score("frozen")
    # A log odds is this many points at the frozen score.
    slope = frozen * (1 - frozen)
    parts = predictor.contributions(predicted.evidence, best.strategy)
    parts["rows"] += parts.pop("convolutional_rows")  # two slopes of one number
    told = sorted(parts, key=lambda name: -abs(parts[name]))[:TOLD]
    return [
        f"{NAMES[name][0].upper()}{NAMES[name][1:]} ({shown(profile, name)}) moves the expected gain of "
        f"{best.strategy} over frozen by {100 * slope * parts[name]:+.1f} points against the average measured run."
        for name in told
        if abs(slope * parts[name]) >= LEAST_TOLD
    ]


def shown(profile: Profile, name: str) -> str:
    """A piece of evidence as the user knows it, and not as log odds."""
    last, read = profile.depths[-1], profile.readout
    best = max(profile.depths, key=lambda each: (each.ridge, each.depth))
    return {
        "rows": f"{sum(profile.class_rows)}",
        "probe": f"{read.ridge:.3f}",
        "together": f"{read.ridge:.3f} against {last.ridge:.3f}" if read.decay else f"nothing to its {last.ridge:.3f}",
        "inner": f"{best.ridge:.3f} after {best.block}, against {last.ridge:.3f}"
        if best.depth < last.depth
        else f"nothing to its {last.ridge:.3f}",
        "raw": f"{profile.input_baseline:.3f} against {read.ridge:.3f}",
        "held_out": "they are" if held_out(profile, sum(profile.class_rows)) else "they are not",
        "convolutional": "attention" if profile.network.supports_lora else "convolutions",
    }[name]


def likeness(nearest: tuple[Neighbour, ...] | None) -> str:
    if nearest is None:
        return "This network was not among the measured ones, so no known task is named as near."
    first = nearest[0]
    scores = ", ".join(f"{strategy} {score:.3f}" for strategy, score in first.scores.items())
    return (
        f"The nearest known task is {first.task}, at {first.distance:.2f} of the median distance between two; with "
        f"{first.rows} rows there, {first.metric.replace('_', ' ')}: {scores}."
    )


def piloted(pilots: tuple[Pilot, ...]) -> list[str]:
    return [
        f"A pilot of {each.updates} steps of {each.strategy} moved the validation score from {each.head_score:.3f} to "
        f"{each.score:.3f} in {each.seconds:.0f} s."
        for each in pilots
    ]


def doubted(chosen: Candidate, kind: str, predictor: Predictor) -> str:
    """`kind` is that of the first doubt."""
    where = {
        "few": "with few rows a class",
        "noise": "where many labels are in doubt",
        "many": "with the most rows",
        "outside": "over all",
    }[kind]
    return (
        f"{LABELS[chosen.strategy]} is the safe choice: {where} it measured best on average in the table of "
        f"{predictor.cells} runs."
    )


def undoubted(other: Strategy) -> str:
    return f"Were the prediction to be relied on, {other} would be chosen."


def excluded(profile: Profile, costs: Mapping[Strategy, float], max_seconds: float) -> list[str]:
    said = []
    if not profile.network.supports_lora:
        said.append("LoRA is no candidate: a convolutional network has no attention to adapt.")
    late = [f"{name} ({cost:.0f} s)" for name, cost in costs.items() if name not in affordable(costs, max_seconds)]
    if late:
        said.append(f"{max_seconds:.0f} s of training are not enough for {', '.join(late)}.")
    return said


def forced(chosen: Candidate, unforced: Candidate) -> str:
    loss = f"expected to lose {points(chosen.expected_loss)} on average against the best"
    if chosen == unforced:
        return f"The strategy was forced: {chosen.strategy}, which would have been chosen anyway; it is {loss}."
    return (
        f"The strategy was forced: {chosen.strategy}, {loss}. Unforced it would have been {unforced.strategy}, "
        f"{points(unforced.expected_loss)} of loss."
    )


def unheard(wishes: Wishes, chosen: Candidate) -> list[str]:
    """What was asked for and changes nothing."""
    if not wishes.augment or chosen.strategy != "frozen":
        return []
    return ["--augment changes nothing here: the head of a frozen network is fitted in one pass over the images."]
