"""An `Evaluation` from logits on the test rows: arrays and records in, a record out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...data.rows import Rows
from ...metrics import scores as metrics
from ...metrics.bootstrap import Samples, bootstrap, percentile_interval
from ...records import Baseline, ChampionRule, Comparison, Dataset, Evaluation, Forgetting
from ...report.wording import with_text
from .breakdown import calibration_bins, class_scores, mistakes
from .champion import ChampionPredictions, NotCompared
from .gate import against_champion, learned_something


def score(
    rows: Rows,
    logits: np.ndarray,
    dataset: Dataset,
    model: str,
    baselines: Mapping[str, np.ndarray],
    champion: ChampionPredictions | NotCompared,
    *,
    train_right: np.ndarray,
    forgetting: Forgetting | None,
) -> Evaluation:
    """Scores with their intervals, the gate, and a breakdown by class, by confidence and by mistake.

    Args:
        rows: The test rows.
        logits: The model's logits for them, (rows, classes).
        dataset: What the rows are of.
        model: Checksum of the model.
        baselines: Predictions (rows,) of each baseline by its name.
        champion: The champion's predictions, or why it is not compared.
        train_right: For which training rows the prediction is right, (training rows,).
        forgetting: What training cost on another task.

    Returns:
        The evaluation; its `seconds` are 0.
    """
    labels, predictions = rows.labels, logits.argmax(axis=1)
    others = [*baselines.values(), *([champion.predictions] if isinstance(champion, ChampionPredictions) else [])]
    samples = bootstrap(labels, logits, np.array(others).reshape(len(others), len(labels)))
    counts = metrics.confusion_matrix(labels, predictions, len(dataset.classes))
    scores = metrics.all_scores(labels, logits)
    intervals = {name: percentile_interval(value, samples.scores[name]) for name, value in scores.items()}
    majority = float(counts.sum(axis=1).max() / len(labels))
    metric = metrics.metric_for(np.sum(list(dataset.counts.values()), axis=0))
    learned = learned_something(metric, intervals[metric], majority, len(dataset.classes))
    comparison: Comparison | None = None
    against: ChampionRule
    if isinstance(champion, ChampionPredictions):
        comparison = compare(labels, predictions, champion, samples)
        against = against_champion(comparison, model, scores["accuracy"])
    else:
        against = champion
    return Evaluation(
        accuracy=scores["accuracy"],
        balanced_accuracy=scores["balanced_accuracy"],
        macro_f1=scores["macro_f1"],
        log_loss=scores["log_loss"],
        ece=scores["ece"],
        examples=len(labels),
        train_accuracy=float(train_right.mean()),
        train_rows=len(train_right),
        forgetting=forgetting,
        intervals=intervals,
        majority=majority,
        baselines=baseline_scores(labels, baselines, samples),
        classes=dataset.classes,
        confusion=tuple(map(tuple, counts.tolist())),
        per_class=class_scores(dataset.classes, counts),
        calibration=calibration_bins(labels, logits),
        mistakes=mistakes(rows, logits, dataset),
        champion=comparison,
        passed=learned.passed and against.passed,
        gate=(with_text(learned), with_text(against)),
        dataset=dataset.fingerprint,
        model=model,
        seconds=0.0,
    )


def baseline_scores(labels: np.ndarray, baselines: Mapping[str, np.ndarray], samples: Samples) -> tuple[Baseline, ...]:
    """Accuracy of each baseline; the first of the other predictors in `samples` are the baselines."""
    return tuple(
        Baseline(name=name, accuracy=percentile_interval(metrics.accuracy(labels, predictions), accuracies))
        for (name, predictions), accuracies in zip(baselines.items(), samples.others, strict=False)
    )


def compare(labels: np.ndarray, predictions: np.ndarray, champion: ChampionPredictions, samples: Samples) -> Comparison:
    """The model against the champion, the last of the other predictors in `samples`, on the same resamples."""
    own, theirs = samples.scores["accuracy"], samples.others[-1]
    accuracy = metrics.accuracy(labels, champion.predictions)
    # Both are multiples of 1 / rows: what differs by less is the rounding of their sums.
    difference = np.round((own - theirs) * len(labels)) / len(labels)
    return Comparison(
        version=champion.version,
        accuracy=percentile_interval(accuracy, theirs),
        difference=percentile_interval(metrics.accuracy(labels, predictions) - accuracy, difference),
        p_worse=float(np.mean(difference < 0)),
        resamples=len(difference),
    )
