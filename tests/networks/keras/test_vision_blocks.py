from __future__ import annotations

import numpy as np
import pytest

from tests.networks.keras.tiny_vision import backbone
from thaw.networks.keras.blocks import split
from thaw.networks.keras.depthwise import depthwise
from thaw.networks.keras.folding import Folded
from thaw.networks.keras.unfold import unfold

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
def test_blocks_are_the_units_that_their_paper_speaks_of(kind):
    assert [name for name, _ in split(unfold(backbone(kind)))] == NAMES[kind]


def test_an_inverted_bottleneck_without_shortcut_is_one_block():
    names = [name for name, _ in split(backbone("mobilenet"))]
    assert names == ["Conv1", "expanded_conv", *(f"block_{i}" for i in range(1, 17)), "Conv_1"]


@pytest.mark.parametrize("kind", [*NAMES, "mobilenet"])
def test_blocks_one_after_the_other_are_the_network(kind):
    network = backbone(kind)
    images = np.random.default_rng(0).random((2, 32, 32, 3), np.float32)
    x = images
    parts = split(unfold(network))
    for _, block in parts:
        x = block(x, training=False)
    given = dict.fromkeys(network.input, images) if isinstance(network.input, dict) else images
    np.testing.assert_array_equal(np.asarray(x), np.asarray(network(given, training=False)))
    assert sum(block.count_params() for _, block in parts) == network.count_params()


@pytest.mark.parametrize("kind", ["efficientnet", "resnet", "densenet", "mobilenet"])
def test_folded_batch_norm_is_batch_norm(kind):
    network, random = backbone(kind), np.random.default_rng(0)
    for layer in network._flatten_layers():
        if type(layer).__name__ == "BatchNormalization":
            layer.set_weights([random.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
    images = random.random((2, 32, 32, 3), np.float32)
    x, folded = images, 0
    for _, block in split(network):
        block = Folded(block)
        folded += len(block.norms)
        x = block(x, training=False)
    expected = np.asarray(network(images, training=False))
    np.testing.assert_allclose(np.asarray(x), expected, atol=1e-5 * np.abs(expected).max(), rtol=1e-4)
    assert folded > 0


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding"),
    [
        (3, 5, 1, "same"),
        (6, 5, 2, "same"),
        (7, 5, 2, "valid"),
        (7, 7, 1, "valid"),
        (16, 5, 1, "same"),
        (6, 3, 1, "same"),
    ],
)
def test_a_depthwise_convolution_and_its_gradients_are_those_of_tensorflow(size, kernel, stride, padding):
    import tensorflow as tf

    random = np.random.default_rng(0)
    x = tf.constant(random.normal(size=(4, size, size, 8)).astype("float32"))
    weights = tf.constant(random.normal(size=(kernel, kernel, 8, 1)).astype("float32"))

    def with_gradients(convolve):
        with tf.GradientTape() as tape:
            tape.watch([x, weights])
            y = convolve()
            loss = tf.reduce_sum(y * tf.cos(y))
        return [y, *tape.gradient(loss, [x, weights])]

    strides = (1, stride, stride, 1)
    theirs = with_gradients(lambda: tf.nn.depthwise_conv2d(x, weights, strides, padding.upper()))
    ours = with_gradients(lambda: depthwise(x, weights, stride, padding))
    for got, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-3, rtol=1e-4)


def test_names_are_unique_where_the_layers_do_not_give_them():
    import keras

    x = inputs = keras.Input((8, 8, 3))
    for place in range(2):
        x = keras.layers.Conv2D(4, 3, name=f"unit_expand{'_again' * place}")(x)
        x = keras.layers.Conv2D(4, 1, name=f"other{place}")(x)
    names = [name for name, _ in split(keras.Model(inputs, x))]
    assert len(set(names)) == len(names) == 4
