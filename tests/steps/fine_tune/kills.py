"""A training that is killed again and again: run in processes of their own, forked from one that has the frameworks."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import time
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np

from tests.networks import harness
from thaw.records import Dataset, Training
from thaw.training.checkpoint_manager import INTERVAL_VARIABLE

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.steps.fine_tune.frameworks"])
SLACK = 2.0
"""Seconds that writing a tiny checkpoint may take while other work holds the cores."""


@dataclass(frozen=True)
class Job:
    dataset: Dataset
    model: Path
    cut: int
    epochs: int


def train(job: Job, store: str, folder: Path, interval: float) -> None:
    """One attempt of a training, with an empty disk."""
    from thaw.networks.loading import open_network
    from thaw.steps.fine_tune import step

    os.environ[INTERVAL_VARIABLE] = str(interval)
    scratch = folder / f"scratch-{os.getpid()}"
    scratch.mkdir(parents=True)
    network = open_network(job.dataset.modality, str(job.model), scratch, input_size=32)
    plan = harness.plan(
        network,
        job.cut,
        job.dataset.modality,
        epochs=job.epochs,
        patience=job.epochs,
        learning_rate=3e-4,
        head_learning_rate=3e-4,
    )
    plan = plan.model_copy(update={"dataset": job.dataset.fingerprint, "validate_split": True})
    result = step.run(job.dataset, plan, store, folder / "model", scratch)
    result.write(folder / "training.json")


def started(job: Job, store: str, folder: Path, interval: float) -> BaseProcess:
    process = PROCESSES.Process(target=train, args=(job, store, folder, interval))
    process.start()
    return process


def finished(process: BaseProcess, folder: Path) -> Training:
    process.join(240)
    assert process.exitcode == 0
    return Training.read(folder / "training.json")


def kill(process: BaseProcess, store: Path, interval: float, wait: float, early: bool) -> int:
    """SIGKILL, `wait` seconds after the training's beginning (where it is `early`) or its first checkpoint. At most an
    interval is lost. The steps of the newest checkpoint."""
    began = time.time()
    while not (early and holder(store).get("pid") == process.pid) and not written_by(process, store):
        assert process.is_alive()
        assert time.time() - began < 120
        time.sleep(0.02)
    began = time.time()
    process.join(wait)
    assert process.is_alive(), "it was done before it could be killed"
    process.kill()
    killed = time.time()
    process.join()
    names = document(store).get("content", {}).get("checkpoints", [])
    newest = max((file.stat().st_mtime for file in store.rglob("state.npz") if file.parent.name in names), default=0)
    assert early or killed - newest <= interval + SLACK
    return int(names[0].split("-")[0]) if names else 0


def document(store: Path) -> dict:
    found = list(store.glob("checkpoints/*/latest.json"))
    return json.loads(found[0].read_text()) if found else {}


def holder(store: Path) -> dict:
    return document(store).get("holder") or {}


def written_by(process: BaseProcess, store: Path) -> bool:
    """Whether the newest checkpoint is of this process."""
    names, whose = document(store).get("content", {}).get("checkpoints", [""]), holder(store)
    return whose.get("pid") == process.pid and names[0].endswith(whose["id"][:8])


def weights(folder: Path) -> dict[str, str]:
    """SHA-256 of the files of a model."""
    files = sorted(file for file in (folder / "model").rglob("*") if file.is_file())
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def survives(job: Job, folder: Path, kills: int, interval: float, longest: float) -> None:
    """Killed at random moments, and killed while nothing but checkpoints is written, the training ends in the bits of
    one that nobody disturbed."""
    undisturbed = started(job, str(folder / "store"), folder / "undisturbed", 3600.0)
    store, random, steps = folder / "other store", np.random.default_rng(kills), [0]
    for number in range(kills):
        every = 0.0 if number % 3 == 2 else interval
        process = started(job, str(store), folder / "killed", every)
        steps.append(kill(process, store, every, random.uniform(0, longest), early=number == 0))
    assert steps == sorted(steps)
    expected = finished(undisturbed, folder / "undisturbed")
    training = finished(started(job, str(store), folder / "killed", interval), folder / "killed")
    assert steps[-1] > 0
    assert training.resumed[-1] == steps[-1]
    assert set(training.resumed) <= {*steps}
    assert training.updates == expected.updates
    assert [epoch.loss for epoch in training.curve] == [epoch.loss for epoch in expected.curve]
    assert weights(folder / "killed") == weights(folder / "undisturbed")
