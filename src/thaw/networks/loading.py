"""Pretrained networks behind one contract. An engine is imported only when one of its networks is asked for."""

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
    name, extra = {"image": ("keras", "vision"), "text": ("torch", "text")}[modality]
    try:
        return importlib.import_module(f".{name}", __package__)
    except ModuleNotFoundError as error:
        raise InputError(f"{error.name} is not installed", f"pip install 'thaw[{extra}]'") from error


def resolve(modality: Modality, reference: str, scratch: Path) -> tuple[str, Path | None]:
    """What the engine is asked for: the hub's handle, or a folder at hand (fetched into scratch if it lies in gs://)."""
    reference = reference or DEFAULT[modality]
    known = PRESETS.get(reference.lower())
    if known and known.modality != modality:
        raise InputError(
            f"{reference} is a network for {known.modality}s and the dataset holds {modality}s",
            f"take one of {names(modality)}",
        )
    if known:
        return known.handle, None
    if storage.is_remote(reference):
        return reference, fetched(reference, scratch / "network")
    if Path(reference).is_dir():
        return reference, Path(reference)
    if reference.startswith(("/", ".", "~")) or reference.removeprefix("hf://").count("/") > 1:
        raise InputError(
            f"there is no folder {reference}", f"give a folder, gs://…, hf://OWNER/NAME, or one of {names(modality)}"
        )
    return reference, None


def fetched(reference: str, folder: Path) -> Path:
    """The network's files, copied once."""
    if not folder.exists():
        try:
            storage.download(reference, folder)
        except FileNotFoundError as error:
            raise InputError(f"there is no model {reference}", "give the gs:// folder that holds its files") from error
    return folder


def names(modality: Modality) -> str:
    return ", ".join(name for name, known in PRESETS.items() if known.modality == modality)


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
