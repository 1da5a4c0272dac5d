"""The classic examples at their true shapes, with random weights: the hub is not needed for that."""

from __future__ import annotations

import numpy as np
import pytest

from tests.components.core.networks import harness
from tests.components.core.networks.vision import tiny_vision as tiny
from thaw.components.core.networks.vision import open_network

pytestmark = pytest.mark.slow
RAW, LABELS = tiny.images(8, 96)


def opened(network, folder):
    return open_network("classic", tiny.preset_folder(folder, network, 224), 96, None)


def test_vgg16_frozen_under_a_dense_head(tmp_path):
    from keras_hub.models import VGGBackbone

    network = opened(
        VGGBackbone([2, 2, 3, 3, 3], [64, 128, 256, 512, 512], image_shape=(224, 224, 3)), tmp_path / "vgg"
    )
    assert len(network.blocks) == 13
    assert network.total_parameters == 14_714_688
    examples = network.encode(RAW, tmp_path)
    features = network.features(examples, [13])[13]
    assert features.shape == (8, 512)
    head = harness.random_head(512, 2, 1024)
    network.set_head(head)
    expected = head.logits(features)
    np.testing.assert_allclose(network.logits(examples), expected, atol=1e-4 * np.abs(expected).max())
    assert network.total_parameters == 14_714_688 + 512 * 1024 + 1024 + 1024 * 2 + 2


def test_resnet50_with_its_early_layers_frozen(tmp_path):
    from keras_hub.models import ResNetBackbone

    network = opened(
        ResNetBackbone(
            input_conv_filters=[64], input_conv_kernel_sizes=[7], stackwise_num_filters=[64, 128, 256, 512],
            stackwise_num_blocks=[3, 4, 6, 3], stackwise_num_strides=[1, 2, 2, 2], block_type="bottleneck_block",
        ),
        tmp_path / "resnet",
    )  # fmt: skip
    names = [block.name for block in network.blocks]
    assert len(names) == 17
    assert network.total_parameters == 23_561_152
    cut = names.index("stack3_block0")
    examples = network.encode(RAW, tmp_path)
    harness.headed(network, examples)
    kept = network.activations(examples, cut, tmp_path)
    tuner = harness.steps(network, harness.plan(network, cut, "image", optimizer="sgd"), kept, LABELS)
    assert tuner.trained_parameters == 14_964_736 + 2 * 2048 + 2
