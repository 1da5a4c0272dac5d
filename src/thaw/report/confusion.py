"""The confusion matrix as a picture, and as a list of what is taken for what."""

from __future__ import annotations

import numpy as np

from ..records import Evaluation
from .html import count, escape, heading, percent, table

MOST = 50
"""Classes in the picture: with more of them, those with the most errors."""
HALF = 10
"""Up to so many classes the picture takes half of the page's width."""
NUMBERED = 16
"""Up to so many classes there is room for a number in each cell."""
PAIRS = 10


def heatmap(evaluation: Evaluation) -> str:
    """Rows are true classes, columns predicted ones; the shade is the share of the row."""
    counts = np.array(evaluation.confusion)
    chosen = _most_wrong(counts)
    names = [evaluation.classes[index] for index in chosen]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    numbered = len(chosen) <= NUMBERED
    side = min(44, (320 if len(chosen) <= HALF else 800) // len(chosen) - 2)
    head = "".join(f'<th title="{escape(name)}"><div>{escape(name)}</div></th>' for name in names)
    lines = "".join(
        f'<tr><th title="{escape(name)}">{escape(name)}</th>'
        + "".join(_cell(counts[row, column], shares[row, column], row == column, numbered) for column in chosen)
        + "</tr>"
        for row, name in zip(chosen, names, strict=True)
    )
    return (
        f'<div class="scroll"><table class="heat" style="--cell:{side}px">'
        f"<thead><tr><th></th>{head}</tr></thead><tbody>{lines}</tbody></table></div>"
    )


def pairs(evaluation: Evaluation) -> str:
    """The most frequent confusions."""
    counts = np.array(evaluation.confusion)
    errors = counts - np.diag(counts.diagonal())
    order = np.argsort(-errors, axis=None, kind="stable")[:PAIRS]
    found = [
        (row, column) for row, column in zip(*np.unravel_index(order, errors.shape), strict=True) if errors[row, column]
    ]
    if not found:
        return ""
    examples = counts.sum(axis=1)
    rows = [
        (
            escape(evaluation.classes[row]),
            escape(evaluation.classes[column]),
            count(errors[row, column]),
            percent(errors[row, column] / examples[row]),
        )
        for row, column in found
    ]
    return heading("Most frequent confusions") + table(
        ("True class", "Taken for", "Rows", "Of the class"), rows, numbers=2
    )


def _most_wrong(counts: np.ndarray) -> np.ndarray:
    if len(counts) <= MOST:
        return np.arange(len(counts))
    wrong = counts.sum(axis=0) + counts.sum(axis=1) - 2 * counts.diagonal()
    return np.sort(np.argsort(-wrong, kind="stable")[:MOST])


def _cell(number: int, share: float, hit: bool, numbered: bool) -> str:
    if not number:
        return "<td></td>"
    # The eye takes the root for the share itself, and rare confusions stay visible.
    shade = share**0.5
    kinds = " ".join(kind for kind, holds in (("hit", hit), ("deep", shade > 0.62)) if holds)
    marked = f' class="{kinds}"' if kinds else ""
    title = f"{count(number)}, {percent(share)}"
    return f'<td{marked} style="--v:{shade:.2f}" title="{title}">{number if numbered else ""}</td>'
