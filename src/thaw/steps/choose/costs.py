"""Predicted seconds of `fine_tune` from an empty store, from the measured time of one forward pass."""

from __future__ import annotations

from ...records import Plan, Profile, TrainingPlan

BACKWARD_COST = 2.0
"""A backward pass in forward passes: gradients of inputs and of weights (Kaplan 2020, section 2.1)."""
LORA_BACKWARD_COST = 1.6
"""A backward pass with adapters, in forward passes: gradients of inputs, and of the adapters' weights alone."""
EARLY_STOPPING_SHARE = 0.6
"""Share of the planned updates that were taken where training was validated: in the truth table at 300 rows .60 of
full, .60 of partial and .59 of lora; all of them where 3 epochs were planned, at 4,000 rows."""
START_SECONDS: dict[str, float] = {"image": 8.0, "text": 8.0}
"""Time to import the framework, open the network, fit the head and save, on the CPU, by modality."""
TRACING_SECONDS: dict[str, float] = {"image": 6.0, "text": 0.0}
"""Time to trace an update, by modality."""


def training_seconds(plan: Plan, profile: Profile, rows: int, held_out: int) -> float:
    """Seconds of fine_tune on `rows` rows, `held_out` of them for validation, as planned."""
    fixed = START_SECONDS[profile.modality] + (TRACING_SECONDS[profile.modality] if plan.training else 0.0)
    return fixed + profile.forward_seconds_per_row * forward_passes(plan, profile, rows, held_out)


def expected_epochs(training: TrainingPlan) -> float:
    """Early stopping ends a schedule of many epochs early on average; a short one has no time to."""
    stops = training.patience and training.epochs > 2 * training.patience
    return EARLY_STOPPING_SHARE * training.epochs if stops else training.epochs


def forward_passes(plan: Plan, profile: Profile, rows: int, held_out: int, updates: int | None = None) -> float:
    """Forward passes of a row that cost what the plan does: the head's features, then updates above the cut (as many as
    planned, unless `updates` were run) and a validation an epoch."""
    # With u the share of blocks above the cut, b the cost of a backward pass, e epochs, t trained and v held-out rows:
    #     passes = rows + e (t ((1 - u) + u (1 + b)) + v),
    # without the (1 - u) where the activations at the cut are kept.
    training = plan.training
    if training is None:
        return rows
    trained = rows - held_out
    updates_per_epoch = max(1, -(-trained // training.batch_size))
    epochs = expected_epochs(training) if updates is None else updates / updates_per_epoch
    above = 1 - plan.cut / len(profile.network.blocks)
    lora = training.lora is not None
    keeps_activations = plan.cut > 0 and not lora and not training.augment
    below = 0 if keeps_activations else 1 - above
    update = 1 + LORA_BACKWARD_COST if lora else below + above * (1 + BACKWARD_COST)
    return rows + epochs * (trained * update + held_out * (above + below))
