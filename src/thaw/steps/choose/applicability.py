"""Where the score model does not apply: doubts about its prediction."""

from __future__ import annotations

from ...records import Doubt, FewRows, LabelNoise, ManyRows, OutOfDistribution, Profile, UnmeasuredNetwork
from .features import feature_vector
from .posterior import Posterior
from .score_model import ScoreModel

MIN_CLASS_ROWS = 5.0
"""Rows in the median class: the mean one may be made of two large classes, with three rows in each other."""
MAX_LABEL_NOISE = 1 / 3
"""Share of the labels in doubt."""
VARIANCE_FACTOR = 4.0
"""Times the predicted variance where there is a doubt."""
MAX_LEVERAGE_RATIO = 1.5
"""Times the largest leverage of a measured run."""


def find_doubts(profile: Profile, rows: int, posterior: Posterior, model: ScoreModel) -> tuple[Doubt, ...]:
    """Doubts, the most basic one first; empty where the prediction may be relied on."""
    class_rows = profile.rows_per_class.median * rows / sum(profile.class_rows)
    doubts: list[Doubt] = []
    if profile.modality == "image" and profile.network.supports_lora:
        doubts.append(UnmeasuredNetwork())
    if class_rows < MIN_CLASS_ROWS:
        doubts.append(FewRows(median_class_rows=class_rows, min_class_rows=MIN_CLASS_ROWS))
    if profile.label_noise > MAX_LABEL_NOISE:
        doubts.append(LabelNoise(share=profile.label_noise))
    if posterior.leverage > MAX_LEVERAGE_RATIO * model.max_leverage:
        doubts.append(_outside(profile, rows, posterior, model))
    return tuple(doubts)


def _outside(profile: Profile, rows: int, posterior: Posterior, model: ScoreModel) -> Doubt:
    """Outside of the measured runs: by the number of rows alone, or by what else the profile says."""
    within = feature_vector(profile, min(rows, model.max_rows))
    if model.leverage(within) <= MAX_LEVERAGE_RATIO * model.max_leverage:
        return ManyRows(rows=rows, max_measured_rows=model.max_rows)
    return OutOfDistribution(leverage_ratio=posterior.leverage / model.max_leverage, runs=model.runs)
