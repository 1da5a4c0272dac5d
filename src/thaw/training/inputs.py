"""Rows of a dataset as inputs of a plan's network."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from ..data.rows import Rows
from ..data.shards import read_rows
from ..errors import InputError
from ..networks.loading import open_network
from ..networks.protocol import Examples, Network
from ..progress import stage
from ..records import Dataset, Plan

MAX_DISK_SHARE = 0.5
"""Share of the free disk that cached activations may take."""


class Inputs:
    """The rows that may be trained on, encoded when first asked for. Validation rows, if any, come last."""

    def __init__(self, network: Network, rows: Rows, training: int, plan: Plan, scratch: Path) -> None:
        self.network, self.rows, self.plan, self.scratch = network, rows, plan, scratch
        self.training, self.validation = np.arange(training), np.arange(training, len(rows))
        self.encoded: Examples | None = None

    def examples(self) -> Examples:
        """All rows at the plan's cut, if activations can be cached there: the blocks below run once."""
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


def cached_activations(
    network: Network, examples: Examples, plan: Plan, scratch: Path, max_disk_share: float = MAX_DISK_SHARE
) -> Examples:
    """The activations at the plan's cut, or the examples themselves where those cannot be cached.

    That is so without a cut, without enough disk, and with augmentation, which changes every row each time.
    """
    if plan.training is None or plan.cut == 0 or plan.training.lora or plan.training.augment:
        return examples
    if network.activation_bytes(examples, plan.cut) > shutil.disk_usage(scratch).free * max_disk_share:
        return examples
    with stage("activations", len(examples)) as progress:
        return network.activations(examples, plan.cut, scratch, progress.advance)
