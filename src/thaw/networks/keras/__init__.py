"""Images: Keras on TensorFlow, with KerasHub's networks. The frameworks are imported when a network is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...data.images import size_of
from ..protocol import Network


def open_network(reference: str, folder: Path | None, extent: float | None, input_size: int | None) -> Network:
    """A pretrained network from a local folder, or from the hub where `folder` is None. See `load.open_network`."""
    from .load import open_network as opened

    return opened(reference, folder, extent, input_size)


def load_model(folder: Path) -> Network:
    """A saved model, with its head."""
    from .load import load_model as loaded

    return loaded(folder)


def extents(reference: str, folder: Path | None, raw: Sequence[bytes]) -> np.ndarray:
    """Pixels of each image's shorter side, (rows,): no network is needed for that."""
    return np.array([min(size_of(content)) for content in raw], dtype=np.int64)
