"""Low-rank adapters on every linear layer of every block, merged into the weights afterwards (Hu 2021).

Ten times the rate of full, all linear layers, rank 8–16 (Schulman 2025, "LoRA without regret"). The adapters start at
zero, so the first step is the fitted head on the frozen network.
"""

from __future__ import annotations

from ...records import LoraPlan, TrainingPlan
from . import RecipeInputs, full

VERSION = 1
"""Raised by hand when the recipe changes."""
RATE = 10.0
"""Times the rate of full."""
RANK = 8
ALPHA = 16.0


def plan(facts: RecipeInputs) -> TrainingPlan:
    base = full.plan(facts)
    lora = LoraPlan(rank=RANK, alpha=ALPHA, dropout=0.0)
    return base.model_copy(update={"learning_rate": base.learning_rate * RATE, "layer_decay": 1.0, "lora": lora})
