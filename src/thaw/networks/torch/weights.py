"""A network's weights, each tensor accounted for: nothing that is used stays at random, nothing foreign is ignored."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ...errors import InputError

WEIGHT_FILES = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)

HEADS = re.compile(
    r"(cls|classifier|qa_classifier|sop_classifier|pre_classifier|score|predictions|\w+_predictions|lm_loss|qa_outputs"
    r"|head|heads|\w+_head|pooler|sequence_summary|logits_proj|pred_layer|final_logits_bias|vocab_(transform|projector)"
    r"|vocab_layer_norm|(unembedding|output)_projection|embed_out|(column_)?output_(weights|bias)|splinter_qass|decoder"
    r"|dense|linear)(\.|$)"
)
"""What stands on an encoder, by the first part of its name: heads of the library's classes, and usual ones."""

OLD_BUFFERS = re.compile(r"(^|\.)(position_ids|token_type_ids|inv_freq|masked_bias|(attn|attention)\.bias)$")
"""Constants that older versions of the library saved."""


def refuse_without_weights(reference: str, folder: Path) -> None:
    """Raises InputError where a folder has no file of weights that is read."""
    if any((folder / name).is_file() for name in WEIGHT_FILES):
        return
    others = sorted(
        path.name for path in folder.glob("*") if path.suffix in (".h5", ".msgpack", ".ckpt", ".gguf", ".onnx")
    )
    found = f" (but {others[0]})" if others else ""
    raise InputError(
        f"{reference} holds no weights{found}",
        "add model.safetensors or pytorch_model.bin, whole or in shards with their index",
    )


def check_weights(reference: str, model: nn.Module, encoder: nn.Module, loading: dict[str, Any]) -> None:
    """Hold what `from_pretrained` reports of its loading, and the loaded values, against what is used of the model.

    Raises:
        InputError: A tensor of the encoder is missing, has another shape or is not finite, or there is one too many.
    """
    prefix = next((f"{name}." for name, module in model.named_children() if module is encoder), "")
    used = {prefix + name for name in encoder.state_dict()}
    kind = type(encoder).__name__
    check_names(reference, kind, used, loading, foreign_tensors(model, encoder, loading["unexpected_keys"]))
    wrong = sorted(
        (name, tuple(found), tuple(right)) for name, found, right in loading["mismatched_keys"] if name in used
    )
    if wrong:
        name, found, right = wrong[0]
        raise InputError(
            f"{len(wrong)} of {len(used)} tensors in {reference} are not of the shape that config.json says: {name} "
            f"is {found}, not {right}",
            "give the config.json that belongs to the weights",
        )
    check_finite(reference, encoder)


def check_names(reference: str, kind: str, used: set[str], loading: dict[str, Any], foreign: list[str]) -> None:
    missing = sorted(set(loading["missing_keys"]) & used)
    besides = f"; {len(foreign)} are of no use to it, the first {foreign[0]}" if foreign else ""
    if missing:
        raise InputError(
            f"{reference} lacks {len(missing)} of the {len(used)} tensors of {kind}, the first {missing[0]}{besides}",
            "give the whole weights, with the config.json that belongs to them",
        )
    if foreign:
        raise InputError(
            f"{reference} holds {len(foreign)} tensors that {kind} has no place for, the first {foreign[0]}",
            "give the config.json that belongs to the weights",
        )


def foreign_tensors(model: nn.Module, encoder: nn.Module, unexpected: set[str]) -> list[str]:
    """Names that are neither of a head nor of a constant that was saved once."""
    own = {name for name, _ in encoder.named_children()}
    prefix = f"{getattr(model, 'base_model_prefix', '')}."

    def is_known(name: str) -> bool:
        inner = name.removeprefix(prefix)
        head = HEADS.match(inner) and inner.split(".", 1)[0] not in own
        return bool(head or OLD_BUFFERS.search(inner))

    return sorted(name for name in unexpected if not is_known(name))


def check_finite(reference: str, encoder: nn.Module) -> None:
    broken = [name for name, tensor in encoder.named_parameters() if not torch.isfinite(tensor).all()]
    if broken:
        raise InputError(
            f"{len(broken)} tensors in {reference} hold values that are not finite, the first {broken[0]}",
            "give weights of a training that has not diverged",
        )
