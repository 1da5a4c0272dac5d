"""Low-rank adapters on every linear layer of every block, merged into the weights afterwards (Hu 2021).

Ten times the rate of full fine-tuning, all linear layers, rank 8–16 (Schulman 2025, "LoRA without regret"). The
adapters start at zero, so training starts from the fitted head on the frozen network.
"""

from __future__ import annotations

from ...records import LoraPlan, TrainingPlan
from . import RecipeInputs, full

VERSION = 1
"""Raised by hand when the recipe changes."""
RATE_RATIO = 10.0
"""Learning rate over that of full fine-tuning."""
RANK = 8
ALPHA = 16.0


def plan(inputs: RecipeInputs) -> TrainingPlan:
    base = full.plan(inputs)
    lora = LoraPlan(rank=RANK, alpha=ALPHA, dropout=0.0)
    return base.model_copy(update={"learning_rate": base.learning_rate * RATE_RATIO, "layer_decay": 1.0, "lora": lora})
