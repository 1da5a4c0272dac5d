"""Predict the seconds of `fine_tune` from an empty store, from the measured time of one forward pass."""

from __future__ import annotations

from ..core.contracts import Plan, Profile

BACKWARD = 2.0
"""A backward pass over a forward pass: gradients of inputs and of weights (Kaplan 2020, section 2.1)."""
LORA_BACKWARD = 1.6
"""Gradients of inputs, and of the adapters' weights alone."""
START: dict[str, float] = {"image": 8.0, "text": 8.0}
"""Importing the framework, opening the network, fitting the head, saving: seconds on the CPU."""
TRACE: dict[str, float] = {"image": 6.0, "text": 0.0}
"""Tracing of a training step."""


def seconds(plan: Plan, profile: Profile, rows: int, held_out: int) -> float:
    """Of fitting the head (one pass), then every epoch's steps above the cut and its validation."""
    forward = profile.forward_seconds_per_row
    cost = START[profile.modality] + forward * (rows + held_out)
    if plan.training is None:
        return cost
    above = 1 - plan.cut / len(profile.network.blocks)
    lora = plan.training.lora is not None
    keeps = plan.cut > 0 and not lora and not plan.training.augment
    below = 0 if keeps else 1 - above
    step = forward * (1 + LORA_BACKWARD if lora else below + above * (1 + BACKWARD))
    check = forward * (above + below) * held_out
    kept = forward * (rows + held_out) * keeps
    return cost + TRACE[profile.modality] + kept + plan.training.epochs * (rows * step + check)
