"""A text network as a folder that transformers loads without Thaw."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...records import Preprocessing
from .modeling import MeanPooledClassifier, MeanPooledConfig

ELSEWHERE = ("_name_or_path", "auto_map")
"""Settings of the encoder that say where it was read from, and by whose code it might have been."""


def save_classifier(
    classifier: MeanPooledClassifier,
    tokenizer: Any,
    preprocessing: Preprocessing,
    folder: Path,
    classes: Sequence[str],
) -> None:
    """Write everything aside, then move it to `folder`, which is new or empty: it is never half a model."""
    aside = folder.with_name(f".{folder.name}.{os.getpid()}")
    describe(classifier.config, classifier.encoder, classes)
    classifier.config.register_for_auto_class()
    classifier.register_for_auto_class("AutoModelForSequenceClassification")
    classifier.save_pretrained(aside)
    tokenizer.model_max_length = preprocessing.input_size
    tokenizer.save_pretrained(aside)
    preprocessing.write(aside / "preprocessing.json")
    (aside / "classes.json").write_text(json.dumps(list(classes), ensure_ascii=False, indent=2) + "\n")
    if folder.exists():
        folder.rmdir()
    os.replace(aside, folder)


def describe(config: MeanPooledConfig, encoder: Any, classes: Sequence[str]) -> None:
    """Put in the configuration what a loader needs to build the same modules, and the classes' names."""
    config.encoder = {name: value for name, value in config.encoder.items() if name not in ELSEWHERE}
    if getattr(encoder, "pooler", 0) is None:
        config.encoder |= {"add_pooling_layer": False}
    config.id2label = dict(enumerate(classes))
    config.label2id = {name: i for i, name in enumerate(classes)}
