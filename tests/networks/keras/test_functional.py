"""Networks of other makes: Sequential, of one channel, in a file of their own, damaged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tests.networks.keras import tiny_vision as tiny
from thaw.data.images import decode
from thaw.errors import InputError
from thaw.heads.head import Head
from thaw.networks.keras import load_model, open_network
from thaw.records import Preprocessing


def sequential(channels: int) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((32, 32, channels)),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(6, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
        ]
    )


def saved(model: Any, folder: Path, channels: int = 3) -> Path:
    model.save(folder / "net.keras")
    Preprocessing(
        modality="image",
        input_size=32,
        mean=(127.0,) * 3,
        scale=(128.0,) * 3,
        layout="channels_last",
        resize="bilinear",
    ).write(folder / "preprocessing.json")
    return folder / "net.keras"


@pytest.mark.parametrize("channels", [1, 3])
def test_a_sequential_model_in_a_file_is_a_network(channels: int, tmp_path: Path) -> None:
    model = sequential(channels)
    network = open_network("net", saved(model, tmp_path), None, 32)
    contents, _ = tiny.images(4)
    examples = network.encode(contents, tmp_path)
    top = len(network.blocks)
    pooled = network.features(examples, [top])[top]
    pixels = (np.stack([decode(content, 32) for content in contents]).astype(np.float32) - 127) / 128
    if channels == 1:
        pixels = pixels @ np.array([[0.299], [0.587], [0.114]], np.float32)
    np.testing.assert_allclose(pooled, np.asarray(model(pixels)).mean((1, 2)), atol=2e-3)
    network.set_head(Head(((np.eye(6, 2, dtype=np.float32), np.zeros(2, np.float32)),)))
    network.save(tmp_path / "saved", ["a", "b"])
    again = load_model(tmp_path / "saved")
    np.testing.assert_allclose(again.logits(again.encode(contents, tmp_path)), network.logits(examples), atol=1e-5)


def test_what_does_not_say_how_images_are_normalised_is_refused(tmp_path: Path) -> None:
    file = saved(sequential(3), tmp_path)
    (tmp_path / "preprocessing.json").unlink()
    with pytest.raises(InputError, match=r"preprocessing\.json"):
        open_network("net", file, None, None)


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    model = sequential(3)
    weights = model.get_weights()
    weights[2][0, 0, 0, 0] = np.nan
    model.set_weights(weights)
    with pytest.raises(InputError, match="finite"):
        open_network("net", saved(model, tmp_path), None, None)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    file = saved(sequential(3), tmp_path)
    whole = file.read_bytes()
    for end in (0, 10, len(whole) // 2, len(whole) - 40):
        file.write_bytes(whole[:end])
        with pytest.raises(InputError):
            open_network("net", file, None, None)


def test_code_in_a_file_is_not_run(tmp_path: Path) -> None:
    image = keras.Input((32, 32, 3))
    model = keras.Model(image, keras.layers.Lambda(lambda x: x * 2)(image))
    with pytest.raises(InputError):
        open_network("net", saved(model, tmp_path), None, None)
