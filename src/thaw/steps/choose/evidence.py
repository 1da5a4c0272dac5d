"""What of a profile the prediction rests on, as a few numbers with names.

Scores are taken as log odds, in which a gain means the same near chance and near perfection, and a difference of two of
them as the evidence, so that no number says twice what another one says.
"""

from __future__ import annotations

import math

import numpy as np

from ...records import Profile
from .plans import validates

NAMES: dict[str, str] = {
    "rows": "the number of rows to train on",
    "probe": "the linear probe of the frozen network",
    "together": "what reading several depths adds to the last one",
    "inner": "what the best inner block adds to the last one",
    "raw": "what the input alone tells, against the probe",
    "held_out": "whether rows are held out of training to stop it",
    "convolutional": "the kind of network",
    "convolutional_rows": "the number of rows, for convolutions",
}
"""Of each number: how a sentence names it. Few, because the table has few families: the balance of the classes, rows
a class, the share of labels in doubt, nearest neighbours and the slope of the learning curve were tried beside them and
predicted no better."""

FLOOR = 0.005
"""Scores are kept this far from 0 and 1: a few hundred rows cannot tell what lies beyond."""

UNSURE = 100
"""Rows of which half of a difference between two probes is luck: of several depths the best is the best by chance."""


FEW_IMAGES = 300
"""Rows that the effect of more of them on convolutional networks is counted from: gradients need many there."""


def evidence(profile: Profile, rows: int) -> np.ndarray:
    """The numbers of NAMES, in its order, for training on `rows` rows."""
    last, probe = log_odds(profile.depths[-1].ridge), log_odds(profile.readout.ridge)
    sure = profile.sample_rows / (profile.sample_rows + UNSURE)
    convolutional = not profile.network.supports_lora
    return np.array(
        [
            math.log(rows),
            log_odds(extrapolated(profile, rows)),
            sure * (probe - last),
            sure * (max(log_odds(each.ridge) for each in profile.depths) - last),
            sure * (log_odds(profile.input_baseline) - probe),
            float(held_out(profile, rows)),
            float(convolutional),
            convolutional * math.log(rows / FEW_IMAGES),
        ]
    )


def held_out(profile: Profile, rows: int) -> bool:
    """Whether training on `rows` rows leaves some to validate it: it learns from fewer then than the frozen head."""
    share = rows / (profile.rows["train"] + profile.rows.get("validation", 0))
    validation = round(share * profile.rows.get("validation", 0))
    return validates(validation, rows - validation, profile.classes)


def log_odds(score: float) -> float:
    """
    >>> round(log_odds(0.9), 3), log_odds(0.5), log_odds(1.0) == log_odds(0.999)
    (2.197, 0.0, True)
    """
    kept = min(max(score, FLOOR), 1 - FLOOR)
    return math.log(kept / (1 - kept))


def slope(profile: Profile) -> float:
    """Log odds that the probe gains for each doubling of its rows."""
    if len(profile.curve) < 2:
        return 0.0
    doublings = np.log2([point.rows for point in profile.curve])
    return float(np.polyfit(doublings, [log_odds(point.score) for point in profile.curve], 1)[0])


def extrapolated(profile: Profile, rows: int) -> float:
    """The probe's score, carried along its learning curve from the sampled rows to all."""
    probe, doublings = profile.readout.ridge, math.log2(max(1.0, rows / profile.sample_rows))
    # A curve flattens: half of its slope is what its last part goes on with.
    odds = log_odds(probe) + max(0.0, slope(profile)) / 2 * doublings
    return probe if rows <= profile.sample_rows else 1 / (1 + math.exp(-odds))
