"""From logits on the test rows to an `Evaluation`: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...data.rows import Rows
from ...metrics import scores as metrics
from ...metrics.bootstrap import bootstrap, percentile_interval
from ...records import Baseline, CalibrationBin, ClassScore, Comparison, Dataset, Evaluation, Forgetting, Mistake
from .gate import gate, has_learned

MISTAKES = 24
EXCERPT = 240
"""Characters."""


@dataclass(frozen=True)
class Rival:
    """The champion's predictions (rows,) for the test rows; None with the reason why there are none."""

    version: str
    predictions: np.ndarray | None
    note: str


def score(
    rows: Rows,
    logits: np.ndarray,
    dataset: Dataset,
    model: str,
    baselines: Mapping[str, np.ndarray],
    rival: Rival,
    *,
    trained: np.ndarray,
    forgetting: Forgetting | None,
) -> Evaluation:
    """Scores, intervals, gate and what there is to look at.

    `rows` are the test rows, `logits` (rows, classes) the model's answers to them, `model` its checksum; `baselines`
    maps names to predictions (rows,), `trained` (training rows,) says of which training rows the model is right.
    `seconds` is left at 0.
    """
    labels, predictions = rows.labels, logits.argmax(axis=1)
    against = [*baselines.values(), *([] if rival.predictions is None else [rival.predictions])]
    samples = bootstrap(labels, logits, np.array(against).reshape(len(against), len(labels)))
    counts = metrics.confusion_matrix(labels, predictions, len(dataset.classes))
    values = {
        "accuracy": metrics.accuracy(labels, predictions),
        "balanced_accuracy": metrics.balanced_accuracy(labels, predictions),
        "macro_f1": metrics.macro_f1(labels, predictions),
        "log_loss": metrics.log_loss(labels, logits),
        "ece": metrics.ece(labels, logits),
    }
    intervals = {name: percentile_interval(value, samples.scores[name]) for name, value in values.items()}
    majority = float(counts.sum(axis=1).max() / len(labels))
    champion = None
    if rival.predictions is not None:
        champion = compare(labels, predictions, rival, samples.scores["accuracy"], samples.others[-1])
    metric = metrics.metric_for(np.sum(list(dataset.counts.values()), axis=0))
    learned = has_learned(metric, intervals[metric], majority, len(dataset.classes))
    passed, sentences = gate(learned, champion, rival.note, rival.version == model)
    return Evaluation(
        accuracy=values["accuracy"],
        balanced_accuracy=values["balanced_accuracy"],
        macro_f1=values["macro_f1"],
        log_loss=values["log_loss"],
        ece=values["ece"],
        examples=len(labels),
        train_accuracy=float(trained.mean()),
        train_examples=len(trained),
        forgetting=forgetting,
        intervals=intervals,
        majority=majority,
        baselines=tuple(
            Baseline(name=name, accuracy=percentile_interval(metrics.accuracy(labels, answers), accuracies))
            for (name, answers), accuracies in zip(baselines.items(), samples.others, strict=False)
        ),
        classes=dataset.classes,
        confusion=tuple(map(tuple, counts.tolist())),
        per_class=class_scores(dataset.classes, counts),
        calibration=calibration(labels, logits),
        mistakes=mistakes(rows, logits, dataset),
        champion=champion,
        passed=passed,
        gate=sentences,
        dataset=dataset.fingerprint,
        model=model,
        seconds=0.0,
    )


def compare(
    labels: np.ndarray, predictions: np.ndarray, rival: Rival, ours: np.ndarray, theirs: np.ndarray
) -> Comparison:
    """`ours` and `theirs` are accuracies in the same resamples, (resamples,)."""
    assert rival.predictions is not None
    value = metrics.accuracy(labels, rival.predictions)
    # Both are multiples of 1 / rows: what differs by less is the rounding of their sums.
    difference = np.round((ours - theirs) * len(labels)) / len(labels)
    return Comparison(
        version=rival.version,
        accuracy=percentile_interval(value, theirs),
        difference=percentile_interval(metrics.accuracy(labels, predictions) - value, difference),
        p_worse=float(np.mean(difference < 0)),
        resamples=len(difference),
    )


def class_scores(classes: tuple[str, ...], counts: np.ndarray) -> tuple[ClassScore, ...]:
    columns = metrics.per_class(counts)
    return tuple(
        ClassScore(name=name, examples=int(examples), precision=precision, recall=recall, f1=f1)
        for name, examples, precision, recall, f1 in zip(classes, *map(np.ndarray.tolist, columns), strict=True)
    )


def calibration(labels: np.ndarray, logits: np.ndarray) -> tuple[CalibrationBin, ...]:
    bins = metrics.reliability(labels, logits)
    lower = metrics.confidence_bins(bins.confidence)
    columns = (lower / metrics.BINS, (lower + 1) / metrics.BINS, *bins)
    return tuple(
        CalibrationBin(low=low, high=high, confidence=min(confidence, 1.0), accuracy=accuracy, examples=int(examples))
        for low, high, confidence, accuracy, examples in zip(*map(np.ndarray.tolist, columns), strict=True)
    )


def mistakes(rows: Rows, logits: np.ndarray, dataset: Dataset) -> tuple[Mistake, ...]:
    """The wrong answers that the model was surest of."""
    predictions, confidences = logits.argmax(axis=1), metrics.confidences(logits)
    wrong = np.flatnonzero(predictions != rows.labels)
    surest = wrong[np.argsort(-confidences[wrong], kind="stable")][:MISTAKES]
    return tuple(
        Mistake(
            row=rows.ids[row],
            label=dataset.classes[rows.labels[row]],
            predicted=dataset.classes[predictions[row]],
            confidence=min(float(confidences[row]), 1.0),
            excerpt=excerpt(rows.raw[row]) if dataset.modality == "text" else "",
        )
        for row in surest.tolist()
    )


def excerpt(text: str) -> str:
    words = " ".join(text[: 2 * EXCERPT].split())
    return words if len(words) <= EXCERPT else words[: EXCERPT - 1].rstrip() + "…"
