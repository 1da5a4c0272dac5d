"""A classifier of images as Keras's own guides write it: nothing of Thaw is imported here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from .sides import Clock

BATCH = 32


class Textbook:
    """The network, its normalisation, pooling and a Dense softmax with random weights."""

    def __init__(self, work: Path, classes: int) -> None:
        import keras
        import keras_hub  # noqa: F401  layers of its networks

        self.facts: dict[str, Any] = json.loads((work / "base.json").read_text())
        self.base = keras.saving.load_model(work / "base.keras", compile=False)
        keras.utils.set_random_seed(0)
        size = self.facts["size"]
        mean, scale = self.facts["mean"] or [0.0] * 3, self.facts["scale"] or [1.0] * 3
        inputs = keras.Input((size, size, 3))
        x = keras.layers.Rescaling([1 / s for s in scale], [-m / s for m, s in zip(mean, scale, strict=True)])(inputs)
        self.features = keras.Model(inputs, pooled(self.base(x, training=False)))
        self.model = keras.Sequential([self.features, keras.layers.Dense(classes, activation="softmax")])

    def compile(self, rate: float) -> None:
        import keras

        self.model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])

    def read(self, paths: list[str]) -> np.ndarray:
        """(rows, size, size, 3) uint8."""
        import keras

        size = (self.facts["size"],) * 2
        images = [keras.utils.load_img(path, target_size=size, interpolation="bilinear") for path in paths]
        return np.stack([np.asarray(image) for image in images])

    def warm_up(self, x: np.ndarray, y: np.ndarray, rest: int) -> None:
        """Trace with a batch and with one as small as an epoch's last, then put everything back."""
        count = BATCH + (rest or BATCH)
        before = self.model.get_weights()
        self.model.fit(np.resize(x, (count, *x.shape[1:])), np.resize(y, count), batch_size=BATCH, verbose=0)
        self.model.set_weights(before)
        for variable in self.model.optimizer.variables:
            if "learning_rate" not in variable.path:
                variable.assign(np.zeros(variable.shape, variable.dtype))

    def measure_fit(self, paths: list[str], labels: np.ndarray, epochs: int) -> tuple[float, float]:
        """Seconds of reading the images and training on them, after a warm-up, and those of reading alone."""
        self.warm_up(self.read(paths[:BATCH]), labels[:BATCH], len(paths) % BATCH)
        clock = Clock()
        x = self.read(paths)
        reading = clock.seconds
        self.model.fit(x, labels, epochs=epochs, batch_size=BATCH, verbose=0)
        return clock.seconds, reading

    def accuracy(self, paths: list[str], labels: np.ndarray) -> float:
        return float((self.model.predict(self.read(paths), verbose=0).argmax(1) == labels).mean())


def pooled(features: Any) -> Any:
    import keras

    if len(features.shape) == 4:
        return keras.layers.GlobalAveragePooling2D()(features)
    return keras.layers.GlobalAveragePooling1D()(features) if len(features.shape) == 3 else features
