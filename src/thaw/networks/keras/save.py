"""The files of a saved model: one plain Keras model, with what goes before and after it in JSON."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp

from .classifier import Classifier, pixels_to_logits
from .internals.keras_file import make_reproducible
from .precision import in_float32

WEIGHTS, PREPROCESSING, CLASSES = "model.keras", "preprocessing.json", "classes.json"


def save(classifier: Classifier, folder: Path, classes: Sequence[str]) -> None:
    """Write the three files aside, then move the folder in place whole; it must be empty or new."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        with in_float32([classifier.backbone]):
            pixels_to_logits(classifier).save(aside / WEIGHTS)
        make_reproducible(aside / WEIGHTS)
        classifier.preprocessing.write(aside / PREPROCESSING)
        (aside / CLASSES).write_text(json.dumps(list(classes), ensure_ascii=False, indent=2) + "\n")
        aside.chmod(0o755)
        aside.replace(folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
