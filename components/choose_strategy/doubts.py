"""When the prediction is not to be relied on, and what is safe then."""

from __future__ import annotations

from collections.abc import Mapping

from ..core.contracts import Profile, Strategy
from .forecast import Forecast
from .predictor import Predictor

FEW = 5.0
"""Rows a class."""
NOISY = 1 / 3
"""Share of the labels in doubt."""
WIDER = 4.0
"""Times the predicted variance where there is a doubt."""
BEYOND = 1.5
"""Times the leverage of the furthest cell that was learned from."""


def doubts(profile: Profile, rows: int, predicted: Forecast, predictor: Predictor) -> dict[str, str]:
    """Kind to sentence; empty where the prediction may be relied on."""
    found = {}
    if rows / profile.classes < FEW:
        found["few"] = (
            f"There are {rows / profile.classes:.1f} rows a class, and no prediction from so few is worth much: label "
            f"{FEW:.0f} a class at the least."
        )
    if profile.label_noise > NOISY:
        found["noise"] = (
            f"Probes give {profile.label_noise:.0%} of the rows to another class: look at the labels before the model."
        )
    if predicted.leverage > BEYOND * predictor.furthest:
        found["outside"] = (
            f"The profile lies {predicted.leverage / predictor.furthest:.1f} times as far out as the furthest of the "
            f"{predictor.cells} measured runs that the prediction was learned from."
        )
    return found


def safe(found: Mapping[str, str], predictor: Predictor, strategies: tuple[Strategy, ...]) -> Strategy:
    """What measured best in the table with this kind of network where the first doubt holds."""
    return predictor.safe["attention" if "lora" in strategies else "convolutions"][next(iter(found))]
