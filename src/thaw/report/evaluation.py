"""An evaluation as sections of a page: how good, how sure, where it errs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from ..records import Evaluation, Forgetting
from .charts import Forest, Score, difference_forest, forest
from .confusion import frequent_confusions, heatmap
from .reliability import confidence_chart, reliability_chart

MAX_SCORES = 25
"""Classes in the table before the rest is folded away."""

Verdict = Literal["nothing", "chance", "moved", "forgotten"]


def context(evaluation: Evaluation, thumbnails: Mapping[str, str]) -> dict[str, object]:
    """What `evaluation.html` shows. `thumbnails` are `data:` URIs of images by the content hash of their row."""
    champion, forgetting = evaluation.champion, evaluation.forgetting
    worst = sorted(evaluation.per_class, key=lambda score: (score.f1, score.name))
    return {
        "evaluation": evaluation,
        "accuracy_forest": accuracy_forest(evaluation),
        "champion_forest": champion
        and difference_forest(Score("This model − champion", champion.difference, "accent")),
        "heatmap": heatmap(evaluation),
        "confusions": frequent_confusions(evaluation),
        "worst": worst[:MAX_SCORES],
        "rest": worst[MAX_SCORES:],
        "reliability_chart": reliability_chart(evaluation.calibration),
        "confidence_chart": confidence_chart(evaluation.calibration),
        "forgetting_verdict": forgetting and forgetting_verdict(forgetting),
        "thumbnails": thumbnails,
    }


def accuracy_forest(evaluation: Evaluation) -> Forest:
    """Accuracy of the model, of the champion and of the baselines."""
    champion = evaluation.champion
    rivals = [Score(f"Champion {champion.version[:8]}", champion.accuracy, "warm")] if champion else []
    baselines = [Score(baseline.name, baseline.accuracy) for baseline in evaluation.baselines]
    return forest([Score("This model", evaluation.intervals["accuracy"], "accent"), *rivals, *baselines])


def forgetting_verdict(forgetting: Forgetting) -> Verdict:
    """What the accuracies on another task mean.

    Tuning cost nothing there, or so little that it may be chance, or it moved the features away from under the old head
    while a new one finds them, or they are forgotten.
    """
    if forgetting.after >= forgetting.before:
        return "nothing"
    if not _fell(forgetting, forgetting.after):
        return "chance"
    return "forgotten" if _fell(forgetting, forgetting.refitted) else "moved"


def _fell(forgetting: Forgetting, after: float) -> bool:
    """Whether the accuracy fell by two standard errors.

    The variance of an accuracy p on n rows is p (1 − p) / n, and that of the difference of two independent ones is the
    sum of theirs. Here both are read on the same rows, which makes the error smaller, never larger.
    """
    variance = (forgetting.before * (1 - forgetting.before) + after * (1 - after)) / forgetting.rows
    return forgetting.before - after >= 2 * math.sqrt(variance)
