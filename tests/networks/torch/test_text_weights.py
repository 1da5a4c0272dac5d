"""Every tensor is accounted for, whatever the file it comes in."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModel, AutoModelForMaskedLM, AutoModelForSequenceClassification

from tests.networks import harness, tiny
from thaw.errors import InputError
from thaw.networks.loading import load_model, open_network

Tensors = dict[str, torch.Tensor]
QUERY = "encoder.layer.1.attention.self.query.weight"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.text_folder(tmp_path_factory.mktemp("bert"))


@pytest.fixture
def variant(folder: Path, tmp_path: Path) -> Callable[..., Path]:
    """The folder with other weights."""

    def make(tensors: Tensors | None, source: Path = folder) -> Path:
        place = tmp_path / "variant"
        shutil.copytree(source, place)
        (place / "model.safetensors").unlink()
        if tensors is not None:
            save_file(tensors, place / "model.safetensors", metadata={"format": "pt"})
        return place

    return make


def weights(folder: Path) -> Tensors:
    return load_file(folder / "model.safetensors")


def opened(folder: Path, tmp_path: Path) -> Any:
    return open_network("text", str(folder), tmp_path, input_size=32)


def refused(folder: Path, tmp_path: Path) -> str:
    """The one line that an attempt to open the network ends in."""
    with pytest.raises(InputError) as caught:
        opened(folder, tmp_path)
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_one_tensor_of_all_is_refused(folder: Path, variant: Any, tmp_path: Path) -> None:
    line = refused(variant({QUERY: weights(folder)[QUERY]}), tmp_path)
    used = sum("pooler" not in name for name in weights(folder))
    assert f"lacks {used - 1} of the {used} tensors" in line
    assert "embeddings.LayerNorm.bias" in line


def test_all_tensors_under_foreign_names_are_refused(folder: Path, variant: Any, tmp_path: Path) -> None:
    tensors = weights(folder)
    line = refused(variant({f"x.{name}": tensor for name, tensor in tensors.items()}), tmp_path)
    assert f"{len(tensors)} are of no use" in line
    assert "x.embeddings.LayerNorm.bias" in line


@pytest.mark.parametrize("name", ["encoder.layer.7.output.dense.weight", "banana.weight", "embeddings.more.weight"])
def test_a_tensor_without_a_place_is_refused(folder: Path, variant: Any, tmp_path: Path, name: str) -> None:
    line = refused(variant(weights(folder) | {name: torch.ones(3)}), tmp_path)
    assert "1 tensors" in line
    assert name in line


def test_layers_that_the_configuration_does_not_count_are_refused(folder: Path, variant: Any, tmp_path: Path) -> None:
    place = variant(weights(folder))
    config = json.loads((place / "config.json").read_text())
    (place / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 2}))
    assert "encoder.layer.2.attention" in refused(place, tmp_path)


def test_a_wrong_shape_is_refused(folder: Path, variant: Any, tmp_path: Path) -> None:
    line = refused(variant(weights(folder) | {QUERY: torch.ones(5, 32)}), tmp_path)
    assert QUERY in line
    assert "(5, 32), not (32, 32)" in line


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_values_that_are_not_finite_are_refused(folder: Path, variant: Any, tmp_path: Path, value: float) -> None:
    tensors = weights(folder)
    tensors[QUERY][3, 4] = value
    assert QUERY in refused(variant(tensors), tmp_path)


@pytest.mark.parametrize("head", [AutoModelForMaskedLM, AutoModelForSequenceClassification])
def test_heads_and_poolers_come_and_go(folder: Path, tmp_path: Path, head: Any) -> None:
    """A head in the file is left there, a pooler that is not in it is not missed; the encoder is the same."""
    model = head.from_config(AutoConfig.from_pretrained(folder))
    model.base_model.load_state_dict(AutoModel.from_pretrained(folder).state_dict(), strict=False)
    shutil.copytree(folder, tmp_path / "headed")
    model.save_pretrained(tmp_path / "headed")
    bare, headed = opened(folder, tmp_path / "a"), opened(tmp_path / "headed", tmp_path / "b")
    raw = tiny.texts(4)[0]
    features = [n.features(n.encode(raw, tmp_path / str(i)), [2, 4]) for i, n in enumerate((bare, headed))]
    assert np.array_equal(features[0][2], features[1][2])
    assert np.array_equal(features[0][4], features[1][4])
    assert opened(tmp_path / "headed", tmp_path).fingerprint == headed.fingerprint


@pytest.mark.parametrize("size", ["1GB", "20KB"])
@pytest.mark.parametrize("kind", ["safetensors", "bin"])
def test_every_kind_of_file_gives_the_same_network(
    folder: Path, variant: Any, tmp_path: Path, kind: str, size: str
) -> None:
    place = variant(None)
    if kind == "safetensors":
        AutoModel.from_pretrained(folder).save_pretrained(place, max_shard_size=size)
    else:
        save_pickles(weights(folder), place, shards=1 if size == "1GB" else 3)
    found, expected = opened(place, tmp_path), opened(folder, tmp_path)
    assert (len(list(place.glob("*model*"))) > 1) == (size == "20KB")
    assert found.fingerprint == expected.fingerprint


def save_pickles(tensors: Tensors, place: Path, shards: int) -> None:
    if shards == 1:
        torch.save(tensors, place / "pytorch_model.bin")
        return
    names = list(tensors)
    index: dict[str, str] = {}
    for shard in range(shards):
        file = f"pytorch_model-{shard + 1:05}-of-{shards:05}.bin"
        part = {name: tensors[name] for name in names[shard::shards]}
        torch.save(part, place / file)
        index |= dict.fromkeys(part, file)
    (place / "pytorch_model.bin.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))


def test_a_missing_shard_is_refused(folder: Path, variant: Any, tmp_path: Path) -> None:
    place = variant(None)
    save_pickles(weights(folder), place, 3)
    (place / "pytorch_model-00002-of-00003.bin").unlink()
    refused(place, tmp_path)


class Command:
    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return os.system, (f"touch '{self.file}'",)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_that_runs_a_command_is_refused(variant: Any, tmp_path: Path, zipped: bool) -> None:
    place = variant(None)
    content = {QUERY: Command(tmp_path / "ran")}
    if zipped:
        torch.save(content, place / "pytorch_model.bin")
    else:
        (place / "pytorch_model.bin").write_bytes(pickle.dumps(content, protocol=2))
    line = refused(place, tmp_path)
    assert "pickle" in line
    assert "model.safetensors" in line
    assert not (tmp_path / "ran").exists()


def test_a_folder_without_weights_is_refused(variant: Any, tmp_path: Path) -> None:
    place = variant(None)
    assert "holds no weights" in refused(place, tmp_path)
    (place / "tf_model.h5").touch()
    assert "tf_model.h5" in refused(place, tmp_path)


def test_half_precision_is_read_into_float32(folder: Path, variant: Any, tmp_path: Path) -> None:
    network = opened(variant({name: tensor.half() for name, tensor in weights(folder).items()}), tmp_path)
    assert {p.dtype for p in network.encoder.parameters()} == {torch.float32}


def test_a_saved_model_that_lost_a_tensor_is_refused(folder: Path, tmp_path: Path) -> None:
    network = opened(folder, tmp_path)
    network.set_head(harness.random_head(32, 2))
    network.save(tmp_path / "model", ["bad", "good"])
    tensors = weights(tmp_path / "model")
    del tensors["head.0.bias"]
    save_file(tensors, tmp_path / "model" / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match=r"lacks 1 of .*head\.0\.bias"):
        load_model(tmp_path / "model")


# Code in a folder


RUNS = "from pathlib import Path\nPath({file!r}).touch()\n"


def test_a_saved_models_code_is_not_run_by_thaw(folder: Path, tmp_path: Path) -> None:
    network = opened(folder, tmp_path)
    network.set_head(harness.random_head(32, 2))
    network.save(tmp_path / "model", ["bad", "good"])
    assert (tmp_path / "model" / "modeling.py").is_file()
    (tmp_path / "model" / "modeling.py").write_text(RUNS.format(file=str(tmp_path / "ran")))
    raw = tiny.texts(4)[0]
    for loaded in (load_model(tmp_path / "model"), opened(tmp_path / "model", tmp_path)):
        loaded.set_head(harness.random_head(32, 2))
        found = loaded.logits(loaded.encode(raw, tmp_path))
        np.testing.assert_array_equal(found, network.logits(network.encode(raw, tmp_path)))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("inside", ["config.json", "saved"])
def test_a_network_of_its_own_code_is_refused(folder: Path, variant: Any, tmp_path: Path, inside: str) -> None:
    place = variant(weights(folder))
    write_code(place, tmp_path / "ran")
    maps = {"AutoConfig": "custom.Net", "AutoModel": "custom.Net", "AutoTokenizer": "custom.Words"}
    settings = json.loads((place / "config.json").read_text()) | {"model_type": "of-its-own", "auto_map": maps}
    if inside == "saved":
        settings = {"model_type": "mean-pooled-classifier", "encoder": settings}
    (place / "config.json").write_text(json.dumps(settings))
    refused(place, tmp_path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("known", [True, False])
def test_a_tokenizers_code_is_not_run(folder: Path, variant: Any, tmp_path: Path, known: bool) -> None:
    """Where the library has a tokenizer for the network, that serves, as transformers itself does it."""
    place = variant(weights(folder))
    write_code(place, tmp_path / "ran")
    settings = json.loads((place / "tokenizer_config.json").read_text())
    settings |= {"auto_map": {"AutoTokenizer": ["custom.Words", "custom.Words"]}, "tokenizer_class": "Words"}
    (place / "tokenizer_config.json").write_text(json.dumps(settings))
    if not known:
        (place / "tokenizer.json").unlink()
        refused(place, tmp_path)
    else:
        opened(place, tmp_path)
    assert not (tmp_path / "ran").exists()


def write_code(place: Path, ran: Path) -> None:
    (place / "custom.py").write_text(RUNS.format(file=str(ran)) + "class Net: pass\nclass Words: pass\n")
