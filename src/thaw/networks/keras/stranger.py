"""Logits of a saved image model as a stranger computes them, by Keras and Pillow alone.

A script: `python -I stranger.py REQUEST ANSWER`. The request is JSON with `folder` and `images` (paths), the answer
JSON as `networks.stranger.Answer` has it. Thaw cannot be imported here, so that a model that needs it does not load.
"""

from __future__ import annotations

import json
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

ROWS_PER_BATCH = 16
WEIGHTS = "model.weights.h5"
"""The file of the weights inside a `.keras` archive."""


def answer(folder: str, images: list[str]) -> dict[str, Any]:
    """Keys, classes and logits of the model in `folder`."""
    import keras
    import numpy as np

    model = keras.saving.load_model(Path(folder, "model.keras"))
    size = json.loads(Path(folder, "preprocessing.json").read_text())["input_size"]
    logits = []
    for start in range(0, len(images), ROWS_PER_BATCH):
        batch = np.stack([pixels(path, size) for path in images[start : start + ROWS_PER_BATCH]])
        logits += np.asarray(model(batch, training=False), np.float64).tolist()
    saved, built = keys(Path(folder, "model.keras")), keys_of(model)
    return {
        "missing": sorted(built - saved),
        "unexpected": sorted(saved - built),
        "classes": json.loads(Path(folder, "classes.json").read_text()),
        "logits": logits,
        "apart": [row for row, path in enumerate(images) if needs_more(path)],
    }


def pixels(path: str, size: int) -> Any:
    """(size, size, 3) uint8: upright RGB, stretched to the square by Pillow's bilinear filter."""
    import numpy as np
    from PIL import Image, ImageOps

    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
        return np.asarray(upright.resize((size, size), Image.Resampling.BILINEAR))


def needs_more(path: str) -> bool:
    """Whether an image needs more than these steps: transparency is laid over white, deep greys are scaled."""
    from PIL import Image

    with Image.open(path) as image:
        return image.has_transparency_data or image.mode.startswith(("I", "F"))


def keys_of(model: Any) -> set[str]:
    """Names of the arrays that this model has when it is saved."""
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder, "model.keras"))
        return keys(Path(folder, "model.keras"))


def keys(file: Path) -> set[str]:
    """Names of the arrays in a `.keras` archive."""
    import h5py

    found: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(file) as archive:
            path = archive.extract(WEIGHTS, folder)
        with h5py.File(path) as weights:
            weights.visititems(lambda name, item: found.add(name) if isinstance(item, h5py.Dataset) else None)
    return found


if __name__ == "__main__":
    sys.modules["thaw"] = None  # type: ignore[assignment]
    request, place = map(Path, sys.argv[1:])
    place.write_text(json.dumps(answer(**json.loads(request.read_text()))))
