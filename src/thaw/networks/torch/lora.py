"""Low-rank adapters, by PEFT."""

from __future__ import annotations

from typing import Any

import torch

from ...records import LoraPlan
from .blocks import EncoderBlocks


def add_adapters(blocks: EncoderBlocks, plan: LoraPlan, cut: int) -> Any:
    """Adapters on every linear layer of the blocks above the cut (Schulman 2025, "LoRA without regret")."""
    from peft import LoraConfig, get_peft_model

    names = [
        name
        for name, module in blocks.encoder.named_modules()
        if isinstance(module, torch.nn.Linear) and name.startswith(blocks.prefix + ".") and blocks.block_of(name) >= cut
    ]
    config = LoraConfig(r=plan.rank, lora_alpha=plan.alpha, lora_dropout=plan.dropout, target_modules=names)
    return get_peft_model(blocks.encoder, config)
