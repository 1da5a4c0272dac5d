"""PEFT adapters are merged into the network that they were trained on, or refused in one line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import peft
import pytest
import torch
import transformers as t
from safetensors.torch import load_file, save_file

from tests.networks import harness, tiny
from thaw.errors import InputError
from thaw.networks.loading import load_model, open_network

RAW = tiny.texts(8)[0]
HEADS = {"bare": t.AutoModel, "classifier": t.AutoModelForSequenceClassification}
TARGETS = {"bert": ["query", "value"], "gpt2": ["c_attn"], "t5": ["q", "v"]}


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tiny.text_folder(tmp_path / "base")


def adapter(base: Path, folder: Path, kind: str = "bert", head: str = "bare", **changes: Any) -> Any:
    """A folder with a random adapter as PEFT saves it, and the network with it, merged by PEFT itself."""
    settings: dict[str, Any] = {"r": 2, "lora_alpha": 8, "target_modules": TARGETS[kind]} | changes
    if head == "classifier":
        settings["task_type"] = "SEQ_CLS"
    torch.manual_seed(1)
    model = peft.get_peft_model(HEADS[head].from_pretrained(base), peft.LoraConfig(**settings))
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(folder)
    return model.merge_and_unload().base_model


def opened(folder: Path, scratch: Path) -> Any:
    return open_network("text", str(folder), scratch, input_size=32)


def refused(folder: Path, scratch: Path) -> str:
    with pytest.raises(InputError) as caught:
        opened(folder, scratch)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("kind", TARGETS)
def test_an_adapter_is_merged(tmp_path: Path, kind: str, head: str) -> None:
    if (kind, head) == ("t5", "classifier"):
        pytest.skip("T5's classifier wants an end of text in each row of the tiny vocabulary")
    base = tiny.text_folder(tmp_path / "base", kind)
    merged = adapter(base, tmp_path / "adapter", kind, head).eval()
    network, plain = opened(tmp_path / "adapter", tmp_path), opened(base, tmp_path)
    assert network.fingerprint != plain.fingerprint
    assert opened(tmp_path / "adapter", tmp_path).fingerprint == network.fingerprint
    found, expected = network.encoder.state_dict(), getattr(merged, "encoder" if kind == "t5" else "x", merged)
    for name, tensor in expected.state_dict().items():
        if "pooler" not in name:
            torch.testing.assert_close(found[name], tensor)
    assert set(found) == set(plain.encoder.state_dict())
    examples = network.encode(RAW, tmp_path)
    harness.headed(network, examples)
    network.save(tmp_path / "model", ["bad", "good"])
    np.testing.assert_array_equal(load_model(tmp_path / "model").logits(examples), network.logits(examples))
    assert not (tmp_path / "model" / "adapter_config.json").exists()


@pytest.mark.parametrize("rank_stabilised", [False, True])
def test_the_kinds_of_low_rank_are_merged(base: Path, tmp_path: Path, rank_stabilised: bool) -> None:
    merged = adapter(base, tmp_path / "adapter", use_rslora=rank_stabilised, use_dora=not rank_stabilised)
    found = opened(tmp_path / "adapter", tmp_path).encoder.state_dict()
    for name, tensor in merged.state_dict().items():
        if "pooler" not in name:
            torch.testing.assert_close(found[name], tensor, atol=1e-5, rtol=1e-4)


def point_to(folder: Path, base: Any) -> None:
    settings = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps(settings | {"base_model_name_or_path": base}))


def test_the_base_is_found_beside_the_adapter(base: Path, tmp_path: Path) -> None:
    adapter(base, tmp_path / "adapter")
    expected = opened(tmp_path / "adapter", tmp_path).fingerprint
    point_to(tmp_path / "adapter", "../base")
    assert opened(tmp_path / "adapter", tmp_path).fingerprint == expected


@pytest.mark.parametrize("name", [None, "", "/nowhere/at/all", "../nowhere", "owner/unknown-network", 7])
def test_a_base_that_is_not_there_is_refused(base: Path, tmp_path: Path, name: Any) -> None:
    adapter(base, tmp_path / "adapter")
    point_to(tmp_path / "adapter", name)
    line = refused(tmp_path / "adapter", tmp_path)
    assert str(name or "base_model_name_or_path") in line or "adapter_config.json" in line


def test_an_adapter_of_another_network_is_refused(base: Path, tmp_path: Path) -> None:
    adapter(base, tmp_path / "adapter")
    other = tiny.text_folder(tmp_path / "other", "distilbert")
    point_to(tmp_path / "adapter", str(other))
    refused(tmp_path / "adapter", tmp_path)
    wider = tiny.text_folder(tmp_path / "wider", width=48)
    point_to(tmp_path / "adapter", str(wider))
    refused(tmp_path / "adapter", tmp_path)


@pytest.mark.parametrize("change", ["lost", "foreign", "none", "not finite"])
def test_every_tensor_of_an_adapter_is_accounted_for(base: Path, tmp_path: Path, change: str) -> None:
    adapter(base, tmp_path / "adapter")
    file = tmp_path / "adapter" / "adapter_model.safetensors"
    tensors = load_file(file)
    name = sorted(tensors)[0]
    if change == "lost":
        del tensors[name]
    elif change == "foreign":
        tensors[name.replace("layer.0", "layer.9")] = tensors[name].clone()
    elif change == "not finite":
        tensors[name][0, 0] = float("nan")
    save_file(tensors if change != "none" else {}, file)
    refused(tmp_path / "adapter", tmp_path)


def test_whole_weights_beside_an_adapter_are_refused(base: Path, tmp_path: Path) -> None:
    adapter(base, tmp_path / "adapter")
    for file in ("config.json", "model.safetensors"):
        shutil.copy(base / file, tmp_path / "adapter")
    assert "whole weights and an adapter" in refused(tmp_path / "adapter", tmp_path)


def test_a_learnt_prompt_is_refused(base: Path, tmp_path: Path) -> None:
    config = peft.PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=3)
    model = peft.get_peft_model(t.AutoModelForSequenceClassification.from_pretrained(base), config)
    model.save_pretrained(tmp_path / "adapter")
    assert "prompt" in refused(tmp_path / "adapter", tmp_path)
