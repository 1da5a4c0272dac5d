"""Features of the score model: what a profile says of the scores to expect, as a few named numbers.

Scores are taken as log odds, in which a gain means the same near chance and near perfection. Where two scores say much
the same, the feature is their difference.
"""

from __future__ import annotations

import math

import numpy as np

from ...records import Profile
from .plans import is_validated

FEATURES = (
    "log_rows",
    "probe",
    "all_depths_gain",
    "best_depth_gain",
    "input_baseline_gap",
    "held_out",
    "convolutional",
    "convolutional_log_rows",
)
"""Few, because the table has few families: the balance of the classes, rows a class, the share of labels in doubt,
nearest neighbours and the slope of the learning curve were measured beside them and predicted no better."""

SCORE_MARGIN = 0.005
"""Scores are kept this far from 0 and 1: a few hundred rows cannot tell what lies beyond."""

SHRINKAGE_ROWS = 100
"""Rows at which half of a difference between two probes is luck: of several depths the best is the best by chance."""

CONVOLUTIONAL_ROWS = 300
"""Rows from which the effect of more of them on convolutional networks is counted: gradients need many there."""


def feature_vector(profile: Profile, rows: int) -> np.ndarray:
    """The numbers of FEATURES, in its order, for training on `rows` rows."""
    last, probe = log_odds(profile.depths[-1].ridge), log_odds(profile.readout.ridge)
    shrinkage = profile.sample_rows / (profile.sample_rows + SHRINKAGE_ROWS)
    convolutional = not profile.network.supports_lora
    return np.array(
        [
            math.log(rows),
            log_odds(extrapolated_probe(profile, rows)),
            shrinkage * (probe - last),
            shrinkage * (max(log_odds(each.ridge) for each in profile.depths) - last),
            shrinkage * (log_odds(profile.input_baseline) - probe),
            float(is_held_out(profile, rows)),
            float(convolutional),
            convolutional * math.log(rows / CONVOLUTIONAL_ROWS),
        ]
    )


def is_held_out(profile: Profile, rows: int) -> bool:
    """Whether training on `rows` rows leaves some to validate it: it learns from fewer then than the frozen head."""
    share = rows / (profile.rows["train"] + profile.rows.get("validation", 0))
    validation = round(share * profile.rows.get("validation", 0))
    return is_validated(validation, rows - validation, profile.classes)


def log_odds(score: float) -> float:
    """The logit of a score, which is kept SCORE_MARGIN away from 0 and 1.

    >>> round(log_odds(0.9), 3), log_odds(0.5), log_odds(1.0) == log_odds(0.999)
    (2.197, 0.0, True)
    """
    kept = min(max(score, SCORE_MARGIN), 1 - SCORE_MARGIN)
    return math.log(kept / (1 - kept))


def curve_slope(profile: Profile) -> float:
    """Log odds that the probe gains for each doubling of its rows."""
    if len(profile.curve) < 2:
        return 0.0
    doublings = np.log2([point.rows for point in profile.curve])
    return float(np.polyfit(doublings, [log_odds(point.score) for point in profile.curve], 1)[0])


def extrapolated_probe(profile: Profile, rows: int) -> float:
    """The probe's score, carried along its learning curve from the sampled rows to `rows`."""
    probe, doublings = profile.readout.ridge, math.log2(max(1.0, rows / profile.sample_rows))
    # A curve flattens: half of its slope is what its last part goes on with.
    odds = log_odds(probe) + max(0.0, curve_slope(profile)) / 2 * doublings
    return probe if rows <= profile.sample_rows else 1 / (1 + math.exp(-odds))
