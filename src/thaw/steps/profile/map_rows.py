"""The rows of the map on the page: all suspects that are named, and some of the others."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from ...data.excerpts import excerpt
from ...data.rows import Rows
from ...records import Dataset, Findings
from ...report.feature_map import MapRow
from .input_features import SIDE

MAX_ROWS = 600
MAX_CHARACTERS = 120
"""Characters of a text that are shown: the page holds MAX_ROWS of them."""


def map_rows(
    sample: Rows, dataset: Dataset, found: Findings, places: np.ndarray, inputs: np.ndarray
) -> tuple[MapRow, ...]:
    """The rows to draw.

    Args:
        sample: Sampled rows without copies.
        dataset: Names of classes.
        found: The suspects.
        places: Where each row lies, (rows, 2).
        inputs: Features of the input, (rows, width): of images the thumbnails, which are drawn.
    """
    suspects = {each.row for each in found.suspects}
    return tuple(
        MapRow(
            x=float(places[row, 0]),
            y=float(places[row, 1]),
            label=dataset.classes[sample.labels[row]],
            title=title(sample, dataset, row),
            suspect=sample.ids[row] in suspects,
            image=data_uri(inputs[row]) if dataset.modality == "image" else "",
        )
        for row in chosen(sample, suspects).tolist()
    )


def chosen(sample: Rows, suspects: set[str]) -> np.ndarray:
    """Places of the suspects and of others, drawn at random, at most MAX_ROWS."""
    doubted = np.array([row in suspects for row in sample.ids])
    others = np.random.default_rng(0).permutation(np.flatnonzero(~doubted))
    return np.sort(np.concatenate([np.flatnonzero(doubted), others[: max(0, MAX_ROWS - int(doubted.sum()))]]))


def title(sample: Rows, dataset: Dataset, row: int) -> str:
    """What is said of a row under the pointer."""
    text = f"{excerpt(sample.raw[row], MAX_CHARACTERS)}\n" if dataset.modality == "text" else ""
    return f"{text}{dataset.classes[sample.labels[row]]}\n{sample.source[row]}"


def data_uri(pixels: np.ndarray) -> str:
    """A thumbnail (width,) in 0–1, which is decoded already, as a JPEG in a `data:` URI."""
    image = Image.fromarray((255 * pixels.reshape(SIDE, SIDE, 3)).round().astype(np.uint8))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
