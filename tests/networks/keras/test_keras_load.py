from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.networks.keras import tiny_vision as tiny
from thaw.errors import InputError
from thaw.networks.keras import extents, open_network


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A convolutional network of 224 pixels that takes any size."""
    return tiny.plain_folder(tmp_path_factory.mktemp("free"), tiny.backbone("efficientnet", None), 224)


@pytest.fixture(scope="module")
def fixed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A convolutional network saved for one size."""
    return tiny.preset_folder(tmp_path_factory.mktemp("fixed"), tiny.backbone("vgg", 224), 224)


@pytest.fixture(scope="module")
def vit(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tiny.preset_folder(tmp_path_factory.mktemp("vit"), tiny.backbone("vit", 64), 64)


@pytest.mark.parametrize(("extent", "size"), [(28, 96), (97, 128), (224, 224), (3000, 224), (None, 224)])
def test_a_convolutional_network_takes_a_size_that_fits_the_images(free: Any, extent: Any, size: int) -> None:
    assert open_network("free", free, extent, None).input_size == size


def test_a_size_saved_with_a_convolutional_network_does_not_bind_it(fixed: Any, tmp_path: Path) -> None:
    small, large = open_network("fixed", fixed, 28, None), open_network("fixed", fixed, None, None)
    assert (small.input_size, large.input_size) == (96, 224)
    assert small.fingerprint == large.fingerprint
    examples = small.encode(tiny.images(3)[0], tmp_path)
    assert small.features(examples, [4])[4].shape == (3, 16)


def test_a_transformer_keeps_its_own_size(vit: Any) -> None:
    assert open_network("vit", vit, 28, None).input_size == 64
    with pytest.raises(InputError, match="64 pixels a side, not 96"):
        open_network("vit", vit, None, 96)


def test_preprocessing_is_the_presets_own(vit: Any) -> None:
    preprocessing = open_network("vit", vit, None, None).preprocessing
    np.testing.assert_allclose(preprocessing.mean, [50, 100, 150])
    np.testing.assert_allclose(preprocessing.scale, [50, 50, 50])


def test_a_fingerprint_is_of_the_weights(free: Any, vit: Any) -> None:
    assert open_network("a", free, 28, None).fingerprint == open_network("b", free, 200, None).fingerprint
    assert len({open_network("x", folder, None, None).fingerprint for folder in (free, vit)}) == 2


@pytest.mark.parametrize("name", ["hf://nobody/no-such-network", "resnet_18_imagenet", "owner/name"])
def test_a_hub_out_of_reach_is_said_at_once_with_a_way_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")  # where nobody listens
    started = time.monotonic()
    with pytest.raises(InputError, match="give a local folder or gs://"):
        open_network(name, None, None, None)
    assert time.monotonic() - started < 60


def test_an_unknown_name_is_called_unknown() -> None:
    with pytest.raises(InputError, match="no network called 'resnet_nine'"):
        open_network("resnet_nine", None, None, None)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no image network"):
        open_network("x", tmp_path, None, None)
    (tmp_path / "config.json").write_text('{"model_type": "gpt_nothing"}')
    with pytest.raises(InputError, match="cannot load"):
        open_network("x", tmp_path, None, None)


def test_a_folder_that_does_not_say_how_to_normalise_is_refused(tmp_path: Path) -> None:
    tiny.backbone("vgg").save_to_preset(str(tmp_path))
    with pytest.raises(InputError, match="normalised"):
        open_network("x", tmp_path, None, None)


def test_extents_are_the_shorter_sides() -> None:
    assert extents("x", None, tiny.images(2, 40)[0] + tiny.images(1, 17)[0]).tolist() == [40, 40, 17]
