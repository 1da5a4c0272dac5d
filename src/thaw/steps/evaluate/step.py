"""Score a trained model on the test split, which nothing before has read, beside baselines and the champion."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from ...data.rows import Rows
from ...data.shards import read_rows
from ...errors import InputError
from ...networks.loading import load_model
from ...networks.protocol import Network
from ...progress import stage
from ...records import Champion, Dataset, Evaluation, Plan
from ...report.wording import with_text
from ...storage.checksums import file_checksums, folder_checksum
from . import baselines
from .champion import champion_predictions
from .forgetting import measure_forgetting
from .loads import asking
from .predict import classes_of, predict
from .scoring import score

MAX_TRAIN_ROWS = 2000
"""Training rows that the model's accuracy is measured on at most: its standard error is about a point then, or less."""


def run(dataset: Dataset, model: Path, champion: Champion, plan: Plan | None, scratch: Path) -> Evaluation:
    """Evaluate a saved model.

    Args:
        dataset: The dataset, with a test split.
        model: Folder of the model.
        champion: The version that is current in the registry.
        plan: What the model was trained by; without it, the cost of training on another task is not measured.
        scratch: An empty folder.

    Raises:
        InputError: When the dataset has no test rows, when the model's classes are not the dataset's, or when the
            champion is named but cannot be loaded.
    """
    started = time.monotonic()
    check(dataset, model)
    names = ("test", "train", "encoded", "train-encoded", "other-task", "champion", "stranger")
    folders = {name: scratch / name for name in names}
    for folder in folders.values():
        folder.mkdir()
    version = folder_checksum(file_checksums(model))
    rows = read_rows(dataset, ("test",), folders["test"])
    train = read_rows(dataset, ("train", "validation"), folders["train"])
    with asking(model, dataset, rows, folders["stranger"]) as compared:
        network = opened(model)
        logits = predict(network, rows, folders["encoded"], "the model")
        train_right = right_on_training_rows(network, train, dataset.rows("train"), folders["train-encoded"])
        forgetting = measure_forgetting(plan, network, folders["other-task"])
        against = champion_predictions(champion, version, logits.argmax(axis=1), dataset, rows, folders["champion"])
        with stage("baselines"):
            simple = baselines.predictions(dataset.modality, train, rows)
        loads = compared(logits, network.compute_dtype)
    result = score(rows, logits, dataset, version, simple, against, train_right=train_right, forgetting=forgetting)
    gate = (*result.gate, with_text(loads))
    passed = result.passed and loads.passed
    return result.model_copy(update={"gate": gate, "passed": passed, "seconds": time.monotonic() - started})


def opened(model: Path) -> Network:
    """The network in a model folder.

    Raises:
        InputError: Even Thaw cannot load it. A damaged file may raise anything.
    """
    try:
        return load_model(model)
    except InputError:
        raise
    except Exception as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)[:200]
        raise InputError(f"the model in {model} cannot be loaded ({reason})", "train it again") from error


def right_on_training_rows(network: Network, rows: Rows, training: int, scratch: Path) -> np.ndarray:
    """Whether the prediction is right, (rows,) bool, for at most MAX_TRAIN_ROWS of the first `training` of `rows`."""
    sample = rows.take(np.sort(np.random.default_rng(0).permutation(training)[:MAX_TRAIN_ROWS]))
    return predict(network, sample, scratch, "the model", "training").argmax(axis=1) == sample.labels


def check(dataset: Dataset, model: Path) -> None:
    """Check that the model can be scored on the dataset.

    Raises:
        InputError: There are no test rows, or the model was trained for other classes.
    """
    if not dataset.rows("test"):
        raise InputError("the dataset has no test rows", "add rows, or a test split")
    if classes_of(model) != dataset.classes:
        raise InputError(
            f"the model in {model} was trained for other classes than the dataset has",
            "train it on this dataset",
        )
