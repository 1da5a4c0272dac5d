"""Numbers of the input itself that people can read: lengths, sizes, brightness."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...data.images import size_of
from ...records import Modality


def measures(modality: Modality, raw: Sequence[Any], inputs: np.ndarray) -> dict[str, np.ndarray]:
    """Measures of each row by name, (rows,) each; inputs (rows, width) are the thumbnails of images."""
    return of_texts(list(raw)) if modality == "text" else of_images(raw, inputs)


def of_texts(texts: Sequence[str]) -> dict[str, np.ndarray]:
    """Lengths, and shares of kinds of characters.

    >>> {name: values.tolist() for name, values in of_texts(["Ab 1!"]).items()}["capitals"]
    [0.2]
    """
    characters = np.array([len(text) for text in texts], np.float64)

    def share(kind: Callable[[str], bool]) -> np.ndarray:
        return np.array([sum(map(kind, text)) for text in texts]) / np.maximum(characters, 1)

    return {
        "characters": characters,
        "words": np.array([len(text.split()) for text in texts], np.float64),
        "capitals": share(str.isupper),
        "digits": share(str.isdigit),
        "letters beyond ASCII": share(lambda character: not character.isascii() and character.isalpha()),
    }


def of_images(images: Sequence[bytes], thumbnails: np.ndarray) -> dict[str, np.ndarray]:
    """Sizes in pixels, and brightness, contrast and saturation in 0–1; thumbnails (rows, pixels × 3) in 0–1."""
    sizes = np.array([size_of(content) for content in images], np.float64)
    pixels = thumbnails.reshape(len(thumbnails), -1, 3).astype(np.float64)
    grey = pixels.mean(2)
    return {
        "shorter side": sizes.min(1),
        "width over height": sizes[:, 0] / sizes[:, 1],
        "brightness": grey.mean(1),
        "contrast": grey.std(1),
        "saturation": (pixels.max(2) - pixels.min(2)).mean(1),
    }
