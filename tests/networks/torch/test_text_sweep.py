"""Every model type of transformers opens and keeps its promises, or is refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from transformers.models.auto.modeling_auto import MODEL_MAPPING_NAMES

from tests.networks import tiny
from tests.networks.torch import model_types

KNOWN = model_types.read_table()
FEW = (
    *("albert", "bart", "bloom", "gpt2", "mt5", "opt", "qwen3", "squeezebert", "xlnet"),
    *("dpr", "fnet", "vit", "xlm", "llava"),
)
"""One or two of each kind and of each reason, tried in every run of the tests."""


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tiny.text_folder(tmp_path_factory.mktemp("tokenizer"))
    for file in ("config.json", "model.safetensors"):
        (folder / file).unlink()
    return folder


def holds(model_type: str, tokenizer: Path, scratch: Path) -> None:
    kind, reason = model_types.outcome(model_type, tokenizer, scratch)
    expected, _ = KNOWN.get(model_type, (kind, reason))  # what a later version adds is to open or to be refused
    assert kind == expected, reason


@pytest.mark.parametrize("model_type", FEW)
def test_a_few_model_types(model_type: str, tokenizer: Path, tmp_path: Path) -> None:
    assert model_type in KNOWN
    holds(model_type, tokenizer, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("model_type", sorted(set(MODEL_MAPPING_NAMES) - set(FEW)))
def test_every_model_type(model_type: str, tokenizer: Path, tmp_path: Path) -> None:
    holds(model_type, tokenizer, tmp_path)


def test_what_is_left_out_has_a_reason() -> None:
    without = (model_types.OPENS, model_types.NO_TEXT)
    assert all(bool(reason) == (kind not in without) for kind, reason in KNOWN.values())
    assert sum(kind == model_types.OPENS for kind, _ in KNOWN.values()) > 180
