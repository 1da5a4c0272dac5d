"""Predict the seconds of `fine_tune` from an empty store, from the measured time of one forward pass."""

from __future__ import annotations

from ...records import Plan, Profile, TrainingPlan

BACKWARD = 2.0
"""A backward pass over a forward pass: gradients of inputs and of weights (Kaplan 2020, section 2.1)."""
LORA_BACKWARD = 1.6
"""Gradients of inputs, and of the adapters' weights alone."""
STOPPED = 0.6
"""Share of the planned steps that were taken where training was validated: in the truth table at 300 rows .60 of full,
.60 of partial and .59 of lora; all of them where 3 epochs were planned, at 4,000 rows."""
START: dict[str, float] = {"image": 8.0, "text": 8.0}
"""Importing the framework, opening the network, fitting the head, saving: seconds on the CPU."""
TRACE: dict[str, float] = {"image": 6.0, "text": 0.0}
"""Tracing of a training step."""


def seconds(plan: Plan, profile: Profile, rows: int, held_out: int) -> float:
    """Of fine_tune on `rows` rows, `held_out` of them for validation, as planned."""
    trace = TRACE[profile.modality] if plan.training else 0.0
    return START[profile.modality] + trace + profile.forward_seconds_per_row * passes(plan, profile, rows, held_out)


def expected_epochs(training: TrainingPlan) -> float:
    """Early stopping ends a schedule of many epochs at STOPPED of it on average; a short one has no time to."""
    stops = training.patience and training.epochs > 2 * training.patience
    return STOPPED * training.epochs if stops else training.epochs


def passes(plan: Plan, profile: Profile, rows: int, held_out: int, steps: int | None = None) -> float:
    """Forward passes of a row that cost what the plan does: the head's features, then steps above the cut (as many as
    planned, unless `steps` were run) and a validation an epoch."""
    if plan.training is None:
        return rows
    trained = rows - held_out
    epochs = (
        expected_epochs(plan.training) if steps is None else steps / max(1, -(-trained // plan.training.batch_size))
    )
    above = 1 - plan.cut / len(profile.network.blocks)
    lora = plan.training.lora is not None
    keeps = plan.cut > 0 and not lora and not plan.training.augment
    below = 0 if keeps else 1 - above
    step = 1 + LORA_BACKWARD if lora else below + above * (1 + BACKWARD)
    return rows + epochs * (trained * step + held_out * (above + below))
