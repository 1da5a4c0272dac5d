"""Score a trained model on the test split, which nothing before has touched, beside baselines and the champion."""

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
from ...storage import checksums
from . import baselines, forgetting
from .predict import challenge, classes_of, predict
from .scoring import score

TRAINING_ROWS = 2000
"""Of which the model's accuracy is told at most: its standard error is about a point then, or less."""


def run(dataset: Dataset, model: Path, champion: Champion, plan: Plan | None, scratch: Path) -> Evaluation:
    """Evaluate the saved model in the folder `model`; `scratch` is an empty folder.

    `plan` is that of the model's training; without one, what tuning cost elsewhere is not measured. Raises InputError
    when the dataset has no test rows, when the model's classes are not the dataset's, or when the champion is named but
    cannot be loaded.
    """
    started = time.monotonic()
    _check(dataset, model)
    folders = {name: scratch / name for name in ("test", "train", "encoded", "trained", "elsewhere", "rival")}
    for folder in folders.values():
        folder.mkdir()
    version = checksums.folder_checksum(checksums.file_checksums(model))
    rows = read_rows(dataset, ("test",), folders["test"])
    train = read_rows(dataset, ("train", "validation"), folders["train"])
    network = load_model(model)
    logits = predict(network, rows, folders["encoded"], "the model")
    trained = remembered(network, train, dataset.rows("train"), folders["trained"])
    lost = forgetting.measure(plan, network, folders["elsewhere"])
    rival = challenge(champion, version, logits.argmax(axis=1), dataset, rows, folders["rival"])
    with stage("baselines"):
        reference = baselines.predict(dataset.modality, train, rows)
    evaluation = score(rows, logits, dataset, version, reference, rival, trained=trained, forgetting=lost)
    return evaluation.model_copy(update={"seconds": time.monotonic() - started})


def remembered(network: Network, rows: Rows, training: int, scratch: Path) -> np.ndarray:
    """Whether the model is right, (training rows,) bool, of at most TRAINING_ROWS of the first `training` of `rows`."""
    drawn = rows.take(np.sort(np.random.default_rng(0).permutation(training)[:TRAINING_ROWS]))
    return predict(network, drawn, scratch, "the model", "training").argmax(axis=1) == drawn.labels


def _check(dataset: Dataset, model: Path) -> None:
    if not dataset.rows("test"):
        raise InputError("the dataset has no test rows", "add rows, or a test split")
    if classes_of(model) != dataset.classes:
        raise InputError(
            f"the model in {model} was trained for other classes than the dataset has",
            "train it on this dataset",
        )
