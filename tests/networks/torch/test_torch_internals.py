"""Each canary fails as soon as what we take from a framework's insides has changed, or is no longer needed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoConfig, AutoModel

from tests.networks import harness, tiny
from thaw.networks.loading import open_network
from thaw.networks.torch import internals
from thaw.networks.torch.modeling import MeanPooledClassifier, remove_pooler
from thaw.networks.torch.stack import find_stack

ROOT = Path(__file__).parents[3]
KINDS = ("bert", "roberta", "distilbert", "deberta", "modernbert", "electra")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {kind: tiny.text_folder(tmp_path_factory.mktemp(kind), kind) for kind in KINDS}


@pytest.mark.parametrize("kind", ["adamw", "sgd"])
def test_optimizers_keep_their_state_under_these_names(kind: str) -> None:
    parameter = torch.nn.Parameter(torch.ones(3))
    parameter.grad = torch.ones(3)
    optimizer: torch.optim.Optimizer = (
        torch.optim.AdamW([parameter], fused=True)
        if kind == "adamw"
        else torch.optim.SGD([parameter], lr=0.1, momentum=0.9, fused=True)
    )
    optimizer.step()
    assert set(optimizer.state[parameter]) - {"step"} == set(internals.OPTIMIZER_STATE[kind])


@pytest.mark.parametrize("kind", ["roberta", "xlm-roberta", "camembert", "mpnet", "esm", "bert"])
def test_positions_begin_behind_the_padding_index(kind: Any) -> None:
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    config = AutoConfig.for_model(kind, vocab_size=9, max_position_embeddings=12, pad_token_id=1, **sizes)
    encoder = AutoModel.from_config(config).eval()
    longest = 12 - internals.position_offset(encoder)
    assert longest == (12 if kind == "bert" else 10)
    assert encoder(input_ids=torch.full((1, longest), 5)).last_hidden_state.shape == (1, longest, 8)
    with pytest.raises((IndexError, RuntimeError)):
        encoder(input_ids=torch.full((1, longest + 1), 5))


def test_the_private_word_on_bfloat16_is_the_public_one() -> None:
    """The public function is in torch by 2.13: once that is the oldest allowed, it serves alone."""
    public = torch.cpu.get_capabilities()
    assert internals.cpu_multiplies_bfloat16() == bool(public.get("avx512_bf16") or public.get("amx_tile"))
    oldest = re.search(r'"torch>=([\d.]+)', (ROOT / "pyproject.toml").read_text())
    assert oldest
    assert tuple(int(part) for part in oldest[1].split(".")) < (2, 13)


def test_the_pooler_is_not_read_and_not_every_constructor_can_leave_it_out(folders: dict[str, Path]) -> None:
    encoder = AutoModel.from_pretrained(folders["bert"]).eval()
    ids = torch.arange(5, 12).unsqueeze(0)
    before = encoder(input_ids=ids)
    assert before.pooler_output is not None
    remove_pooler(encoder)
    after = encoder(input_ids=ids)
    assert torch.equal(after.last_hidden_state, before.last_hidden_state)
    assert after.pooler_output is None
    with pytest.raises(TypeError):
        AutoModel.from_config(AutoConfig.from_pretrained(folders["electra"]), add_pooling_layer=False)


@pytest.mark.parametrize("kind", KINDS)
def test_layers_are_whole_after_they_were_skipped(folders: dict[str, Path], kind: Any) -> None:
    encoder = AutoModel.from_pretrained(folders[kind]).eval()
    ids = torch.arange(5, 10).repeat(2, 1)
    stack, _ = find_stack(encoder, {"input_ids": ids})
    with torch.inference_mode():
        before = encoder(input_ids=ids).last_hidden_state
        with internals.layers_skipped(stack.layers, stack.tuple_lengths):
            skipped = encoder(input_ids=ids).last_hidden_state
        assert torch.equal(encoder(input_ids=ids).last_hidden_state, before)
    assert not torch.equal(skipped, before)


def test_a_saved_model_takes_an_attention_only_by_its_flag(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = open_network("text", str(folders["bert"]), tmp_path, input_size=32)
    network.save(tmp_path / "model", ["bad", "good"])
    loaded = MeanPooledClassifier.from_pretrained(tmp_path / "model", attn_implementation="sdpa")
    assert loaded.encoder.config._attn_implementation == "sdpa"
    monkeypatch.setattr(MeanPooledClassifier, "_supports_sdpa", False)
    with pytest.raises(ValueError, match="MeanPooledClassifier"):
        MeanPooledClassifier.from_pretrained(tmp_path / "model", attn_implementation="sdpa")


def test_a_head_leaves_the_encoder_as_it_was_pretrained(folders: dict[str, Path], tmp_path: Path) -> None:
    network = open_network("text", str(folders["bert"]), tmp_path, input_size=32)
    before = {name: tensor.numpy().copy() for name, tensor in network.encoder.state_dict().items()}
    network.set_head(harness.random_head(32, 2))
    after = network.encoder.state_dict()
    assert [name for name in before if not np.array_equal(before[name], after[name].numpy())] == []


def test_the_description_of_sentencepiece_files_is_still_needed() -> None:
    """As long as sentencepiece wants a newer protobuf than is installed, transformers' own serves instead."""
    code = (
        "from thaw.networks.torch import internals\ntry:\n    import sentencepiece.sentencepiece_model_pb2\n"
        "except Exception as error:\n    print(type(error).__name__)\ninternals.let_sentencepiece_be_read()\n"
        "from sentencepiece import sentencepiece_model_pb2\nprint(sentencepiece_model_pb2.ModelProto.__name__)"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert printed == ["VersionError", "ModelProto"]
