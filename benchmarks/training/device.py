"""On an NVIDIA GPU: how long full fine-tuning waits for data, and what share of the device's matrix rate it reaches.

BERT-base shapes with random weights, 256 tokens a row; the rate is that of a bfloat16 product of 8192 × 8192 matrices,
measured in the same process. Operations are counted as 6 for each weight of the layers and token, and 12 × layers ×
width × tokens of a row for attention (Chowdhery et al. 2022, appendix B).
"""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from statistics import median
from typing import Any
from unittest import mock

from .rows import Line, Row, Runs, median_of
from .sides import Measured, Task

ROWS, TOKENS, EPOCHS = 8000, 256, 3
SIDE, PRODUCTS = 8192, 50


def absent() -> str:
    """Why this row cannot be measured here; empty where it can."""
    listed = which("nvidia-smi") and subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True).stdout
    return "" if listed and "GPU" in listed else "no NVIDIA GPU here"


def measure(task: Task) -> Measured:
    from thaw.records import Dataset, Profile

    from . import thaw_side, workload

    data, network = texts(task.work / "texts.csv"), base_network(task.work / "network")
    workload.prepare(Task(task.work, task.scratch, {"data": str(data), "network": str(network)}))
    dataset = Dataset.read(task.work / "dataset.json")
    plan = thaw_side.with_settings(workload.plan_of(task.work, "full"), validate_split=False, epochs=EPOCHS)
    with record_waits() as waits:
        training = thaw_side.run_step(dataset, plan, workload.folder(task.scratch, "run"))
    ends = [epoch.seconds for epoch in training.curve]
    epochs, rows = len(ends) - 1, dataset.rows("train") + dataset.rows("validation")
    layers = sum(block.parameters for block in Profile.read(task.work / "profile.json").network.blocks[1:])
    each = 6 * layers + 12 * 12 * 768 * TOKENS
    rate = each * rows * TOKENS * epochs / (ends[-1] - ends[0])
    details = {"waiting": sum(waits) / ends[-1], "rate": rate, "matrix_rate": matrix_rate(), "device": training.device}
    return Measured(ends[-1], details=details)


def texts(path: Path) -> Path:
    from tests.networks.tiny import WORDS

    source = random.Random(0)
    rows = (f"{' '.join(source.choices(WORDS, k=TOKENS - 3))} {i},{i % 2}\n" for i in range(ROWS))
    path.write_text("text,label\n" + "".join(rows))
    return path


def base_network(folder: Path) -> Path:
    """Random weights; the tiny network's tokenizer gives a token a word."""
    import torch
    import transformers

    from tests.networks import tiny

    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny.text_folder(folder))
    tokenizer.model_max_length = 512
    torch.manual_seed(0)
    transformers.BertModel(transformers.BertConfig()).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@contextmanager
def record_waits() -> Iterator[list[float]]:
    """Seconds for which the training loop waited for each of its batches."""
    from thaw.data.prefetch import prefetch
    from thaw.training import batches as module

    waits: list[float] = []

    def timed(*given: Any, **options: Any) -> Iterator[Any]:
        batches = prefetch(*given, **options)
        while True:
            started = time.perf_counter()
            batch = next(batches, None)
            waits.append(time.perf_counter() - started)
            if batch is None:
                return
            yield batch

    with mock.patch.object(module, "prefetch", timed):
        yield waits


def matrix_rate() -> float:
    """Operations a second."""
    import torch

    a, b = (torch.randn(SIDE, SIDE, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    for _ in range(5):
        a @ b
    torch.cuda.synchronize()
    started = time.perf_counter()
    for _ in range(PRODUCTS):
        a @ b
    torch.cuda.synchronize()
    return 2 * SIDE**3 * PRODUCTS / (time.perf_counter() - started)


def judge(runs: Runs, facts: dict[str, Any]) -> list[Line]:
    total = median_of(runs, "device:measure")
    waits, rate, device_rate = (
        median(run["details"][key] for run in runs["device:measure"]) for key in ("waiting", "rate", "matrix_rate")
    )
    share, tera = rate / device_rate, 1e12
    return [
        Line("device, waiting for data", total, waits * total, waits, "< 0.05", waits < 0.05),
        Line("device, matrix rate", device_rate / tera, rate / tera, share, "≥ 0.4", share >= 0.4, unit="TFLOP/s"),
    ]


ROW = Row("device", "", ("device:measure",), judge, absent=absent)
