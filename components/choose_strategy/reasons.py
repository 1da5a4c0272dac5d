"""Why a strategy was chosen: sentences with their numbers."""

from __future__ import annotations

import math

from ..core.contracts import Candidate, Profile, Strategy
from .forecast import DEPTH_SLACK, Forecast

LABELS: dict[Strategy, str] = {
    "frozen": "The frozen network under a fitted head",
    "partial": "Training the upper blocks",
    "lora": "Training low-rank adapters",
    "full": "Full fine-tuning",
}
NOISY = 1 / 3
"""Label noise beyond which the labels are the first thing to look at."""


def points(share: float) -> str:
    """
    >>> points(0.0314)
    '3.1 points'
    """
    return f"{100 * share:.1f} points"


def reasons(
    profile: Profile, predicted: Forecast, chosen: Candidate, candidates: tuple[Candidate, ...], rows: int, loss: float
) -> list[str]:
    """Of an unforced choice. `rows` are there to train on, `loss` is what a cheaper strategy may lose."""
    said = [evidence(profile, predicted, rows), *depth(profile, predicted), why(chosen, candidates, loss)]
    if not profile.network.supports_lora:
        said.append("LoRA is no candidate: a convolutional network has no attention to adapt.")
    if profile.label_noise > NOISY:
        said.append(f"Probes give {profile.label_noise:.0%} of the rows to another class: look at the labels first.")
    return said


def forced(chosen: Candidate, unforced: Candidate) -> str:
    return (
        f"The strategy was forced: {chosen.strategy}, expected to lose {points(chosen.expected_loss)} on average "
        f"against the best. Unforced it would have been {unforced.strategy}, {points(unforced.expected_loss)} of loss."
    )


def evidence(profile: Profile, predicted: Forecast, rows: int) -> str:
    last = profile.depths[-1]
    return (
        f"A linear probe on the frozen network scores {last.ridge:.3f} ± {1.96 * last.ridge_error:.3f} "
        f"{profile.metric.replace('_', ' ')} (largest class {profile.majority:.3f}); with {rows} rows to train on, "
        f"{profile.rows_per_class.median:.0f} in the median class, full fine-tuning is expected to leave "
        f"{math.exp(-predicted.gain):.0%} of its error."
    )


def depth(profile: Profile, predicted: Forecast) -> list[str]:
    if predicted.depth_share <= DEPTH_SLACK:
        return []
    best = max(profile.depths, key=lambda each: each.ridge)
    return [
        f"A probe after block {best.block} ({best.depth} of {len(profile.network.blocks)}) scores {best.ridge:.3f}, "
        f"{points(best.ridge - profile.depths[-1].ridge)} above the last: the upper blocks are bent towards the task "
        "that the network was trained for, so moving them should pay."
    ]


def why(chosen: Candidate, candidates: tuple[Candidate, ...], loss: float) -> str:
    best = max(candidates, key=lambda each: each.score)
    label = LABELS[chosen.strategy]
    if chosen != best:
        return (
            f"{label} scores {points(best.score - chosen.score)} less than {best.strategy} on average, within the "
            f"{points(loss)} that a cheaper way may lose, and costs {chosen.cost_seconds:.0f} s instead of "
            f"{best.cost_seconds:.0f} s."
        )
    cheaper = [each for each in candidates if each.cost_seconds < chosen.cost_seconds]
    if not cheaper:
        return f"{label} is the cheapest, and nothing is expected to score more."
    gaps = ", ".join(f"{each.strategy} {points(chosen.score - each.score)}" for each in cheaper)
    return f"{label} has the best expected score, {chosen.score:.3f}; the cheaper ways score less: {gaps}."
