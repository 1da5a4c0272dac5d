"""An evaluation as a page: how good, how sure, where it errs."""

from __future__ import annotations

import numpy as np

from ..metrics.bootstrap import RESAMPLES
from ..metrics.scores import BINS, confidence_bins
from ..records import ClassScore, Dataset, Evaluation, Forgetting, Interval, Mistake
from .charts import Scale, bar, dot, forest, line, plot
from .confusion import HALF, MOST, heatmap, pairs
from .html import (
    between,
    columns,
    count,
    escape,
    heading,
    more,
    percent,
    points,
    section,
    share_bar,
    shell,
    short_percent,
    table,
    tiles,
)
from .pictures import thumbnails

SHOWN = 25
"""Classes in the table before the rest is folded away."""


def page(evaluation: Evaluation, dataset: Dataset) -> str:
    """A self-contained document. Thumbnails of images are in it when the dataset's shards can be read."""
    return shell("Evaluation on the test split", sections(evaluation, dataset), footer(evaluation))


def sections(evaluation: Evaluation, dataset: Dataset) -> list[str]:
    parts = [_headline(evaluation), _versus(evaluation), _classes(evaluation), _calibration(evaluation)]
    parts += [_elsewhere(evaluation.forgetting), _mistakes(evaluation, dataset)]
    return [part for part in parts if part]


def footer(evaluation: Evaluation) -> str:
    return f"Model {evaluation.model} · dataset {evaluation.dataset}"


def _headline(evaluation: Evaluation) -> str:
    accuracy = evaluation.intervals["accuracy"]
    verdict = "Passed the gate" if evaluation.passed else "Refused by the gate"
    sentences = "".join(f"<p>{escape(sentence)}</p>" for sentence in evaluation.gate)
    number = (
        f'<div class="big">{percent(accuracy.value)}</div>'
        f'<p class="note">accuracy on {count(evaluation.examples)} test rows, 95% interval {between(accuracy)}</p>'
    )
    rows = [("This model", accuracy, "a")]
    if evaluation.champion:
        rows.append((f"Champion {evaluation.champion.version[:8]}", evaluation.champion.accuracy, "w"))
    rows += [(baseline.name, baseline.accuracy, "") for baseline in evaluation.baselines]
    body = (
        number
        + forest(rows)
        + f'<div class="verdict{"" if evaluation.passed else " no"}"><b>{verdict}</b>{sentences}</div>'
    )
    return section("How good it is", body) + section("Other scores", tiles(_scores(evaluation)), gap(evaluation))


def _scores(evaluation: Evaluation) -> list[tuple[str, str, str]]:
    def plain(interval: Interval) -> tuple[str, str]:
        return f"{interval.value:.3f}", f"{interval.low:.3f}–{interval.high:.3f}"

    shown = evaluation.intervals
    return [
        ("Balanced accuracy", percent(evaluation.balanced_accuracy), between(shown["balanced_accuracy"])),
        ("Macro F1", percent(evaluation.macro_f1), between(shown["macro_f1"])),
        ("Log loss", *plain(shown["log_loss"])),
        ("Calibration error", percent(evaluation.ece), between(shown["ece"])),
    ]


def gap(evaluation: Evaluation) -> str:
    """Between training rows and test rows, in a sentence."""
    seen, unseen = percent(evaluation.train_accuracy), percent(evaluation.accuracy)
    said = (
        f"It is right on {seen} of {count(evaluation.train_examples)} training rows and on {unseen} of the test rows: "
    )
    fall = evaluation.train_accuracy - evaluation.accuracy
    if fall <= 0:
        return said + "what it learned carries over whole."
    return said + f"a gap of {100 * fall:.1f} points, known by heart alone."


def _elsewhere(forgetting: Forgetting | None) -> str:
    title = "What tuning cost elsewhere"
    if forgetting is None:
        return section(title, "<p>Not measured: the pretrained network was not at hand to compare with.</p>")
    difference = f"the same head: {points(forgetting.after - forgetting.before)} points"
    shown = [
        ("Before tuning", percent(forgetting.before), f"on {count(forgetting.examples)} rows"),
        ("After tuning", percent(forgetting.after), difference),
        ("With a new head", percent(forgetting.refitted), "fitted after tuning"),
    ]
    return section(title, tiles(shown), forgotten(forgetting))


def forgotten(forgetting: Forgetting) -> str:
    """What the numbers mean, in two sentences."""
    said = f"A head that tells {forgetting.task}, fitted on the pretrained network's features, reads both networks'. "
    if forgetting.after >= forgetting.before:
        return said + "Tuning cost nothing there."
    if not _fell(forgetting, forgetting.after):
        return said + "Tuning cost little there, if anything: so small a fall may be chance."
    if not _fell(forgetting, forgetting.refitted):
        return (
            said + "Tuning has moved the features away from under it, but a new head still finds there what it needs."
        )
    return said + "Tuning made the network forget part of what it knew: a new head does not find it either."


