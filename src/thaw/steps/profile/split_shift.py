"""Whether the rows that are tested look like those that may be trained on. Their labels are not looked at."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...heads.standardisation import Standardisation
from ...metrics.two_samples import classifier_test
from ...records import InputDifference, SplitShift

SHARE = 0.1
"""Tested rows that are compared, as a share of the sample: each costs a forward pass."""
MIN_ROWS, MAX_ROWS = 20, 200
MAX_TIMES = 4
"""Training rows for each tested one, at most."""


def tested_rows(rows: int, sample_rows: int) -> np.ndarray:
    """Sorted places of the tested rows that are compared; empty where there are too few.

    >>> len(tested_rows(300, 1000)), len(tested_rows(10, 1000)), len(tested_rows(30, 100))
    (100, 0, 20)
    """
    count = min(rows, MAX_ROWS, max(MIN_ROWS, round(SHARE * sample_rows)))
    return np.sort(np.random.default_rng(0).permutation(rows)[: count if count >= MIN_ROWS else 0])


def trained_rows(labels: np.ndarray, counts: np.ndarray, tested: int) -> np.ndarray:
    """Sorted places of sampled rows to compare with so many tested ones, each class with its share of all rows.

    The sample itself has more of rare classes. labels (rows,) int, counts (classes,).
    """
    chances = counts[labels] / np.bincount(labels, minlength=len(counts))[labels]
    count = min(len(labels), MAX_TIMES * tested)
    return np.sort(np.random.default_rng(0).choice(len(labels), count, replace=False, p=chances / chances.sum()))


def split_shift(
    trained: np.ndarray, tested: np.ndarray, before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray]
) -> SplitShift:
    """The record of a comparison.

    Args:
        trained: Features of training rows, (rows, width).
        tested: Features of tested rows, (tested rows, width).
        before: Measures of the input of training rows.
        after: The same of the tested rows.
    """
    both = np.concatenate([np.asarray(trained, np.float32), np.asarray(tested, np.float32)])
    second = np.arange(len(both)) >= len(trained)
    auc, p_value = classifier_test(Standardisation.of(both).apply(both), second)
    found = [difference(name, before[name], after[name], len(before)) for name in before]
    inputs = tuple(sorted(found, key=lambda each: -abs(each.effect)))
    return SplitShift(rows=len(tested), trained_rows=len(trained), auc=auc, p_value=p_value, inputs=inputs)


def difference(name: str, before: np.ndarray, after: np.ndarray, tests: int = 1) -> InputDifference:
    """The record of one measure; before (rows,), after (other rows,). The p-value allows for so many tests."""
    from scipy.stats import mannwhitneyu

    spread = np.sqrt((before.var() + after.var()) / 2)
    apart = float(after.mean() - before.mean())
    p_value = float(mannwhitneyu(before, after).pvalue) if spread > 0 else 1.0
    return InputDifference(
        name=name,
        trained=float(before.mean()),
        tested=float(after.mean()),
        effect=apart / float(spread) if spread > 0 else 0.0,
        p_value=min(1.0, tests * p_value),
    )
