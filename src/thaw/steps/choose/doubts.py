"""When the prediction is not to be relied on."""

from __future__ import annotations

from ...records import Profile
from .evidence import evidence
from .forecast import Forecast
from .predictor import Predictor

FEW = 5.0
"""Rows in the median class: the mean one may be made of two large classes, with three rows in each other."""
NOISY = 1 / 3
"""Share of the labels in doubt."""
WIDER = 4.0
"""Times the predicted variance where there is a doubt."""
BEYOND = 1.5
"""Times the leverage of the furthest cell that was learned from."""


def doubts(profile: Profile, rows: int, predicted: Forecast, predictor: Predictor) -> dict[str, str]:
    """Kind to sentence; empty where the prediction may be relied on. The first decides what is safe."""
    found = {}
    if profile.modality == "image" and profile.network.supports_lora:
        found["unlike"] = (
            "No transformer on images is among the measured runs: what is expected of this one rests on texts."
        )
    each = profile.rows_per_class.median * rows / sum(profile.class_rows)
    if each < FEW:
        found["few"] = (
            f"There are {each:.1f} rows in the median class, and no prediction from so few is worth much: label "
            f"{FEW:.0f} a class at the least."
        )
    if profile.label_noise > NOISY:
        found["noise"] = (
            f"Probes are sure of another class for {profile.label_noise:.0%} of the rows: many labels are wrong, or "
            "this network does not tell the classes apart."
        )
    if predicted.leverage > BEYOND * predictor.furthest:
        found |= outside(profile, rows, predicted, predictor)
    return found


def outside(profile: Profile, rows: int, predicted: Forecast, predictor: Predictor) -> dict[str, str]:
    """By the number of rows alone, or by what the profile says too."""
    within = evidence(profile, min(rows, predictor.most_rows))
    if predictor.leverage(within) <= BEYOND * predictor.furthest:
        return {"many": f"There are {rows} rows to train on, and the most that was measured is {predictor.most_rows}."}
    far = predicted.leverage / predictor.furthest
    return {
        "outside": f"The profile lies {far:.1f} times as far out as the furthest of the {predictor.cells} measured "
        "runs that the prediction was learned from."
    }
