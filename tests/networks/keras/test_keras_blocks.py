from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.networks.keras.tiny_vision import backbone
from thaw.networks.keras.blocks import split
from thaw.networks.keras.internals.encoders import unfold

NAMES = {
    "efficientnet": ["stem", "block1a", "block2a", "block2b", "top"],
    "vgg": ["block1_conv1", "block1_conv2", "block2_conv1", "block2_conv2"],
    "resnet": ["conv1", "stack0_block0", "stack1_block0", "stack1_block1"],
    "densenet": ["conv1", "stack1_block1", "transition1_conv", "stack2_block1", "stack2_block2"],
    "vit": ["vit_patching_and_embedding", "transformer_block_1", "transformer_block_2", "transformer_block_3"],
    "deit": ["deit_patching_and_embedding", "transformer_block_1", "transformer_block_2", "transformer_block_3"],
    "dinov2": ["embeddings", "layers_0", "layers_1", "layers_2"],
    "dinov3": ["embeddings", "layers_0", "layers_1", "layers_2"],
    "swin": ["patch_embedding", "stage_0_blocks_0", "stage_0_downsample", "stage_1_blocks_0", "stage_1_blocks_1"],
}


@pytest.mark.parametrize("kind", NAMES)
def test_blocks_are_the_units_that_their_paper_speaks_of(kind: Any) -> None:
    assert [name for name, _ in split(unfold(backbone(kind)))] == NAMES[kind]


def test_an_inverted_bottleneck_without_shortcut_is_one_block() -> None:
    names = [name for name, _ in split(backbone("mobilenet"))]
    assert names == ["Conv1", "expanded_conv", *(f"block_{i}" for i in range(1, 17)), "Conv_1"]


@pytest.mark.parametrize("kind", [*NAMES, "mobilenet"])
def test_blocks_one_after_the_other_are_the_network(kind: Any) -> None:
    network = backbone(kind)
    images = np.random.default_rng(0).random((2, 32, 32, 3), np.float32)
    x = images
    parts = split(unfold(network))
    for _, block in parts:
        x = block(x, training=False)
    given = dict.fromkeys(network.input, images) if isinstance(network.input, dict) else images
    np.testing.assert_array_equal(np.asarray(x), np.asarray(network(given, training=False)))
    assert sum(block.count_params() for _, block in parts) == network.count_params()


def test_names_are_unique_where_the_layers_do_not_give_them() -> None:
    import keras

    x = inputs = keras.Input((8, 8, 3))
    for place in range(2):
        x = keras.layers.Conv2D(4, 3, name=f"unit_expand{'_again' * place}")(x)
        x = keras.layers.Conv2D(4, 1, name=f"other{place}")(x)
    names = [name for name, _ in split(keras.Model(inputs, x))]
    assert len(set(names)) == len(names) == 4
