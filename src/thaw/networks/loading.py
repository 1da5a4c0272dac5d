"""Open a pretrained network, or a saved model, by the engine of its modality."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ..errors import InputError
from ..records import Modality, Preprocessing
from .location import locate
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


def extents(modality: Modality, reference: str, raw: Sequence[Any], scratch: Path) -> np.ndarray:
    """Size of each raw row, (rows,): tokens, or pixels of the shorter side."""
    located = locate(modality, reference, scratch)
    return engine(modality).extents(located.handle, located.path, raw)


def open_network(
    modality: Modality,
    reference: str,
    scratch: Path,
    *,
    extent: float | None = None,
    input_size: int | None = None,
) -> Network:
    """A pretrained network by known name, path, gs:// or hub handle; an empty reference is the modality's default.

    Its input size is `input_size`, or follows from `extent`: the median of the rows' shorter sides in pixels, or the
    98th percentile of their tokens.
    """
    located = locate(modality, reference, scratch)
    network: Network = engine(modality).open_network(located.handle, located.path, extent, input_size)
    network.reference = located.reference
    return network


def load_model(folder: Path) -> Network:
    """A model that `Network.save` wrote."""
    preprocessing = Preprocessing.read(folder / "preprocessing.json")
    return engine(preprocessing.modality).load_model(folder)
