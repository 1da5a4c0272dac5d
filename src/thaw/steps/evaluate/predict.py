"""Answers of saved models on the test rows."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from ... import storage
from ...data.rows import Rows
from ...errors import InputError
from ...networks.loading import load_model
from ...networks.protocol import Network
from ...progress import stage
from ...records import Champion, Dataset, Preprocessing
from .scoring import Rival


def predict(network: Network, rows: Rows, scratch: Path, name: str, kind: str = "test") -> np.ndarray:
    """Logits (rows, classes)."""
    with stage(f"{name} reads the {kind} rows", len(rows)) as progress:
        examples = network.encode(rows.raw, scratch, progress.advance)
    with stage(f"{name} predicts the {kind} rows", len(rows)) as progress:
        logits = network.logits(examples, progress.advance)
    if not np.isfinite(logits).all():
        raise InputError(f"{name} gives outputs that are not finite", "train again with a lower rate")
    return logits


def classes_of(model: Path) -> tuple[str, ...]:
    """The classes of a saved model, in the order of its logits."""
    try:
        return tuple(json.loads((model / "classes.json").read_text()))
    except (OSError, ValueError) as error:
        raise InputError(f"{model} has no readable classes.json", "give a model folder that fine_tune wrote") from error


def challenge(champion: Champion, version: str, own: np.ndarray, dataset: Dataset, rows: Rows, scratch: Path) -> Rival:
    """The champion's answers, or why they can't be compared. `own` are the answers of the model `version`.

    A champion that is named but cannot be loaded ends the run: passing the gate unseen would replace it unchallenged.
    """
    if not champion.version:
        return Rival("", None, "No champion to compare with: this would be the first release.")
    if champion.version == version:
        return Rival(version, own, "")
    short = champion.version[:12]
    folder, other = _fetch(champion, scratch)
    try:
        classes, modality = classes_of(folder), Preprocessing.read(folder / "preprocessing.json").modality
    except InputError as error:
        raise _gone(champion, error) from error
    if modality != dataset.modality:
        return Rival(
            short, None, f"Not comparable with the champion {short}: it takes {modality}s, not {dataset.modality}s."
        )
    if classes != dataset.classes:
        return Rival(short, None, f"Not comparable with the champion {short}: {_differing(classes, dataset.classes)}.")
    return Rival(champion.version, predict(_load(folder, champion), rows, other, "the champion").argmax(axis=1), "")


def _fetch(champion: Champion, scratch: Path) -> tuple[Path, Path]:
    fetched, encoded = scratch / "champion", scratch / "champion-rows"
    fetched.mkdir()
    encoded.mkdir()
    try:
        return storage.local_path(storage.join(champion.uri, "model"), fetched), encoded
    except OSError as error:
        raise _gone(champion, error) from error


def _load(folder: Path, champion: Champion) -> Network:
    try:
        return load_model(folder)
    except Exception as error:
        raise _gone(champion, error) from error


def _gone(champion: Champion, error: Exception) -> InputError:
    return InputError(
        f"the champion {champion.version[:12]} at {champion.uri} cannot be loaded ({error})",
        "restore its files, or delete the registry's current.json to release without a comparison",
    )


def _differing(theirs: tuple[str, ...], ours: tuple[str, ...]) -> str:
    new, gone = [name for name in ours if name not in theirs], [name for name in theirs if name not in ours]
    if not new and not gone:
        return "it has its classes in another order"
    parts = [f"it does not know {_some(new)}"] * bool(new) + [f"it knows {_some(gone)}, which the data lacks"] * bool(
        gone
    )
    return " and ".join(parts)


def _some(names: list[str]) -> str:
    listed = ", ".join(f"'{name}'" for name in names[:3])
    return listed if len(names) <= 3 else f"{listed} and {len(names) - 3} more classes"
