"""The champion's predictions for the same test rows, or the reason why it cannot be compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ... import storage
from ...data.rows import Rows
from ...errors import InputError
from ...networks.loading import load_model
from ...networks.protocol import Network
from ...records import Champion, Dataset, Modality, NoChampion, OtherClasses, OtherModality, Preprocessing
from .predict import classes_of, predict

NotCompared = NoChampion | OtherModality | OtherClasses


@dataclass(frozen=True)
class ChampionPredictions:
    """A champion that can be compared: its version and its predictions (rows,)."""

    version: str
    predictions: np.ndarray


def champion_predictions(
    champion: Champion, model: str, predictions: np.ndarray, dataset: Dataset, rows: Rows, scratch: Path
) -> ChampionPredictions | NotCompared:
    """The champion's predictions for `rows`, or why they cannot be compared with those of `model` (its checksum).

    Raises:
        InputError: When the champion is named but cannot be loaded: a model that passes the gate without a comparison
            would replace it.
    """
    if not champion.version:
        return NoChampion()
    if champion.version == model:
        return ChampionPredictions(model, predictions)
    folder = fetch(champion, scratch)
    classes, modality = classes_and_modality(folder, champion)
    if modality != dataset.modality:
        return OtherModality(champion=champion.version, champion_modality=modality, modality=dataset.modality)
    if classes != dataset.classes:
        return other_classes(champion.version, classes, dataset.classes)
    encoded = scratch / "rows"
    encoded.mkdir()
    return ChampionPredictions(
        champion.version, predict(load(folder, champion), rows, encoded, "the champion").argmax(axis=1)
    )


def other_classes(version: str, theirs: tuple[str, ...], ours: tuple[str, ...]) -> OtherClasses:
    """The rule of a champion with classes `theirs` on a dataset with classes `ours`."""
    added = tuple(name for name in ours if name not in theirs)
    return OtherClasses(champion=version, added=added, removed=tuple(name for name in theirs if name not in ours))


def fetch(champion: Champion, scratch: Path) -> Path:
    """A local folder with the champion's files."""
    fetched = scratch / "model"
    fetched.mkdir()
    try:
        return storage.local_path(storage.join(champion.uri, "model"), fetched)
    except OSError as error:
        raise _unloadable(champion, error) from error


def classes_and_modality(folder: Path, champion: Champion) -> tuple[tuple[str, ...], Modality]:
    """Classes and modality of the champion."""
    try:
        return classes_of(folder), Preprocessing.read(folder / "preprocessing.json").modality
    except InputError as error:
        raise _unloadable(champion, error) from error


def load(folder: Path, champion: Champion) -> Network:
    """The champion's network. A damaged file may raise anything."""
    try:
        return load_model(folder)
    except Exception as error:
        raise _unloadable(champion, error) from error


def _unloadable(champion: Champion, error: Exception) -> InputError:
    return InputError(
        f"the champion {champion.version[:12]} at {champion.uri} cannot be loaded ({error})",
        "restore its files, or delete the registry's current.json to release without a comparison",
    )
