"""Run a training plan: rows in, a model folder out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
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
from .tune import Job, Tuned, at_the_cut, tune


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
            self.encoded = at_the_cut(self.network, encoded, self.plan, self.scratch)
        return self.encoded


def run(
    dataset: Dataset,
    plan: Plan,
    store: str,
    model: Path,
    scratch: Path,
    log: Callable[[Path], None] = lambda folder: None,
) -> Training:
    """Train as planned on the train and validation splits, and write the model into the new folder `model`.

    `log` is given a folder of TensorBoard files whenever there is more in it.
    """
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
    result = None
    if plan.training:
        with clock.part("training"):
            job = Job(inputs.examples(), inputs.rows.labels, inputs.training, inputs.validation, plan)
            result = tune(network, job, store, scratch, log)
    warmth = calibrate(network, inputs, fit, result)
    with clock.part("save"):
        network.save(model, dataset.classes)
    return report(plan, network, inputs, fit, result, warmth, clock)


def read_inputs(dataset: Dataset, plan: Plan, network: Network, scratch: Path) -> Inputs:
    rows = read_rows(dataset, ("train", "validation"), scratch)
    held_out = dataset.rows("validation") if plan.training and plan.validate_split else 0
    return Inputs(network, rows, len(rows) - held_out, plan, scratch)


def put_head(network: Network, inputs: Inputs, features: np.ndarray, plan: Plan, classes: int) -> Fit:
    """Fit the head on the training rows (all rows when frozen) and put it on the network."""
    labels = inputs.rows.labels[inputs.training]
    weights = row_weights(labels, plan.class_weights)
    with stage("head"):
        fit = fit_head(
            features[: len(labels)], labels, classes,
            kind=plan.head, weights=weights, seed=plan.seed, metric=plan.metric,
        )  # fmt: skip
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
    plan: Plan, network: Network, inputs: Inputs, fit: Fit, result: Tuned | None, warmth: float, clock: Clock
) -> Training:
    score = metrics.by_name(plan.metric)
    labels = inputs.rows.labels[inputs.training][fit.held_out]
    head_parameters = sum(w.size + b.size for w, b in fit.head.layers)
    run = result.run if result else None
    return Training(
        strategy=plan.strategy,
        plan=plan,
        seconds=clock.seconds + (run.earlier_seconds if run else 0.0),
        resumed=run.resumed if run else (),
        stages=clock.stages,
        steps=run.steps if run else 0,
        trained_parameters=result.trained_parameters if result else head_parameters,
        total_parameters=network.total_parameters,
        head_l2=fit.l2,
        head_score=score(labels, fit.logits.argmax(1)),
        validation_score=run.score if run else None,
        temperature=warmth,
        curve=run.curve if run else (),
        device=network.device,
        number_type=network.number_type,
        stopped=run.stopped if run else "the head is fitted in closed form",
    )
