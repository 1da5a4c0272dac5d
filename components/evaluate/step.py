"""Score a trained model on the test split, which nothing before has touched, beside baselines and the champion."""

from __future__ import annotations

import time
from pathlib import Path

from ..core import checksums
from ..core.contracts import Champion, Dataset, Evaluation
from ..core.dataset import read_rows
from ..core.errors import InputError
from ..core.networks import load_model
from ..core.progress import stage
from . import baselines
from .predict import challenge, classes_of, predict
from .scoring import score


def run(dataset: Dataset, model: Path, champion: Champion, scratch: Path) -> Evaluation:
    """Evaluate the saved model in the folder `model`; `scratch` is an empty folder.

    Raises InputError when the dataset has no test rows, when the model's classes are not the dataset's, or when the
    champion is named but cannot be loaded.
    """
    started = time.monotonic()
    _check(dataset, model)
    folders = {name: scratch / name for name in ("test", "train", "encoded", "rival")}
    for folder in folders.values():
        folder.mkdir()
    version = checksums.of_folder(checksums.of_files(model))
    rows = read_rows(dataset, ("test",), folders["test"])
    logits = predict(load_model(model), rows, folders["encoded"], "the model")
    rival = challenge(champion, version, logits.argmax(axis=1), dataset, rows, folders["rival"])
    with stage("baselines"):
        train = read_rows(dataset, ("train", "validation"), folders["train"])
        reference = baselines.predict(dataset.modality, train, rows)
    evaluation = score(rows, logits, dataset, version, reference, rival)
    return evaluation.model_copy(update={"seconds": time.monotonic() - started})


def _check(dataset: Dataset, model: Path) -> None:
    if not dataset.rows("test"):
        raise InputError("the dataset has no test rows", "add rows, or a test split")
    if classes_of(model) != dataset.classes:
        raise InputError(
            f"the model in {model} was trained for other classes than the dataset has",
            "train it on this dataset",
        )
