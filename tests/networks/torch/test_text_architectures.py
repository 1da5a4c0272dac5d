"""Decoders, encoders of encoder–decoders, shared layers and the like keep the engine's promises, and are released."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from tests.networks import harness, tiny
from thaw.networks.loading import load_model, open_network

KINDS = ("albert", "albert-groups", "t5", "bart", "gpt2", "xlnet", "opt-projected")
RAW, _LABELS = tiny.texts(12)
LABELS = np.array(_LABELS)
HALF = 0.05

Open = Callable[[], Any]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {kind: tiny.text_folder(tmp_path_factory.mktemp(kind), kind) for kind in KINDS}


@pytest.fixture(params=KINDS)
def any_open(request: pytest.FixtureRequest, folders: dict[str, Path], tmp_path: Path) -> Open:
    return lambda: open_network("text", str(folders[request.param]), tmp_path, input_size=32)


def opened(folders: dict[str, Path], kind: str, scratch: Path) -> Any:
    return open_network("text", str(folders[kind]), scratch, input_size=32)


def state(network: Any) -> dict[str, tuple[int, np.ndarray]]:
    """Every variable that a pass reads: some architectures have embeddings of what no text holds."""
    found = {
        f"head.{n}": (len(network.blocks), t.numpy().copy()) for n, t in network.classifier.head.state_dict().items()
    }
    for name, tensor in network.encoder.state_dict().items():
        found[name] = (network.encoder_blocks.block_of(name), tensor.numpy().copy())
    return found


def test_features_at_every_depth(any_open: Open, tmp_path: Path) -> None:
    harness.every_depth_has_features(any_open, RAW, tmp_path)


def test_kept_activations_give_the_same_logits(any_open: Open, tmp_path: Path) -> None:
    for cut in range(1, len(any_open().blocks)):
        (tmp_path / str(cut)).mkdir()
        harness.kept_equals_recomputed(any_open, RAW, tmp_path / str(cut), cut, HALF)


@pytest.mark.parametrize("keep", [False, True])
def test_trains_only_above_the_cut(any_open: Open, tmp_path: Path, keep: bool) -> None:
    for cut in {0, 1, len(any_open().blocks) - 1}:
        (tmp_path / str(cut)).mkdir()
        harness.trains_only_above_the_cut(any_open, state, RAW, LABELS, tmp_path / str(cut), cut, "text", keep)


def test_lora_merges(any_open: Open, tmp_path: Path) -> None:
    harness.lora_merges_into_a_plain_network(any_open, RAW, LABELS, tmp_path, "text", HALF)


@pytest.mark.parametrize("kind", ["t5", "gpt2", "bart"])
def test_goes_on_as_if_undisturbed(folders: dict[str, Path], kind: str, tmp_path: Path) -> None:
    open_ = lambda: opened(folders, kind, tmp_path)  # noqa: E731
    harness.goes_on_as_if_undisturbed(open_, RAW, LABELS, tmp_path, 2, "text")


def test_a_head_reads_several_depths(any_open: Open, folders: dict[str, Path], tmp_path: Path) -> None:
    network = any_open()
    if network.supports_feature_depths and len(network.blocks) > 2:
        loaded = load_model(harness.a_head_reads_several_depths(any_open, load_model, RAW, tmp_path, HALF))
        batch = loaded.tokenizer(RAW, padding=True, return_tensors="pt")
        with torch.inference_mode():
            found = loaded.classifier(batch["input_ids"], attention_mask=batch["attention_mask"]).logits
        np.testing.assert_allclose(found, loaded.logits(loaded.encode(RAW, tmp_path)), atol=HALF, rtol=HALF)


def test_shared_layers_are_one_block_of_several_passes(folders: dict[str, Path], tmp_path: Path) -> None:
    """What is trained in one place is trained in all: ALBERT is frozen, or trained in full or above its embeddings."""
    network = opened(folders, "albert", tmp_path)
    assert [block.name for block in network.blocks] == ["embeddings", "albert_layer_groups.0"]
    assert network.encoder_blocks.stack.passes == (3,)
    examples = network.encode(RAW, tmp_path)
    features = network.features(examples, [1, 2])
    network.set_head(harness.random_head(64, 2), [1, 2])
    batch = network.tokenizer(RAW, padding=True, return_tensors="pt")
    with torch.inference_mode():
        found = network.classifier(batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    expected = harness.random_head(64, 2).logits(np.hstack([features[1], features[2]]))
    np.testing.assert_allclose(found, expected, atol=HALF, rtol=HALF)


def test_layers_that_take_turns_in_groups_are_blocks(folders: dict[str, Path], tmp_path: Path) -> None:
    assert len(opened(folders, "albert-groups", tmp_path).blocks) == 4


@pytest.mark.parametrize("kind", ["bart", "t5"])
def test_of_an_encoder_decoder_the_encoder_is_taken(folders: dict[str, Path], kind: str, tmp_path: Path) -> None:
    network = opened(folders, kind, tmp_path)
    whole = transformers.AutoModel.from_pretrained(folders[kind])
    assert network.total_parameters < sum(p.numel() for p in whole.parameters())
    ids = torch.arange(5, 12).unsqueeze(0)
    with torch.inference_mode():
        expected = whole.eval().encoder(input_ids=ids).last_hidden_state
        assert torch.equal(network.encoder(input_ids=ids).last_hidden_state, expected)


def test_an_encoder_of_t5_that_was_saved_alone_is_the_same(folders: dict[str, Path], tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    tiny.text_folder(alone, "t5")
    (alone / "model.safetensors").unlink()
    transformers.T5EncoderModel.from_pretrained(folders["t5"]).save_pretrained(alone)
    raw = [open_network("text", str(f), tmp_path / f.name, input_size=32) for f in (alone, folders["t5"])]
    features = [network.features(network.encode(RAW, tmp_path / str(i)), [4])[4] for i, network in enumerate(raw)]
    np.testing.assert_array_equal(*features)


@pytest.mark.parametrize("kind", ["t5", "bart", "gpt2", "xlnet"])
def test_padding_on_either_side_is_the_same_row(folders: dict[str, Path], kind: str, tmp_path: Path) -> None:
    network = opened(folders, kind, tmp_path)
    logits = []
    for side in ("right", "left"):
        network.tokenizer.padding_side = side
        batch = network.tokenizer(RAW, padding=True, return_tensors="pt")
        with torch.inference_mode():
            logits.append(network.classifier(batch["input_ids"], attention_mask=batch["attention_mask"]).logits)
    assert torch.equal(*logits)


STRANGER = """
import json, sys
import numpy as np
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline
answers = {}
for kind, folder in json.loads(sys.argv[1]).items():
    model, loading = AutoModelForSequenceClassification.from_pretrained(
        folder, trust_remote_code=True, output_loading_info=True
    )
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
    batch = tokenizer(json.loads(sys.argv[2]), padding=True, return_tensors="pt")
    logits = model.eval()(**batch).logits.tolist()
    classify = pipeline("text-classification", model=folder, trust_remote_code=True)
    labels = [found["label"] for found in classify(json.loads(sys.argv[2]), batch_size=4)]
    keys = [*loading["missing_keys"], *loading["unexpected_keys"], *loading["mismatched_keys"]]
    answers[kind] = {"logits": logits, "labels": labels, "keys": keys}