def _fell(forgetting: Forgetting, after: float) -> bool:
    """By two standard errors, as of two sets of rows: with the same ones the error is smaller, never larger."""
    spread = forgetting.before * (1 - forgetting.before) + after * (1 - after)
    return forgetting.before - after >= 2 * (spread / forgetting.examples) ** 0.5


def _versus(evaluation: Evaluation) -> str:
    champion = evaluation.champion
    if champion is None:
        return ""
    if champion.version == evaluation.model:
        return section(
            "Against the champion", "<p>The champion is this very model: its files have the same content.</p>"
        )
    row = ("This model − champion", champion.difference, "a")
    said = f"Worse in {percent(champion.p_worse)} of {count(RESAMPLES)} paired resamples of the test rows."
    return section("Against the champion", forest([row], signed=True), f"Difference of accuracy in points. {said}")


def _classes(evaluation: Evaluation) -> str:
    few = len(evaluation.classes) <= MOST
    note = "Rows are true classes, columns predicted ones; the deeper the shade, the larger the share of the row." + (
        "" if few else f" The {MOST} classes with the most errors of {len(evaluation.classes)}."
    )
    worst = sorted(evaluation.per_class, key=lambda score: (score.f1, score.name))
    rest = more(f"{len(worst) - SHOWN} more classes", _class_table(worst[SHOWN:])) if len(worst) > SHOWN else ""
    by_class = _class_table(worst[:SHOWN]) + rest
    found = pairs(evaluation)
    if len(evaluation.classes) == 2:
        return section("Where it errs", columns(heatmap(evaluation), by_class), note)
    if len(evaluation.classes) <= HALF:
        picture, tables = columns(heatmap(evaluation), found), by_class
    else:
        picture, tables = heatmap(evaluation), columns(by_class, found)
    return section("Where it errs", picture, note) + section("By class, worst first", tables)


def _class_table(scores: list[ClassScore]) -> str:
    rows = [
        (
            escape(score.name),
            share_bar(score.recall),
            percent(score.precision),
            percent(score.f1),
            count(score.examples),
        )
        for score in scores
    ]
    return table(("Class", "Recall", "Precision", "F1", "Rows"), rows, numbers=4)


def _calibration(evaluation: Evaluation) -> str:
    scale = Scale(0, 1)
    most = max(item.examples for item in evaluation.calibration)
    marks, bars = [line(0, 100, 100, 0, "dash")], []
    for item in evaluation.calibration:
        x, title = (
            scale(item.confidence),
            f"{count(item.examples)} rows: sure to {percent(item.confidence)}, right {percent(item.accuracy)}",
        )
        left = int(confidence_bins(np.array(item.confidence)))
        marks.append(line(x, 100 - x, x, 100 - scale(item.accuracy), "whisker w"))
        marks.append(dot(x, 100 - scale(item.accuracy), "a", 3 + 6 * (item.examples / most) ** 0.5, title))
        bars.append(bar(100 * left / BINS, 100 * (left + 1) / BINS, 100 - 100 * item.examples / most, "a", title))
    diagram = plot(
        scale,
        scale,
        marks,
        x_name="confidence",
        x_label=short_percent,
        y_label=short_percent,
        about="Accuracy against confidence, the diagonal is perfect calibration",
        height=270,
    )
    histogram = plot(
        scale,
        Scale(0, most),
        bars,
        x_name="confidence",
        x_label=short_percent,
        y_label=count,
        about="Test rows by confidence",
        height=270,
    )
    body = columns(
        heading("Accuracy at each confidence") + diagram, heading("Test rows at each confidence") + histogram
    )
    note = (
        "On the diagonal, what it says with 80% confidence is right in 80% of cases; below, it is too sure of itself."
    )
    return section("Whether its confidence can be trusted", body, note)


def _mistakes(evaluation: Evaluation, dataset: Dataset) -> str:
    if not evaluation.mistakes:
        return ""
    images = dataset.modality == "image"
    shown = thumbnails(dataset, [mistake.row for mistake in evaluation.mistakes]) if images else {}
    cards = "".join(_card(mistake, shown.get(mistake.row, "")) for mistake in evaluation.mistakes)
    kind = "cards pictures" if images else "cards"
    note = "The wrong answers it was surest of. Often the label is what is wrong."
    return section("Mistakes to look at", f'<div class="{kind}">{cards}</div>', note)


def _card(mistake: Mistake, picture: str) -> str:
    image = f'<img alt="" src="{picture}">' if picture else ""
    excerpt = f"<blockquote>{escape(mistake.excerpt)}</blockquote>" if mistake.excerpt else ""
    return (
        f'<figure title="{escape(mistake.row)}">{image}{excerpt}<figcaption>says <b>{escape(mistake.predicted)}</b> '
        f"({mistake.confidence:.0%}), labelled <i>{escape(mistake.label)}</i></figcaption></figure>"
    )
