"""The rule that a model's folder loads without Thaw, and is then the model that was scored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ...data.rows import Rows
from ...networks.stranger import Answer, ask, largest_difference
from ...progress import stage
from ...records import Dataset, Loads

MAX_ROWS = 100
MAX_DIFFERENCE = {"float32": 1e-3, "bfloat16": 0.1}
"""Allowed for logits, in units of the largest one or of 1: sums of float32 in another order differ by some 1e-6. A
stranger computes in float32, whatever the scored model was computed in."""


@contextmanager
def asking(model: Path, dataset: Dataset, rows: Rows, scratch: Path) -> Iterator[Callable[[np.ndarray, str], Loads]]:
    """Load the folder in a process of its own, beside what the block does.

    The block gets the function that waits for it, and compares its logits with those that were scored, (rows, classes),
    computed in the float type of that name.
    """
    places = compared_rows(len(rows))
    with ThreadPoolExecutor(1) as background:
        answer = background.submit(ask, model, dataset.modality, list(rows.take(places).raw), scratch)

        def compared(logits: np.ndarray, dtype: str) -> Loads:
            with stage("loading without Thaw"):
                return judged(answer.result(), dataset.classes, logits[places], dtype)

        yield compared


def compared_rows(rows: int) -> np.ndarray:
    """At most MAX_ROWS places among `rows`, ascending, the same every time."""
    return np.sort(np.random.default_rng(0).permutation(rows)[:MAX_ROWS])


def judged(answer: Answer, classes: tuple[str, ...], logits: np.ndarray, dtype: str) -> Loads:
    """The rule, of what a stranger found and the logits (rows, classes) that were scored."""
    allowed = MAX_DIFFERENCE.get(dtype, MAX_DIFFERENCE["bfloat16"]) * max(1.0, float(np.abs(logits).max()))
    difference = None if answer.error else largest_difference(answer, logits)
    same_classes = bool(answer.error) or answer.classes == classes
    complete = not (answer.error or answer.missing or answer.unexpected)
    return Loads(
        passed=complete and same_classes and difference is not None and difference < allowed,
        rows=0 if difference is None else len(logits),
        apart=len(answer.apart),
        difference=difference,
        max_difference=allowed,
        missing=answer.missing,
        unexpected=answer.unexpected,
        same_classes=same_classes,
        error=answer.error,
    )
