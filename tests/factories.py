"""Records as the steps before would have written them, for tests that need one and do not care what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from thaw.data.shards import schema, write_shards
from thaw.records import (
    Candidate,
    Completed,
    Dataset,
    Decision,
    Evaluation,
    Interval,
    Modality,
    Plan,
    Release,
    Split,
    Strategy,
    Training,
)

DATASET = "ab" * 32
MODEL = "cd" * 32
STRATEGIES: tuple[Strategy, ...] = ("frozen", "partial", "lora", "full")


def dataset(**fields: Any) -> Dataset:
    """Ten training rows of two classes of texts."""
    defaults: dict[str, Any] = {
        "modality": "text",
        "classes": ("bad", "good"),
        "counts": {"train": (5, 5)},
        "shards": {},
        "fingerprint": DATASET,
        "source": "made up",
        "split_given": False,
        "duplicates": 0,
        "leaked": 0,
        "rejected": 0,
        "rejected_uri": "",
    }
    return Dataset(**{**defaults, **fields})


Row = tuple[str, int, bytes, str]
"""Id, label, content, source."""


def shards(rows: Sequence[Row], modality: Modality, folder: Path, split: Split) -> list[str]:
    """Rows, ordered by id, as shards in a folder; the file names."""
    ids, labels, contents, sources = zip(*rows, strict=True) if rows else ((), (), (), ())
    decoded = [content.decode() if modality == "text" else content for content in contents]
    columns: dict[str, Any] = {"id": ids, "label": labels, "content": decoded, "source": sources}
    table = pa.table({name: pa.array(values, schema(modality).field(name).type) for name, values in columns.items()})
    sizes = np.array([len(content) for _, _, content, _ in rows], np.int64)
    return write_shards(sizes, lambda part: table[part.start : part.stop], folder, split, modality)


def plan(strategy: Strategy = "frozen", seed: int = 0) -> Plan:
    return Plan(
        strategy=strategy,
        dataset=DATASET,
        network="net",
        modality="text",
        input_size=64,
        cut=0,
        cut_block="",
        head="linear",
        metric="accuracy",
        validate_split=True,
        training=None,
        class_weights=(),
        seed=seed,
    )


def decision(chosen: Strategy, among: Sequence[Strategy] = STRATEGIES) -> Decision:
    candidates = [
        Candidate(strategy=name, score=0.8, low=0.7, high=0.9, cost_seconds=10.0, expected_loss=0.0) for name in among
    ]
    return Decision(
        strategy=chosen,
        forced=False,
        prefer="cost",
        metric="accuracy",
        candidates=tuple(candidates),
        reasons=(),
        counterfactuals=(),
        doubts=(),
        pilots=(),
        neighbours=(),
        cost_device="cpu",
        plan=plan(chosen),
    )


def training(strategy: Strategy = "frozen", seed: int = 0, seconds: float = 10.0) -> Training:
    return Training(
        strategy=strategy,
        plan=plan(strategy, seed),
        seconds=seconds,
        stages={},
        updates=1,
        trained_parameters=1,
        total_parameters=2,
        head_l2=1.0,
        head_score=0.5,
        validation_score=None,
        temperature=1.0,
        curve=(),
        device="cpu",
        compute_dtype="float32",
        stopped=Completed(epochs=1),
    )


def evaluation(score: float = 0.9, **fields: Any) -> Evaluation:
    """An evaluation on 400 test rows, each score with its 95% interval."""
    half = 1.96 * (score * (1 - score) / 400) ** 0.5
    interval = Interval(value=score, low=score - half, high=score + half)
    defaults: dict[str, Any] = {
        "accuracy": score,
        "balanced_accuracy": score,
        "macro_f1": score,
        "log_loss": 0.5,
        "ece": 0.1,
        "examples": 400,
        "train_accuracy": 1.0,
        "train_rows": 400,
        "forgetting": None,
        "intervals": {"accuracy": interval, "balanced_accuracy": interval},
        "majority": 0.5,
        "baselines": (),
        "classes": ("bad", "good"),
        "confusion": ((1, 0), (0, 1)),
        "per_class": (),
        "calibration": (),
        "mistakes": (),
        "champion": None,
        "passed": True,
        "gate": (),
        "dataset": DATASET,
        "model": MODEL,
        "seconds": 1.0,
    }
    return Evaluation(**{**defaults, **fields})


def release(**fields: Any) -> Release:
    defaults: dict[str, Any] = {
        "name": "reviews",
        "version": MODEL,
        "uri": f"registry/models/reviews/versions/{MODEL}",
        "previous": "",
        "checksums": {},
        "dataset": DATASET,
        "strategy": "lora",
        "network": "net",
        "accuracy": 0.9,
        "released_at": "2026-01-01T00:00:00+00:00",
    }
    return Release(**{**defaults, **fields})
