"""Thaw's side: its own `fine_tune` step, from an empty store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest import mock

from thaw.data.shards import read_rows
from thaw.networks.loading import load_model, open_network
from thaw.records import Dataset, Plan, Training
from thaw.steps.fine_tune import step as fine_tune
from thaw.training import inputs

from .sides import Clock, Measured, Task
from .tracing import Calls, record_calls
from .workload import folder, plan_of


def train(task: Task, strategy: str, store: str = "", dataset: str = "dataset.json", **changes: Any) -> Measured:
    """Train by Thaw's own plan, with `changes` to its training settings, after the same on a few rows.

    The dataset may lie elsewhere than the prepared one, which it equals in content.
    """
    rows = Dataset.read(task.work / dataset)
    plan = with_settings(plan_of(task.work, strategy), **changes)
    few = Dataset.read(task.work / "slice.json")
    run_step(
        few, with_settings(plan.model_copy(update={"dataset": few.fingerprint}), epochs=1), folder(task.scratch, "warm")
    )
    place = folder(task.scratch, "run")
    with record_opening() as network, record_calls() if rows.modality == "image" else nullcontext(Calls()) as calls:
        clock = Clock()
        training = run_step(rows, plan, place, store)
        seconds = clock.seconds - sum(network) - calls.tracing  # the other side's clock starts behind its own
    apart = {"opening": sum(network), "tracing": calls.tracing}
    return Measured(seconds, accuracy(rows, place), report(training) | apart)


@contextmanager
def record_opening() -> Iterator[list[float]]:
    """Seconds that it takes to open networks."""
    seconds: list[float] = []

    def timed(*arguments: Any, **options: Any) -> Any:
        clock = Clock()
        try:
            return open_network(*arguments, **options)
        finally:
            seconds.append(clock.seconds)

    with mock.patch.object(inputs, "open_network", timed):
        yield seconds


def run_step(dataset: Dataset, plan: Plan, place: Path, store: str = "") -> Training:
    return fine_tune.run(dataset, plan, store or str(place / "store"), place / "model", folder(place, "scratch"))


def with_settings(plan: Plan, validate_split: bool | None = None, **changes: Any) -> Plan:
    """The plan with other training settings, and perhaps without its validation split."""
    if validate_split is not None:
        plan = plan.model_copy(update={"validate_split": validate_split})
    if plan.training is None:
        return plan
    return plan.model_copy(update={"training": plan.training.model_copy(update=changes)})


def accuracy(dataset: Dataset, place: Path) -> float:
    """Accuracy of the saved model on the test rows."""
    network = load_model(place / "model")
    rows = read_rows(dataset, ("test",), folder(place, "test"))
    logits = network.logits(network.encode(rows.raw, place / "test"))
    return float((logits.argmax(1) == rows.labels).mean())


def report(training: Training) -> dict[str, Any]:
    seconds = [epoch.seconds for epoch in training.curve]
    return {
        "stages": training.stages,
        "steps": training.updates,
        "epochs": len(training.curve),
        "epoch_ends": seconds,
        "device": training.device,
        "number_type": training.compute_dtype,
        "stopped": training.stopped.text,
    }
