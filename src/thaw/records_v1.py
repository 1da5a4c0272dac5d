"""Files of schema version 1, as data of version 2: what Thaw 0.1 released stays readable.

Version 2 takes the field's words for some keys, and facts where version 1 had sentences.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Data = dict[str, Any]


def upgrade(document: str, data: Data) -> Data:
    """The content of a file as version 2 has it. `document` is the name of its class in `records`.

    >>> upgrade("Profile", {"schema_version": 1, "raw": 0.7})
    {'schema_version': 2, 'input_baseline': 0.7}
    """
    change = CHANGES.get(document)
    return {**(change(data) if change else data), "schema_version": 2}


def rename_keys(data: Data, names: Mapping[str, str]) -> Data:
    """The record with some keys renamed, in their places."""
    return {names.get(key, key): value for key, value in data.items()}


def sentence(text: str) -> Data:
    """What version 1 said in words alone, as a fact."""
    return {"kind": "sentence", "text": text}


def _profile(data: Data) -> Data:
    return rename_keys(data, {"raw": "input_baseline"})


def _plan(data: Data) -> Data:
    names = {
        "rate": "learning_rate",
        "head_rate": "head_learning_rate",
        "rate_decay": "layer_decay",
        "batch": "batch_size",
        "warmup": "warmup_ratio",
        "clip": "max_grad_norm",
    }
    plan = rename_keys(data, {"reads": "feature_depths"})
    return {**plan, "training": rename_keys(plan["training"], names) if plan["training"] else None}


def facts(sentences: Iterable[str]) -> list[Data]:
    """Sentences as facts that say nothing else."""
    return [sentence(text) for text in sentences]


def _decision(data: Data) -> Data:
    pilots = [rename_keys(pilot, {"steps": "updates"}) for pilot in data["pilots"]]
    sentences = {key: facts(data[key]) for key in ("reasons", "flips", "doubts")}
    return rename_keys({**data, **sentences, "pilots": pilots}, {"flips": "counterfactuals", "nearest": "neighbours"})


def _training(data: Data) -> Data:
    curve = [rename_keys(epoch, {"steps": "updates", "rate": "learning_rate"}) for epoch in data["curve"]]
    training = rename_keys({**data, "curve": curve}, {"steps": "updates", "number_type": "compute_dtype"})
    return {**training, "stopped": sentence(data["stopped"])}


def _evaluation(data: Data) -> Data:
    """The evaluation with what version 1 left out because it never varied: 15 bins of confidence, 1,000 resamples."""
    rows = {"examples": "rows"}
    bins = [rename_keys({**each, **_edges(each["confidence"])}, rows) for each in data["calibration"]]
    changed = {
        "calibration": bins,
        "per_class": [rename_keys(score, rows) for score in data["per_class"]],
        "forgetting": data["forgetting"] and rename_keys(data["forgetting"], rows),
        "champion": data["champion"] and {**data["champion"], "resamples": 1000},
        "gate": [sentence(text) for text in data["gate"]],
    }
    return rename_keys({**data, **changed}, {"train_examples": "train_rows"})


def _edges(confidence: float, bins: int = 15) -> Data:
    """Bounds of the bin of a confidence, which lies above `low` and not above `high`."""
    number = min(max(math.ceil(confidence * bins), 1), bins)
    return {"low": (number - 1) / bins, "high": number / bins}


def _leaderboard(data: Data) -> Data:
    return rename_keys(data, {"examples": "test_rows"})


CHANGES: dict[str, Callable[[Data], Data]] = {
    "Profile": _profile,
    "Plan": _plan,
    "Decision": _decision,
    "Training": _training,
    "Evaluation": _evaluation,
    "Leaderboard": _leaderboard,
}
