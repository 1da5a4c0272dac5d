"""Train every block, from the fitted head.

AdamW with warm-up and cosine, lower rates for deeper blocks (Howard & Ruder 2018), early stop with the best weights
kept. Rates: Mosbach 2021 for BERT-size encoders, higher for smaller ones and for convolutional networks.
Measured: `thaw example movie` (all-MiniLM-L6-v2, 2,000 movie snippets) .818, 95% interval .775–.861 on 302 test rows.
"""

from __future__ import annotations

from ...records import TrainingPlan
from . import RecipeInputs, epochs

VERSION = 1
"""Raised by hand when the recipe changes: what was measured before is out of date then. Partial and lora build on it:
theirs are raised too."""
BATCH_SIZE = 32
PATIENCE = 5
"""The first epochs, at the highest rate, may score below the fitted head that training starts from."""
MIN_ROWS_AT_FULL_RATE = 1000
"""Rows from which a convolutional network trains at its full rate, which a few dozen images would make diverge."""
MAX_SMALL_PARAMETERS = 60_000_000
"""Parameters below which an encoder takes, and needs, a higher rate."""


def learning_rate(inputs: RecipeInputs) -> float:
    """Peak rate of the topmost block."""
    if inputs.convolutional:
        return 1e-3 * min(1.0, inputs.rows / MIN_ROWS_AT_FULL_RATE)
    return 5e-5 if inputs.parameters < MAX_SMALL_PARAMETERS else 2e-5


def plan(inputs: RecipeInputs) -> TrainingPlan:
    rate = learning_rate(inputs)
    return TrainingPlan(
        optimizer="adamw",
        learning_rate=rate,
        head_learning_rate=rate,
        layer_decay=0.9,
        weight_decay=0.01,
        batch_size=BATCH_SIZE,
        epochs=epochs(inputs.rows, BATCH_SIZE),
        warmup_ratio=0.1,
        patience=PATIENCE if inputs.validated else 0,
        max_grad_norm=1.0,
        dropout=0.1,
        augment=inputs.augment,
    )