print(json.dumps(answers))
assert not [m for m in sys.modules if m.startswith("thaw")]
"""


@pytest.mark.parametrize(
    "kinds", [("bart", "gpt2"), pytest.param(tuple(set(KINDS) - {"bart", "gpt2"}), marks=pytest.mark.slow, id="others")]
)
def test_a_stranger_loads_what_is_released(folders: dict[str, Path], tmp_path: Path, kinds: tuple[str, ...]) -> None:
    expected, places = {}, {}
    for kind in kinds:
        network = opened(folders, kind, tmp_path)
        examples = network.encode(RAW, tmp_path)
        harness.headed(network, examples)
        places[kind] = str(tmp_path / "models" / kind)
        Path(places[kind]).parent.mkdir(exist_ok=True)
        network.save(Path(places[kind]), ["bad", "good"])
        expected[kind] = network.logits(examples)
    command = [sys.executable, "-c", STRANGER, json.dumps(places), json.dumps(RAW)]
    run = subprocess.run(command, check=True, capture_output=True, text=True, timeout=200, cwd=tmp_path)
    answers = json.loads(run.stdout.splitlines()[-1])
    for kind, answer in answers.items():
        assert answer["keys"] == [], kind
        np.testing.assert_allclose(answer["logits"], expected[kind], atol=HALF, rtol=HALF, err_msg=kind)
        clear = np.abs(expected[kind][:, 0] - expected[kind][:, 1]) > HALF
        labels = np.array(answer["labels"]) == np.array(["bad", "good"])[expected[kind].argmax(1)]
        assert labels[clear].all(), kind
