from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.networks import harness, tiny
from thaw.errors import InputError
from thaw.networks.loading import load_model, open_network
from thaw.networks.location import resolve

KINDS = ("bert", "roberta", "distilbert", "deberta", "modernbert", "electra")
RAW, _LABELS = tiny.texts(12)
LABELS = np.array(_LABELS)
HALF = 0.05
"""Logits of order one in bfloat16 and through float16 activations."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {kind: tiny.text_folder(tmp_path_factory.mktemp(kind), kind) for kind in KINDS}


@pytest.fixture(scope="module", params=KINDS)
def any_open(request: pytest.FixtureRequest, folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Any:
    scratch = tmp_path_factory.mktemp("open")
    return lambda: open_network("text", str(folders[request.param]), scratch, input_size=32)


@pytest.fixture(scope="module")
def bert(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Any:
    scratch = tmp_path_factory.mktemp("open")
    return lambda: open_network("text", str(folders["bert"]), scratch, input_size=32)


def state(network: Any) -> dict[str, tuple[int, np.ndarray]]:
    found = {
        f"head.{n}": (len(network.blocks), t.numpy().copy()) for n, t in network.classifier.head.state_dict().items()
    }
    for name, tensor in network.encoder.state_dict().items():
        found[name] = (network.encoder_blocks.block_of(name), tensor.numpy().copy())
    return found


def test_every_architecture_has_blocks_and_features(any_open: Any, tmp_path: Path) -> None:
    assert len(any_open().blocks) == 4
    harness.every_depth_has_features(any_open, RAW, tmp_path)


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_every_architecture_runs_from_kept_activations(any_open: Any, tmp_path: Path, cut: int) -> None:
    harness.kept_equals_recomputed(any_open, RAW, tmp_path, cut, HALF)


@pytest.mark.parametrize(("cut", "keep"), [(0, False), (2, False), (2, True), (3, True)])
def test_trains_only_above_the_cut(any_open: Any, tmp_path: Path, cut: int, keep: bool) -> None:
    harness.trains_only_above_the_cut(any_open, state, RAW, LABELS, tmp_path, cut, "text", keep)


@pytest.mark.parametrize("hidden", [0, 16])
def test_head_gives_its_logits(bert: Any, tmp_path: Path, hidden: int) -> None:
    harness.head_gives_its_logits(bert, RAW, tmp_path, 1e-3, hidden)


LOGITS_WITHOUT_THAW = """
import json, sys
from transformers import AutoModelForSequenceClassification, AutoTokenizer
model = AutoModelForSequenceClassification.from_pretrained(sys.argv[1], trust_remote_code=True)
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1], trust_remote_code=True)
batch = tokenizer(json.loads(sys.argv[2]), padding=True, return_tensors="pt")
print(json.dumps(model(batch["input_ids"], attention_mask=batch["attention_mask"]).logits.tolist()))
assert not [m for m in sys.modules if m.startswith("thaw")]
"""


def test_a_head_reads_several_depths(any_open: Any, tmp_path: Path) -> None:
    """The saved model's own forward pass agrees; it takes hidden states where the engine watches its blocks."""
    loaded = load_model(harness.a_head_reads_several_depths(any_open, load_model, RAW, tmp_path, HALF))
    batch = loaded.tokenizer(RAW, padding=True, return_tensors="pt")
    with torch.inference_mode():
        found = loaded.classifier(batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    np.testing.assert_allclose(found, loaded.logits(loaded.encode(RAW, tmp_path)), atol=HALF, rtol=HALF)


def test_a_head_reads_several_depths_without_thaw(bert: Any, tmp_path: Path) -> None:
    model = harness.a_head_reads_several_depths(bert, load_model, RAW, tmp_path, HALF)
    command = [sys.executable, "-c", LOGITS_WITHOUT_THAW, str(model), json.dumps(RAW)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout
    loaded = load_model(model)
    expected = loaded.logits(loaded.encode(RAW, tmp_path))
    np.testing.assert_allclose(json.loads(printed.splitlines()[-1]), expected, atol=HALF, rtol=HALF)


def test_same_seed_same_weights(bert: Any, tmp_path: Path) -> None:
    harness.same_seed_same_weights(bert, RAW, LABELS, tmp_path, 1, "text")


def test_weights_count_as_rows_do(bert: Any, tmp_path: Path) -> None:
    harness.weights_count_as_rows_do(bert, RAW, LABELS, tmp_path, "text")


@pytest.mark.parametrize("cut", [0, 1, 2])
def test_dropout_is_on_above_the_cut_and_off_below(any_open: Any, tmp_path: Path, cut: int) -> None:
    network = any_open()
    examples = network.encode(RAW, tmp_path)
    harness.headed(network, examples)
    harness.steps(network, harness.plan(network, cut, "text"), examples, LABELS, 1)
    modes = [any(m.training for m in layer.modules()) for layer in network.encoder_blocks.layers]
    assert modes == [index + 1 >= cut for index in range(len(modes))]
    around = [m for m in network.encoder_blocks.modules(0, 1) if isinstance(m, torch.nn.Dropout)]
    assert all(m.training == (cut == 0) for m in around)


def test_a_damaged_network_is_the_users_to_mend(folders: dict[str, Path], tmp_path: Path) -> None:
    for name, content in {"model.safetensors": b"cut", "config.json": b"{"}.items():
        broken = tmp_path / name
        shutil.copytree(folders["bert"], broken)
        (broken / name).write_bytes(content)
        with pytest.raises(InputError, match="holds no text network"):
            open_network("text", str(broken), tmp_path)


def test_a_network_without_its_tokenizer_is_refused(folders: dict[str, Path], tmp_path: Path) -> None:
    shutil.copytree(folders["bert"], tmp_path / "mute", ignore=shutil.ignore_patterns("tokenizer*", "special*"))
    with pytest.raises(InputError):
        open_network("text", str(tmp_path / "mute"), tmp_path)


def test_a_missing_network_in_a_bucket_is_refused(gcs: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no model gs://"):
        open_network("text", f"{gcs}/nowhere", tmp_path)


def test_variables_round_trip(bert: Any, tmp_path: Path) -> None:
    harness.variables_round_trip(bert, RAW, LABELS, tmp_path, 2, "text")


def test_lora_merges(any_open: Any, tmp_path: Path) -> None:
    harness.lora_merges_into_a_plain_network(any_open, RAW, LABELS, tmp_path, "text", HALF)


LOAD_WITHOUT_THAW = """
import json, sys
from transformers import pipeline
classify = pipeline("text-classification", model=sys.argv[1], trust_remote_code=True)
print(json.dumps([r["label"] for r in classify(json.loads(sys.argv[2]))]))
assert not [m for m in sys.modules if m.startswith("thaw")]
"""


def test_saved_model_loads_in_a_fresh_process_and_without_thaw(bert: Any, tmp_path: Path) -> None:
    model = harness.loads_in_a_fresh_process(bert, RAW, LABELS, tmp_path, 1, "text", hidden=16)
    command = [sys.executable, "-c", LOAD_WITHOUT_THAW, str(model), json.dumps(RAW)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout
    logits = np.load(tmp_path / "fresh.npy")
    clear = np.abs(logits[:, 0] - logits[:, 1]) > HALF
    labels = np.array(json.loads(printed.splitlines()[-1]))
    assert (labels == np.array(["bad", "good"])[logits.argmax(1)])[clear].all()


def test_a_saved_model_can_be_trained_on(bert: Any, tmp_path: Path) -> None:
    model = harness.loads_in_a_fresh_process(bert, RAW, LABELS, tmp_path, 1, "text")
    again = open_network("text", str(model), tmp_path)
    assert [block.name for block in again.blocks] == [block.name for block in bert().blocks]


def test_a_folder_without_a_network_is_the_users_to_mend(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError, match="holds no text network"):
        open_network("text", str(tmp_path), tmp_path)


def test_a_name_that_only_the_hub_has_is_refused_at_once_when_it_is_away(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"bert-large-uncased .*has to come from .* local folder or gs://"):
        open_network("text", "bert-large-uncased", tmp_path)


def test_a_known_name_is_looked_up() -> None:
    assert resolve("text", "bert-base-uncased", Path()) == ("google-bert/bert-base-uncased", None)
    assert resolve("image", "", Path()) == ("efficientnet_lite0_ra_imagenet", None)
    with pytest.raises(InputError, match="vgg16 is a network for images"):
        resolve("text", "vgg16", Path())
    with pytest.raises(InputError, match=r"there is no folder or file \./nowhere"):
        resolve("text", "./nowhere", Path())


@pytest.mark.slow
def test_bert_base_in_its_true_shape_trains_in_full(tmp_path: Path) -> None:
    """12 layers of 768, 109 M parameters, random weights: one update from every block up."""
    folder = tiny.text_folder(tmp_path / "bert-base", layers=12, width=768, heads=12)
    harness.trains_only_above_the_cut(
        lambda: open_network("text", str(folder), tmp_path), state, RAW, LABELS, tmp_path, 0, "text", False
    )
