from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.networks import harness
from tests.networks.keras import tiny_vision
from thaw.examples import lite0
from thaw.networks.keras import open_network
from thaw.networks.keras.torch_file import read_state_dict


def test_state_dicts_are_read_as_pytorch_reads_them(tmp_path: Path) -> None:
    whole = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    state = {"a": whole, "part": whole[1:3, ::2], "turned": whole.T, "count": torch.tensor(7)}
    torch.save(state, tmp_path / "state.pth", _use_new_zipfile_serialization=False)
    arrays = read_state_dict(tmp_path / "state.pth")
    assert arrays.keys() == state.keys()
    assert all(np.array_equal(arrays[name], tensor.numpy()) for name, tensor in state.items())


def test_what_is_no_state_dict_is_refused(tmp_path: Path) -> None:
    torch.save({"a": np.zeros(3)}, tmp_path / "state.pth", _use_new_zipfile_serialization=False)
    with pytest.raises(pickle.UnpicklingError, match="no use for"):
        read_state_dict(tmp_path / "state.pth")


@pytest.mark.slow
@pytest.mark.parametrize("size", [96, 224])
def test_lite0_computes_what_the_original_does(tmp_path: Path, size: int) -> None:
    folder = lite0.prepare(tmp_path)
    assert lite0.prepare(tmp_path) == folder
    (weights,) = tmp_path.rglob("*.pth")
    images = np.random.default_rng(0).normal(size=(2, size, size, 3)).astype(np.float32)
    network: Any = open_network("lite0", folder, None, size)
    assert (len(network.blocks), network.total_parameters) == (18, 3_413_024)
    with torch.no_grad():
        expected = original(torch.load(weights, weights_only=True), torch.tensor(images).permute(0, 3, 1, 2))
    features = np.asarray(network.backbone(images, training=False))
    np.testing.assert_allclose(features, expected.permute(0, 2, 3, 1).numpy(), atol=5e-5)


@pytest.mark.slow
def test_training_lite0_twice_gives_the_same_weights(tmp_path: Path) -> None:
    folder = lite0.prepare(tmp_path)
    raw, labels = tiny_vision.images(8, 96)
    for cut in (0, 12):
        (tmp_path / str(cut)).mkdir()
        harness.same_seed_same_weights(
            lambda: open_network("lite0", folder, 96, None), raw, labels, tmp_path / str(cut), cut, "image"
        )


def original(state: dict[str, Any], x: Any) -> Any:
    """EfficientNet-Lite0 written out: BatchNorm with 1e-3, padding as TensorFlow's "same"."""
    import torch.nn.functional as f

    def convolve(x: Any, layer: str, norm: str, stride: int = 1, groups: int = 1) -> Any:
        kernel = state[f"{layer}.weight"]
        pad = kernel.shape[-1] - stride
        x = f.conv2d(f.pad(x, (pad // 2, pad - pad // 2) * 2), kernel, stride=stride, groups=groups)
        mean, variance, weight, bias = (
            state[f"{norm}.{name}"] for name in ("running_mean", "running_var", "weight", "bias")
        )
        return f.batch_norm(x, mean, variance, weight, bias, eps=1e-3)

    x = f.relu6(convolve(x, "_conv_stem", "_bn0", 2))
    for number in range(16):
        block = f"_blocks.{number}"
        first = number in (0, 1, 3, 5, 8, 11, 15)
        stride = 2 if number in (1, 3, 5, 11) else 1
        y = f.relu6(convolve(x, f"{block}._expand_conv", f"{block}._bn0")) if number else x
        y = f.relu6(convolve(y, f"{block}._depthwise_conv", f"{block}._bn1", stride, y.shape[1]))
        y = convolve(y, f"{block}._project_conv", f"{block}._bn2")
        x = y if first else x + y
    return f.relu6(convolve(x, "_conv_head", "_bn1"))
