"""Run a training plan: rows in, a model folder out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ..core import metrics
from ..core.calibration import temperature
from ..core.contracts import Dataset, Plan, Training
from ..core.dataset import Rows, read_rows
from ..core.errors import InputError
from ..core.features import kept_features
from ..core.heads import Fit, fit_head, row_weights
from ..core.networks import open_network
from ..core.networks.contract import Examples, Network
from ..core.progress import stage
from ..core.store import Store
from .tune import Tuned, tune


class Clock:
    """Seconds of each part of the step."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.stages: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.stages[name] = self.stages.get(name, 0.0) + time.monotonic() - started

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started


class Inputs:
    """The rows that may be trained on, encoded when first asked for."""

    def __init__(self, network: Network, rows: Rows, training: int, scratch: Path) -> None:
        self.network, self.rows, self.scratch = network, rows, scratch
        self.training, self.validation = np.arange(training), np.arange(training, len(rows))
        self.encoded: Examples | None = None

    def examples(self) -> Examples:
        if self.encoded is None:
            with stage("reading", len(self.rows)) as progress:
                self.encoded = self.network.encode(self.rows.raw, self.scratch, progress.advance)
        return self.encoded


def run(dataset: Dataset, plan: Plan, store: str, model: Path, scratch: Path) -> Training:
    """Train as planned on the train and validation splits, and write the model into the new folder `model`."""
    if plan.dataset != dataset.fingerprint:
        raise InputError("the plan was made for another dataset", "choose the strategy anew for this one")
    clock = Clock()
    with clock.part("open"):
        network = open_network(plan.modality, plan.network, scratch, input_size=plan.input_size)
        inputs = read_inputs(dataset, plan, network, scratch)
    with clock.part("features"):
        depth = len(network.blocks)
        kept = kept_features(Store(store), dataset.fingerprint, network, inputs.rows, [depth], inputs.examples, scratch)
    with clock.part("head"):
        fit = put_head(network, inputs, kept.of[depth], plan, len(dataset.classes))
    trained, result = 0, None
    if plan.training:
        with clock.part("training"):
            trained, result = tune(network, inputs.examples(), inputs.rows.labels, inputs.training, inputs.validation,
                                   plan, scratch)  # fmt: skip
    warmth = calibrate(network, inputs, fit, result)
    with clock.part("save"):
        network.save(model, dataset.classes)
    return report(plan, network, inputs, fit, result, trained, warmth, clock)


def read_inputs(dataset: Dataset, plan: Plan, network: Network, scratch: Path) -> Inputs:
    rows = read_rows(dataset, ("train", "validation"), scratch)
    held_out = dataset.rows("validation") if plan.training and plan.validate_split else 0
    return Inputs(network, rows, len(rows) - held_out, scratch)


def put_head(network: Network, inputs: Inputs, features: np.ndarray, plan: Plan, classes: int) -> Fit:
    """Fit the head on the training rows (all rows when frozen) and put it on the network."""
    labels = inputs.rows.labels[inputs.training]
    weights = row_weights(labels, plan.class_weights)
    with stage("head"):
        fit = fit_head(
            np.asarray(features[inputs.training]), labels, classes, kind=plan.head, weights=weights, seed=plan.seed
        )
    network.set_head(fit.head)
    return fit


def calibrate(network: Network, inputs: Inputs, fit: Fit, result: Tuned | None) -> float:
    """Divide the head by the temperature that held-out rows ask for."""
    if result is None:
        found = temperature(fit.logits, inputs.rows.labels[inputs.training][fit.held_out])
    elif result.validation_logits is not None:
        found = temperature(result.validation_logits, inputs.rows.labels[inputs.validation])
    else:
        return 1.0
    network.scale_head(1 / found)
    return found


def report(
    plan: Plan, network: Network, inputs: Inputs, fit: Fit, result: Tuned | None, trained: int, warmth: float,
    clock: Clock,
) -> Training:  # fmt: skip
    score = metrics.by_name(plan.metric)
    labels = inputs.rows.labels[inputs.training][fit.held_out]
    head_parameters = sum(w.size + b.size for w, b in fit.head.layers)
    return Training(
        strategy=plan.strategy,
        plan=plan,
        seconds=clock.seconds,
        stages=clock.stages,
        steps=result.run.steps if result else 0,
        trained_parameters=trained or head_parameters,
        total_parameters=network.total_parameters,
        head_l2=fit.l2,
        head_score=score(labels, fit.logits.argmax(1)),
        validation_score=result.run.score if result else None,
        temperature=warmth,
        curve=result.run.curve if result else (),
        device=network.device,
        number_type=network.number_type,
        stopped=result.run.stopped if result else "the head is fitted in closed form",
    )
