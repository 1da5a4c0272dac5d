"""What tuning cost elsewhere: how well the network's features still serve a task that it was not tuned for.

A head is fitted on the pretrained network's features of another task, and reads the same held-out rows in the features
from before and from after tuning (catastrophic forgetting: McCloskey & Cohen 1989). A head fitted anew after tuning
tells features that have moved from such as are gone (Davari 2022).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...heads.fit import fit_head
from ...heads.head import Head
from ...metrics import scores
from ...networks.loading import open_network
from ...networks.protocol import Advance, Network
from ...progress import stage
from ...records import Forgetting, Plan
from . import elsewhere
from .elsewhere import FITTED, READ, Part, Task


def measure(plan: Plan | None, tuned: Network, scratch: Path) -> Forgetting | None:
    """Of the network that `plan` started from and of what was made of it; None where the first is not at hand.

    A frozen network is the pretrained one: it is not opened again.
    """
    if plan is None:
        return None
    with stage("another task", (FITTED + READ) * (2 if plan.training else 1)) as progress:
        # Hours of training may lie before this: a network that has moved, or a hub that is away, is no reason to fail.
        try:
            source = pretrained(plan, scratch) if plan.training else tuned
            return compare(elsewhere.task(plan.modality), source, tuned, scratch, progress.advance)
        except Exception as error:
            progress.log(f"not measured, for {plan.network} cannot be compared with ({error})")
            return None


def pretrained(plan: Plan, scratch: Path) -> Network:
    return open_network(plan.modality, plan.network, scratch, input_size=plan.input_size)


def compare(task: Task, source: Network, tuned: Network, scratch: Path, advance: Advance) -> Forgetting:
    """A head fitted on `source`, read on its features and on those of `tuned`, and one fitted anew on the latter."""
    fitted, read = (last_features(source, part, scratch, advance) for part in (task.fitted, task.read))
    head = head_of(task, fitted)
    before = after = refitted = accuracy(head, task, read)
    if tuned is not source:
        fitted, read = (last_features(tuned, part, scratch, advance) for part in (task.fitted, task.read))
        after, refitted = accuracy(head, task, read), accuracy(head_of(task, fitted), task, read)
    return Forgetting(task=task.name, before=before, after=after, refitted=refitted, examples=len(read))


def last_features(network: Network, part: Part, scratch: Path, advance: Advance) -> np.ndarray:
    """(rows, width): what a head on the last depth takes."""
    depth = len(network.blocks)
    return network.features(network.encode(part.raw, scratch), [depth], advance)[depth]


def head_of(task: Task, features: np.ndarray) -> Head:
    weights = np.ones(len(features), np.float32)
    return fit_head(features, task.fitted.labels, task.classes, kind="linear", weights=weights, seed=0).head


def accuracy(head: Head, task: Task, features: np.ndarray) -> float:
    return scores.accuracy(task.read.labels, head.logits(features).argmax(axis=1))
