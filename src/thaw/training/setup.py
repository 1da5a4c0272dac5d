"""How every training begins: rows opened, the network's features taken, the head fitted on them and put on."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ..data.shards import Rows, read_rows
from ..errors import InputError
from ..heads.fit import fit_head
from ..heads.folds import row_weights
from ..heads.head import Fit
from ..heads.standardisation import StandardisedFeatures
from ..networks.features import cached_features
from ..networks.loading import open_network
from ..networks.protocol import Examples, Network
from ..progress import stage
from ..records import Dataset, FeatureDepth, Plan
from ..storage.store import Store

DISK_SHARE = 0.5
"""Of the free disk that kept activations may take."""


class StageTimer:
    """Seconds of each part of a step."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.stages: dict[str, float] = {}

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.stages[name] = self.stages.get(name, 0.0) + time.monotonic() - started

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started


class Inputs:
    """The rows that may be trained on, encoded when first asked for: validation rows, if any, come last."""

    def __init__(self, network: Network, rows: Rows, training: int, plan: Plan, scratch: Path) -> None:
        self.network, self.rows, self.plan, self.scratch = network, rows, plan, scratch
        self.training, self.validation = np.arange(training), np.arange(training, len(rows))
        self.encoded: Examples | None = None

    def examples(self) -> Examples:
        """Kept at the plan's cut where that is possible: the blocks below run once, also for the head's features."""
        if self.encoded is None:
            with stage("reading", len(self.rows)) as progress:
                encoded = self.network.encode(self.rows.raw, self.scratch, progress.advance)
            self.encoded = cached_activations(self.network, encoded, self.plan, self.scratch)
        return self.encoded


def load_inputs(dataset: Dataset, plan: Plan, scratch: Path) -> Inputs:
    """The plan's network, and the rows of the train and validation splits."""
    if plan.dataset != dataset.fingerprint:
        raise InputError("the plan was made for another dataset", "choose the strategy anew for this one")
    network = open_network(plan.modality, plan.network, scratch, input_size=plan.input_size)
    rows = read_rows(dataset, ("train", "validation"), scratch)
    held_out = dataset.rows("validation") if plan.training and plan.validate_split else 0
    return Inputs(network, rows, len(rows) - held_out, plan, scratch)


def fit_and_attach_head(inputs: Inputs, dataset: Dataset, store: str, clock: StageTimer) -> Fit:
    """Fit the head on the training rows (all rows when frozen) and put it on the network."""
    network, plan = inputs.network, inputs.plan
    reads = plan.feature_depths or (FeatureDepth(depth=len(network.blocks), weight=1.0),)
    depths = [each.depth for each in reads]
    with clock.measure("features"):
        kept = cached_features(
            Store(store), dataset.fingerprint, network, inputs.rows, depths, inputs.examples, inputs.scratch
        )
    labels = inputs.rows.labels[inputs.training]
    with clock.measure("head"), stage("head"):
        features = StandardisedFeatures(
            *(kept.by_depth[depth][: len(labels)] for depth in depths), weights=[each.weight for each in reads]
        )
        fit = fit_head(
            features,
            labels,
            len(dataset.classes),
            kind=plan.head,
            weights=row_weights(labels, plan.class_weights),
            seed=plan.seed,
            metric=plan.metric,
            initialises_training=plan.training is not None,
        )
        network.set_head(fit.head, depths)
    return fit


def cached_activations(
    network: Network, examples: Examples, plan: Plan, scratch: Path, share: float = DISK_SHARE
) -> Examples:
    """The activations at the plan's cut, or the examples themselves when there is no cut, no room for them, or
    augmentation, which makes others of every row each time."""
    if plan.training is None or plan.cut == 0 or plan.training.lora or plan.training.augment:
        return examples
    room = shutil.disk_usage(scratch).free * share
    if network.activation_bytes(examples, plan.cut) > room:
        return examples
    with stage("activations", len(examples)) as progress:
        return network.activations(examples, plan.cut, scratch, progress.advance)
