"""PEFT adapters as they are saved: a folder that names its base network and holds the difference alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from ...errors import InputError
from .weights import HEADS, WEIGHT_FILES

CONFIG = "adapter_config.json"
PREFIX = "base_model.model."
"""What PEFT puts before the names of the network's own modules."""
HEAD_NAMES = ("lm_head", "score", "classifier")
"""Heads that adapters may name among their targets."""


def is_adapter(folder: Path) -> bool:
    return (folder / CONFIG).is_file()


def base_reference(reference: str, folder: Path) -> tuple[str, Path | None]:
    """The network that the adapter in `folder` was trained on: its name on the hub, or its folder.

    Raises:
        InputError: It is not named, not there, or the folder holds whole weights as well.
    """
    if any((folder / name).is_file() for name in WEIGHT_FILES):
        raise InputError(
            f"{reference} holds whole weights and an adapter", "move one of them to a folder of its own, and give that"
        )
    try:
        base = json.loads((folder / CONFIG).read_text())["base_model_name_or_path"]
    except (OSError, ValueError, KeyError, TypeError):
        base = None
    if not isinstance(base, str) or not base:
        raise InputError(f"{CONFIG} in {reference} names no network", "set base_model_name_or_path in it")
    for place in (folder / base, Path(base).expanduser()):
        if place.is_dir():
            return base, place
    if base.startswith(("/", ".", "~")) or base.count("/") > 1:
        raise InputError(
            f"the adapter in {reference} belongs to the network in {base}, which is not there",
            f"put it there, or set base_model_name_or_path in {CONFIG}",
        )
    return base, None


def merge_adapter(reference: str, model: Any, folder: Path) -> Any:
    """The model with the adapter's difference in its weights.

    Raises:
        InputError: The adapter cannot be merged, or a tensor of it finds no place.
    """
    from peft import get_peft_model, set_peft_model_state_dict

    config, weights = _read(reference, folder)
    if config.is_prompt_learning:
        raise InputError(
            f"the adapter in {reference} is a learnt prompt, which cannot be merged into weights", "give a LoRA adapter"
        )
    tensors = renamed(weights, model)
    config.task_type, config.inference_mode = None, True
    config.modules_to_save = [name for name in config.modules_to_save or () if name not in HEAD_NAMES] or None
    try:
        adapted = get_peft_model(model, config)
        result = set_peft_model_state_dict(adapted, tensors)
    except (ValueError, RuntimeError, NotImplementedError) as error:  # modules that are not there, or of another shape
        raise _misfit(reference, " ".join(str(error).split())[:120]) from error
    missing = sorted(name for name in result.missing_keys if "lora_" in name or "modules_to_save" in name)
    lost = sorted([*result.unexpected_keys, *missing])
    if lost or not tensors:
        raise _misfit(reference, f"{len(lost)} tensors do, the first {lost[0] if lost else 'of all'}")
    return adapted.merge_and_unload()


def _read(reference: str, folder: Path) -> tuple[Any, dict[str, torch.Tensor]]:
    """The adapter's settings and tensors."""
    from peft import PeftConfig
    from peft.utils import load_peft_weights

    try:
        return PeftConfig.from_pretrained(str(folder)), load_peft_weights(str(folder), device="cpu")
    except Exception as error:  # of peft and safetensors: a damaged file has many ways to show
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(f"the adapter in {reference} cannot be read ({reason})", "save it anew with PEFT") from error


def _misfit(reference: str, what: str) -> InputError:
    return InputError(
        f"the adapter in {reference} does not fit its network ({what})",
        f"set base_model_name_or_path in {CONFIG} to the network that it was trained on",
    )


def renamed(tensors: dict[str, torch.Tensor], model: Any) -> dict[str, torch.Tensor]:
    """The adapter's tensors by the names of the model's own modules, without those of heads.

    An adapter of a classifier says base_model.model.bert.encoder…, one of the bare network base_model.model.encoder…
    """
    found = {}
    for name, tensor in tensors.items():
        inner = name.removeprefix(PREFIX)
        inner = inner.removeprefix(f"{model.base_model_prefix}.") if model.base_model_prefix else inner
        if not HEADS.match(inner) or inner.split(".", 1)[0] in dict(model.named_children()):
            found[PREFIX + inner] = tensor
    return found
