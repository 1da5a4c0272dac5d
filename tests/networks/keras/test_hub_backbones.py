"""The sweep over KerasHub's image backbones: each is a network with all its promises, or ends in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tests.networks import harness
from tests.networks.keras import hub_backbones
from tests.networks.keras import tiny_vision as tiny
from thaw.errors import InputError
from thaw.networks.keras import load_model, open_network

NAMES = sorted(hub_backbones.image_backbones() - hub_backbones.LEFT_OUT.keys() - hub_backbones.REFUSED.keys())
FAST = ("MiTBackbone", "XceptionBackbone", "MobileNetBackbone")
"""Kinds that no other test of the engine opens, and that take seconds."""
RAW, _ = tiny.images(4)


def test_every_image_backbone_is_tried_or_left_out_for_a_reason() -> None:
    tried, left_out = hub_backbones.makers().keys(), hub_backbones.LEFT_OUT.keys()
    assert tried | left_out == hub_backbones.image_backbones()
    assert not tried & left_out


@pytest.mark.parametrize("name", [pytest.param(n, marks=() if n in FAST else pytest.mark.slow) for n in NAMES])
def test_a_backbone_opens_with_features_at_every_depth_and_is_saved(name: str, tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    made = hub_backbones.makers()[name]()
    network: Any = open_network(name, tiny.plain_folder(tmp_path / "network", made), None, None)
    examples = network.encode(RAW, tmp_path)
    depths = range(1, len(network.blocks) + 1)
    assert len(depths) > 1
    features = network.features(examples, depths)
    assert all(np.isfinite(each).all() for each in features.values())
    harness.headed(network, examples)
    expected = network.logits(examples)
    for cut in (1, len(depths) - 1):
        kept = network.activations(examples, cut, tmp_path)
        np.testing.assert_allclose(network.logits(kept), expected, atol=2e-2 * np.abs(expected).max())
    network.save(tmp_path / "model", ["bad", "good"])
    plain = keras.saving.load_model(tmp_path / "model" / "model.keras")
    loose = 1e-4 if network.compute_dtype == "float32" else 5e-2
    pixels = examples.padded(len(RAW))
    np.testing.assert_allclose(plain.predict(pixels, verbose=0), expected, atol=loose * max(1, np.abs(expected).max()))
    np.testing.assert_allclose(load_model(tmp_path / "model").logits(examples), expected, atol=1e-5)


@pytest.mark.parametrize("name", hub_backbones.REFUSED)
def test_a_backbone_of_another_form_ends_in_one_line(name: str, tmp_path: Path) -> None:
    folder = tiny.plain_folder(tmp_path, hub_backbones.makers()[name]())
    with pytest.raises(InputError, match=hub_backbones.REFUSED[name]) as refused:
        open_network(name, folder, None, None)
    assert "\n" not in str(refused.value)
