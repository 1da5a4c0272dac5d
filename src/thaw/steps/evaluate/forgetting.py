"""What training cost elsewhere: how well the network's features still serve a task that it was not trained for.

A head is fitted on the pretrained network's features of another task, and reads the same held-out rows in the features
from before and from after training (catastrophic forgetting: McCloskey & Cohen 1989). A head that is fitted again after
training distinguishes features that have moved from those that are lost (Davari et al. 2022).
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
from .other_task import TEST_ROWS, TRAIN_ROWS, Part, Task, other_task


def measure_forgetting(plan: Plan | None, tuned: Network, scratch: Path) -> Forgetting | None:
    """Compare the network that `plan` started from with what it became; None where the first cannot be opened.

    A frozen network is the pretrained one: it is not opened again.
    """
    if plan is None:
        return None
    with stage("another task", (TRAIN_ROWS + TEST_ROWS) * (2 if plan.training else 1)) as progress:
        # Hours of training may lie before this: a network that has moved, or a hub that is away, is no reason to fail.
        try:
            source = pretrained(plan, scratch) if plan.training else tuned
            return compare(other_task(plan.modality), source, tuned, scratch, progress.advance)
        except Exception as error:
            progress.log(f"not measured, for {plan.network} cannot be compared with ({error})")
            return None


def pretrained(plan: Plan, scratch: Path) -> Network:
    """The network that a training started from."""
    return open_network(plan.modality, plan.network, scratch, input_size=plan.input_size)


def compare(task: Task, source: Network, tuned: Network, scratch: Path, advance: Advance) -> Forgetting:
    """Accuracy on `task` of a head fitted on `source`, on both networks, and of one fitted again on `tuned`."""
    train, test = (last_features(source, part, scratch, advance) for part in (task.train, task.test))
    head = fit_linear(task, train)
    before = after = refitted = accuracy(head, task, test)
    if tuned is not source:
        train, test = (last_features(tuned, part, scratch, advance) for part in (task.train, task.test))
        after, refitted = accuracy(head, task, test), accuracy(fit_linear(task, train), task, test)
    return Forgetting(task=task.name, before=before, after=after, refitted=refitted, rows=len(test))


def last_features(network: Network, part: Part, scratch: Path, advance: Advance) -> np.ndarray:
    """Pooled activations after the last block, (rows, width)."""
    depth = len(network.blocks)
    return network.features(network.encode(part.raw, scratch), [depth], advance)[depth]


def fit_linear(task: Task, features: np.ndarray) -> Head:
    """A linear head on features (rows, width) of the task's training rows."""
    weights = np.ones(len(features), np.float32)
    return fit_head(features, task.train.labels, task.classes, kind="linear", weights=weights, seed=0).head


def accuracy(head: Head, task: Task, features: np.ndarray) -> float:
    """Accuracy of a head on features (rows, width) of the task's test rows."""
    return scores.accuracy(task.test.labels, head.logits(features).argmax(axis=1))
