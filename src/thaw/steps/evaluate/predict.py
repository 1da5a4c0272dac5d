"""Predictions of a saved model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from ...data.rows import Rows
from ...errors import InputError
from ...networks.protocol import Network
from ...progress import stage


def predict(network: Network, rows: Rows, scratch: Path, name: str, split: str = "test") -> np.ndarray:
    """Logits (rows, classes). `name` and `split` are for the progress.

    Raises:
        InputError: A logit is not finite.
    """
    with stage(f"{name} reads the {split} rows", len(rows)) as progress:
        examples = network.encode(rows.raw, scratch, progress.advance)
    with stage(f"{name} predicts the {split} rows", len(rows)) as progress:
        logits = network.logits(examples, progress.advance)
    if not np.isfinite(logits).all():
        raise InputError(f"{name} gives outputs that are not finite", "train again with a lower rate")
    return logits


def classes_of(model: Path) -> tuple[str, ...]:
    """The classes of a saved model, in the order of its logits.

    Raises:
        InputError: The classes cannot be read.
    """
    try:
        return tuple(json.loads((model / "classes.json").read_text()))
    except (OSError, ValueError) as error:
        raise InputError(f"{model} has no readable classes.json", "give a model folder that fine_tune wrote") from error
