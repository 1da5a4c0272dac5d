"""Open a pretrained network, or a saved model, by the engine of its modality."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from .. import storage
from ..errors import InputError
from ..records import Modality, Preprocessing
from .presets import DEFAULT, PRESETS
from .protocol import Network


def engine(modality: Modality) -> ModuleType:
    """The engine's package.

    Raises:
        InputError: Its framework is not installed.
    """
    name, extra = {"image": ("keras", "vision"), "text": ("torch", "text")}[modality]
    try:
        return importlib.import_module(f".{name}", __package__)
    except ModuleNotFoundError as error:
        raise InputError(f"{error.name} is not installed", f"pip install 'thaw[{extra}]'") from error


def resolve(modality: Modality, reference: str, scratch: Path) -> tuple[str, Path | None]:
    """The hub's handle of a network, and its folder where it has one (copied into scratch from gs://)."""
    reference = reference or DEFAULT[modality]
    preset = PRESETS.get(reference.lower())
    if preset and preset.modality != modality:
        raise InputError(
            f"{reference} is a network for {preset.modality}s and the dataset holds {modality}s",
            f"take one of {preset_names(modality)}",
        )
    if preset:
        return preset.handle, None
    if storage.is_remote(reference):
        return reference, download(reference, scratch / "network")
    if Path(reference).is_dir():
        return reference, Path(reference)
    if reference.startswith(("/", ".", "~")) or reference.removeprefix("hf://").count("/") > 1:
        raise InputError(
            f"there is no folder {reference}",
            f"give a folder, gs://…, hf://OWNER/NAME, or one of {preset_names(modality)}",
        )
    return reference, None


def download(reference: str, folder: Path) -> Path:
    """Copy the network's files once, and return the folder."""
    if not folder.exists():
        try:
            storage.download(reference, folder)
        except FileNotFoundError as error:
            raise InputError(f"there is no model {reference}", "give the gs:// folder that holds its files") from error
    return folder


def preset_names(modality: Modality) -> str:
    return ", ".join(name for name, preset in PRESETS.items() if preset.modality == modality)


def extents(modality: Modality, reference: str, raw: Sequence[Any], scratch: Path) -> np.ndarray:
    """Size of each raw row, (rows,): tokens, or pixels of the shorter side."""
    return engine(modality).extents(*resolve(modality, reference, scratch), raw)


def open_network(
    modality: Modality,
    reference: str,
    scratch: Path,
    *,
    extent: float | None = None,
    input_size: int | None = None,
) -> Network:
    """A pretrained network by known name, folder, gs:// or hub handle; an empty reference is the modality's default.

    Its input size is `input_size`, or follows from `extent`: the median of the rows' shorter sides in pixels, or the
    98th percentile of their tokens.
    """
    handle, folder = resolve(modality, reference, scratch)
    network: Network = engine(modality).open_network(handle, folder, extent, input_size)
    network.reference = reference or DEFAULT[modality]
    return network


def load_model(folder: Path) -> Network:
    """A model that `Network.save` wrote."""
    preprocessing = Preprocessing.read(folder / "preprocessing.json")
    return engine(preprocessing.modality).load_model(folder)
