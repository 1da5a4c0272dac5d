"""Canaries for `networks/keras/internals`, and what it computes.

A canary fails as soon as an inside is no longer what it was, or is no longer needed: then `internals` gets shorter.
"""

from __future__ import annotations

import json
import time
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.networks.keras.tiny_vision import backbone
from thaw.networks.keras.backend import keras, tf
from thaw.networks.keras.blocks import split
from thaw.networks.keras.internals import encoders, folding, graph, keras_file

ENCODERS = {
    "vit": {"ViTEncoder"},
    "deit": {"DeiTEncoder"},
    "dinov2": {"DINOV2Encoder"},
    "dinov3": {"DINOV3Encoder", "DINOV3RopePositionEmbedding"},
    "swin": {"SwinTransformerStage"},
}


@keras.saving.register_keras_serializable("tests")
class Outer(keras.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.inner = keras.layers.Dense(3)

    def call(self, x: Any) -> Any:
        return self.inner(x)


@pytest.fixture(scope="module")
def small() -> Any:
    """A layer called twice, one with a layer within, and one that draws."""
    twice, outer = keras.layers.Dense(3, name="twice"), Outer()
    x = inputs = keras.Input((3,))
    for layer in (twice, outer, keras.layers.Dropout(0.5, name="dropout"), twice):
        x = layer(x)
    return keras.Model(inputs, x)


def test_keras_lists_no_layer_within_a_layer(small: Any) -> None:
    outer = small.layers[2]
    assert outer.inner in graph.all_layers(small)
    assert outer.inner not in small.layers
    assert not any(hasattr(outer, name) for name in ("layers", "sublayers", "submodules"))


def test_keras_does_not_show_how_operations_are_connected(small: Any) -> None:
    calls = graph.nodes(small)
    assert [call.operation.name for call in calls] == ["twice", "outer", "dropout", "twice"]
    assert all(above.input_tensors[0] is below.outputs[0] for below, above in pairwise(calls))
    assert not [name for name in dir(small) if "node" in name and not name.startswith("_")]


def test_a_graph_runs_with_other_operations_in_place_of_its_own(small: Any) -> None:
    def doubled(operation: Any) -> Any:
        return lambda x, **options: 2 * operation(x, **options)

    x = np.ones((2, 3), np.float32)
    zero = keras.Model(small.input, small.output)
    for layer in graph.all_layers(zero):
        if isinstance(layer, keras.layers.Dense):
            layer.bias.assign(np.zeros(3))
    np.testing.assert_allclose(graph.run(zero, x, doubled), 16 * zero(x), rtol=1e-5)


def test_random_layers_draw_from_a_state_known_by_its_path(small: Any) -> None:
    (state,) = graph.random_states(small)
    before = state.numpy().copy()
    small(np.ones((2, 3), np.float32), training=True)
    assert not np.array_equal(state.numpy(), before)


def saved(path: Path, times: Any) -> Any:
    """The file's bytes and a shared object's number, each time that the model is saved."""
    shared = keras.regularizers.L2(0.1)
    layers = [keras.layers.Dense(2, kernel_regularizer=shared) for _ in range(2)]
    model, result = keras.Sequential([keras.Input((2,)), *layers]), []
    for _ in range(times):
        model.save(path)
        with zipfile.ZipFile(path) as archive:
            metadata = json.loads(archive.read("metadata.json"))
            numbers = keras_file.SHARED_OBJECT.findall(archive.read("config.json").decode())
        keras_file.make_reproducible(path)
        result.append((path.read_bytes(), metadata, numbers))
        time.sleep(2.1)  # the resolution of dates in a zip file
    return model, result


def test_keras_saves_the_day_and_addresses_and_neither_is_left_in_a_model(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    model, ((first, metadata, numbers), (second, _, _)) = saved(path, 2)
    assert "date_saved" in metadata
    assert len(numbers) > len(set(numbers))
    assert max(map(int, numbers)) > 1_000_000
    assert first == second
    loaded = keras.saving.load_model(path)
    assert all(np.array_equal(a, b) for a, b in zip(loaded.get_weights(), model.get_weights(), strict=True))
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", ENCODERS)
def test_keras_hub_keeps_an_encoder_in_one_layer(kind: Any) -> None:
    network = backbone(kind)
    closed = {type(operation).__name__ for operation in network.operations} & set(encoders.UNFOLDED)
    assert closed == ENCODERS[kind]
    assert len(split(network)) < len(split(encoders.unfold(network)))
    assert encoders.has_attention(network)
    assert encoders.has_class_token(network) == (kind != "swin")


def test_every_encoder_that_is_unfolded_is_tested() -> None:
    assert set.union(*ENCODERS.values()) == set(encoders.UNFOLDED)


def test_a_convolutional_network_is_open_already() -> None:
    network = backbone("vgg")
    assert encoders.unfold(network) is network
    assert not encoders.has_attention(network)
    assert not encoders.has_class_token(network)


def test_keras_scales_and_shifts_activations_apart_from_the_convolution() -> None:
    network, pixels = backbone("resnet"), tf.TensorSpec((5, 32, 32, 3))
    folded = folding.FoldedBlock(network)

    def passes(call: Any) -> int:
        """Number of scales and shifts of a batch's activations."""
        operations = tf.function(call).get_concrete_function(pixels).graph.get_operations()
        return sum(each.type in ("Mul", "AddV2") and each.outputs[0].shape[:1] == [5] for each in operations)

    plain = passes(lambda x: network(x, training=False))
    assert plain - passes(lambda x: folded(x, training=False)) == 2 * len(folded.norms) > 0


@pytest.mark.parametrize("kind", ["efficientnet", "resnet", "densenet", "mobilenet"])
def test_folded_batch_norm_is_batch_norm(kind: str) -> None:
    network, random = backbone(kind), np.random.default_rng(0)
    for layer in graph.all_layers(network):
        if type(layer).__name__ == "BatchNormalization":
            layer.set_weights([random.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
    images = random.random((2, 32, 32, 3), np.float32)
    x, folded = images, 0
    for _, block in split(network):
        block = folding.FoldedBlock(block)
        folded += len(block.norms)
        x = block(x, training=False)
    expected = np.asarray(network(images, training=False))
    np.testing.assert_allclose(np.asarray(x), expected, atol=1e-5 * np.abs(expected).max(), rtol=1e-4)
    assert folded > 0
