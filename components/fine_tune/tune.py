"""Gradient training above the cut, from activations kept there where the disk has room for them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..core import metrics
from ..core.contracts import Plan
from ..core.networks.contract import Examples, Network
from ..core.progress import stage
from ..core.training.loop import Run, train

DISK_SHARE = 0.5
"""Of the free disk that kept activations may take."""


@dataclass(frozen=True)
class Tuned:
    run: Run
    validation_logits: np.ndarray | None
    """(validation rows, classes) of the weights that are left; None without a validation split."""


def tune(
    network: Network,
    examples: Examples,
    labels: np.ndarray,
    training: np.ndarray,
    validation: np.ndarray,
    plan: Plan,
    scratch: Path,
) -> tuple[int, Tuned]:
    """Train on the rows `training`, stop on the rows `validation` (may be none); the number of trained parameters."""
    assert plan.training is not None, "a frozen plan has nothing to tune"
    examples = at_the_cut(network, examples, plan, scratch)
    score, held = metrics.by_name(plan.metric), examples.take(validation)
    tuner = network.tuner(plan)

    def validate() -> tuple[float, float]:
        logits = network.logits(held)
        return score(labels[validation], logits.argmax(1)), metrics.log_loss(labels[validation], logits)

    with stage("training", plan.training.epochs * len(training)) as progress:
        run = train(
            tuner, examples.take(training), labels[training], plan, validate if len(validation) else None, progress
        )
    tuner.finish()
    logits = network.logits(held) if len(validation) else None
    return tuner.trained_parameters, Tuned(run, logits)


def at_the_cut(network: Network, examples: Examples, plan: Plan, scratch: Path, share: float = DISK_SHARE) -> Examples:
    """The activations at the plan's cut, or the examples themselves when there is none or no room."""
    adapted = plan.training is not None and plan.training.lora is not None
    if plan.cut == 0 or adapted:
        return examples
    room = shutil.disk_usage(scratch).free * share
    if network.activation_bytes(examples, plan.cut) > room:
        return examples
    with stage("activations", len(examples)) as progress:
        return network.activations(examples, plan.cut, scratch, progress.advance)
