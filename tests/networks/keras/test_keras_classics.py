"""The classic examples with random weights: narrow ones by default, the true shapes marked slow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.networks import harness
from tests.networks.keras import tiny_vision as tiny
from thaw.networks.keras import open_network

RAW, LABELS = tiny.images(8, 96)
TRUE = pytest.mark.slow


def opened(network: Any, folder: Path) -> Any:
    return open_network("classic", tiny.preset_folder(folder, network, 224), 96, None)


@pytest.mark.parametrize(
    ("widths", "units", "parameters"),
    [
        pytest.param([4, 4, 8, 8, 16], 32, None, id="narrow"),
        pytest.param([64, 128, 256, 512, 512], 1024, 14_714_688, id="true", marks=TRUE),
    ],
)
def test_vgg16_frozen_under_a_dense_head(tmp_path: Path, widths: Any, units: Any, parameters: Any) -> None:
    from keras_hub.models import VGGBackbone

    network = opened(VGGBackbone([2, 2, 3, 3, 3], widths, image_shape=(224, 224, 3)), tmp_path / "vgg")
    assert len(network.blocks) == 13
    assert parameters in (None, network.total_parameters)
    before, width = network.total_parameters, widths[-1]
    examples = network.encode(RAW, tmp_path)
    features = network.features(examples, [13])[13]
    assert features.shape == (8, width)
    head = harness.random_head(width, 2, units)
    network.set_head(head)
    expected = head.logits(features)
    np.testing.assert_allclose(network.logits(examples), expected, atol=1e-4 * np.abs(expected).max())
    assert network.total_parameters == before + width * units + units + units * 2 + 2


@pytest.mark.parametrize(
    ("widths", "parameters", "trained"),
    [
        pytest.param([64, 8, 8, 16], None, None, id="narrow"),
        pytest.param([64, 128, 256, 512], 23_561_152, 14_964_736, id="true", marks=TRUE),
    ],
)
def test_resnet50_with_its_early_layers_frozen(tmp_path: Path, widths: Any, parameters: Any, trained: Any) -> None:
    from keras_hub.models import ResNetBackbone

    network = opened(
        ResNetBackbone(
            input_conv_filters=[widths[0]],
            input_conv_kernel_sizes=[7],
            stackwise_num_filters=widths,
            stackwise_num_blocks=[3, 4, 6, 3],
            stackwise_num_strides=[1, 2, 2, 2],
            block_type="bottleneck_block",
        ),
        tmp_path / "resnet",
    )
    names = [block.name for block in network.blocks]
    assert len(names) == 17
    assert parameters in (None, network.total_parameters)
    cut = names.index("stack3_block0")
    examples = network.encode(RAW, tmp_path)
    harness.headed(network, examples)
    kept = network.activations(examples, cut, tmp_path)
    tuner = harness.steps(
        network, harness.plan(network, cut, "image", optimizer="sgd", learning_rate=1e-5), kept, LABELS
    )
    head = 4 * widths[-1] * 2 + 2
    assert trained is None or tuner.trained_parameters == trained + head
    assert head < tuner.trained_parameters < network.total_parameters
