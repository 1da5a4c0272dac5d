"""Two processes on loopback, as two GPUs of a node would train together."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.networks import harness, tiny
from thaw.errors import InputError
from thaw.networks.loading import open_network
from thaw.networks.torch.parallel import ParallelTuner
from thaw.networks.torch.tuner import TextTuner

RAW, _LABELS = tiny.texts(12)
LABELS = np.array(_LABELS)
BATCHES = [np.arange(7), np.arange(5, 12), np.array([3]), np.arange(12)[::-1]]
"""Batches of even and odd sizes, and one of a single row, which leaves a process without any."""
WEIGHTS = np.linspace(0.5, 2.0, 12)


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network without dropout."""
    folder = tiny.text_folder(tmp_path_factory.mktemp("still"))
    config = json.loads((folder / "config.json").read_text())
    config |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def opened(folder: Path, scratch: Path) -> Any:
    network = open_network("text", str(folder), scratch, input_size=32)
    network.compute_dtype = "float32"
    examples = network.encode(RAW, scratch)
    harness.headed(network, examples)
    return network, examples


@contextmanager
def finished(tuner: Any) -> Iterator[Any]:
    try:
        yield tuner
    finally:
        tuner.finish()


def updated(tuner: Any, examples: Any, batches: Any = BATCHES) -> list[float]:
    return [
        float(tuner.update(tuner.prepare(examples.take(rows)), LABELS[rows], WEIGHTS[rows], 1.0)) for rows in batches
    ]


def test_two_processes_take_the_steps_of_one(still: Path, tmp_path: Path) -> None:
    network, examples = opened(still, tmp_path)
    plan = harness.plan(network, 0, "text", dropout=0.0)
    alone = TextTuner(network, plan)
    expected = updated(alone, examples)
    after = alone.variables()
    network, _ = opened(still, tmp_path)
    with finished(ParallelTuner(network, plan, 2)) as together:
        found = updated(together, examples)
        np.testing.assert_allclose(found, expected, atol=1e-4)
        assert abs(expected[0] - expected[-1]) > 1e-3
        for name, value in together.variables().items():
            np.testing.assert_allclose(value, after[name], atol=1e-4, err_msg=name)
    assert np.isfinite(network.logits(examples)).all()


def test_all_processes_go_on_from_a_state(still: Path, tmp_path: Path) -> None:
    network, examples = opened(still, tmp_path)
    examples = network.activations(examples, 2, tmp_path)
    plan = harness.plan(network, 2, "text", dropout=0.0)
    with finished(ParallelTuner(network, plan, 2)) as together:
        start = together.variables()
        updated(together, examples, BATCHES[:1])
        state = together.state_dict()
        losses = updated(together, examples, BATCHES[1:])
        expected = together.variables()
        together.load_state_dict(state)
        together.prepare(examples.take(BATCHES[0]))  # in vain, as when an epoch is cut short
        assert updated(together, examples, BATCHES[1:]) == losses
        assert [name for name, value in together.variables().items() if not np.array_equal(value, expected[name])] == []
        together.assign(start)
        first = updated(together, examples, BATCHES[:1])
    network, _ = opened(still, tmp_path)
    np.testing.assert_allclose(first, updated(TextTuner(network, plan), examples, BATCHES[:1]), atol=1e-4)


def test_a_process_that_dies_ends_the_training_with_an_error(still: Path, tmp_path: Path) -> None:
    network, examples = opened(still, tmp_path)
    together = ParallelTuner(network, harness.plan(network, 0, "text"), 2)
    try:
        updated(together, examples, BATCHES[:1])
        together.others[0].process.send_signal(signal.SIGKILL)
        with pytest.raises(ChildProcessError, match="rank 1 with code -9"):
            updated(together, examples)
    finally:
        together.finish()
    harness.steps(network, harness.plan(network, 0, "text"), examples, LABELS, 1).finish()


DIE = """
import os, signal, sys
from pathlib import Path
from tests.networks import harness
from tests.networks.torch.test_text_parallel import BATCHES, ParallelTuner, opened, updated
network, examples = opened(Path(sys.argv[1]), Path(sys.argv[2]))
together = ParallelTuner(network, harness.plan(network, 0, "text"), 2)
updated(together, examples, BATCHES[:1])
print(together.others[0].process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_other_processes_end_with_the_one_that_started_them(still: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", DIE, str(still), str(tmp_path)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=120)
    assert ended.returncode == -signal.SIGKILL
    worker, last = int(ended.stdout.split()[-1]), time.monotonic() + 20
    while time.monotonic() < last and runs(worker):
        time.sleep(0.1)
    assert not runs(worker)


def runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_several_nodes_are_refused(still: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network, _ = opened(still, tmp_path)
    monkeypatch.setenv("PET_NNODES", "1:2")
    with pytest.raises(InputError, match="one node"):
        network.tuner(harness.plan(network, 0, "text"))
