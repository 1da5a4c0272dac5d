"""Pilots of tiny networks, and the trainings that go on from them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.networks import harness
from tests.steps.fine_tune.kills import PROCESSES, finished, weights
from thaw.records import Dataset, Pilot, Plan, Training
from thaw.training.checkpoint_manager import INTERVAL_VARIABLE


@dataclass(frozen=True)
class Job:
    dataset: Dataset
    model: Path
    rate: float
    """A learning rate at which the validation loss falls to the end, so that the last epochs' weights are kept."""
    lora: bool = False


def images(folder: Path) -> Path:
    """120 images of two classes; in one the upper half is a little brighter than the lower."""
    random = np.random.default_rng(0)
    for row in range(120):
        pixels = random.integers(0, 160, (32, 32, 3), dtype=np.uint8)
        pixels[:16] += np.uint8(row % 2 * 80)
        (folder / f"class{row % 2}").mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / f"class{row % 2}" / f"{row:03}.png")
    return folder


def plan_of(job: Job, scratch: Path, epochs: int = 7, **changes: Any) -> Plan:
    from thaw.networks.loading import open_network

    network = open_network(job.dataset.modality, str(job.model), scratch, input_size=32)
    training = {
        "epochs": epochs,
        "patience": epochs,
        "learning_rate": job.rate,
        "head_learning_rate": job.rate,
    } | changes
    plan = harness.plan(network, 0 if job.lora else 1, job.dataset.modality, job.lora, **training)
    return plan.model_copy(update={"dataset": job.dataset.fingerprint, "validate_split": True})


def piloted(job: Job, plan: Plan, store: str, folder: Path, **options: Any) -> tuple[Pilot, Plan]:
    from thaw.steps.choose.pilot import run_pilot

    folder.mkdir(parents=True, exist_ok=True)
    return run_pilot(job.dataset, plan, store, folder, **options)


def tuned(job: Job, plan: Plan, store: str, folder: Path) -> tuple[Training, dict[str, str]]:
    """The training, in a process of its own as on a cluster, and the SHA-256 of the files of its model."""
    process = PROCESSES.Process(target=tune, args=(job, plan, store, folder))
    process.start()
    return finished(process, folder), weights(folder)


def tune(job: Job, plan: Plan, store: str, folder: Path) -> None:
    from thaw.steps.fine_tune import step

    (folder / "scratch").mkdir(parents=True)
    step.run(job.dataset, plan, store, folder / "model", folder / "scratch").write(folder / "training.json")


def killed(job: Job, plan: Plan, store: str, folder: Path, updates: int) -> None:
    """A pilot with a checkpoint as often as one can be written, for a process that is to be killed."""
    os.environ[INTERVAL_VARIABLE] = "0"
    piloted(job, plan, store, folder, updates=updates)
