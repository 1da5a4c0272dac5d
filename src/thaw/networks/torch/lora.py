"""Low-rank adapters, by PEFT."""

from __future__ import annotations

from typing import Any

import torch
from transformers.pytorch_utils import Conv1D

from ...records import LoraPlan
from .blocks import EncoderBlocks
from .internals import STATE_SPACE_MODELS


def add_adapters(blocks: EncoderBlocks, plan: LoraPlan, cut: int) -> Any:
    """Adapters on every linear layer of the blocks above the cut (Schulman 2025, "LoRA without regret")."""
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=plan.rank, lora_alpha=plan.alpha, lora_dropout=plan.dropout, target_modules=adaptable(blocks, cut)
    )
    return get_peft_model(blocks.encoder, config)


def adaptable(blocks: EncoderBlocks, cut: int) -> list[str]:
    """Names of the linear layers in the blocks above the cut. GPT-2's, of a class of its own, are linear too.

    Left out are layers that only borrow the class: routers that return more than a product, and what state space
    models read the weights of without calling them.
    """
    borrowed = ("out_proj",) if blocks.encoder.config.model_type in STATE_SPACE_MODELS else ()
    return [
        name
        for name, module in blocks.encoder.named_modules()
        if type(module).forward in (torch.nn.Linear.forward, Conv1D.forward)
        and name.startswith(blocks.prefix + ".")
        and name.rpartition(".")[2] not in borrowed
        and blocks.block_of(name) >= cut
    ]
