"""The data and the network of a comparison, laid out once for both sides.

`dataset.json`, `profile.json` and the store are Thaw's own, made by its own steps. Beside them stands what the textbook
begins with: the same rows as files, `rows.json`, and for images the same network as a plain Keras model. `slice.json`
is a dataset of a few batches, for warming up.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from thaw.data.shards import read_rows
from thaw.records import SPLITS, Dataset, Modality, Plan, Profile
from thaw.steps.choose import step as choose_strategy
from thaw.steps.ingest import step as ingest
from thaw.steps.profile import step as profile_dataset

from .sides import Measured, Task

SLICE = 96
"""Rows to warm up on: three batches."""


def prepare(task: Task) -> Measured:
    """A side that is not timed: everything below `task.work`. Options: data and network."""
    store = str(task.work / "store")
    dataset = ingest.run(task.options["data"], store, folder(task.scratch, "ingest"))
    profile = profile_dataset.run(dataset, task.options["network"], store, folder(task.scratch, "profile"))
    dataset.write(task.work / "dataset.json")
    profile.write(task.work / "profile.json")
    rows = export_rows(dataset, task.work, folder(task.scratch, "rows"))
    few = write_slice(dataset.modality, rows, task.work)
    ingest.run(str(few), store, folder(task.scratch, "slice")).write(task.work / "slice.json")
    if dataset.modality == "image":
        export_network(profile, task.work, folder(task.scratch, "network"))
    facts = {"modality": dataset.modality, "median": profile.extent.median, "mean_length": profile.mean_length}
    return Measured(0.0, details=facts | {"input_size": profile.network.input_size, "rows": profile.rows})


def modality(task: Task) -> Measured:
    """A side that is not timed: what the data are of."""
    return Measured(0.0, details={"modality": ingest.run(task.options["data"], str(task.scratch), task.work).modality})


def folder(parent: Path, name: str) -> Path:
    path = parent / name
    path.mkdir()
    return path


def export_rows(dataset: Dataset, work: Path, scratch: Path) -> dict[str, Any]:
    """Texts (or paths of image files) and labels by split; also written to `rows.json`."""
    exported: dict[str, Any] = {}
    for split in SPLITS:
        rows = read_rows(dataset, [split], scratch)
        raw: list[str] = [rows.raw[i] for i in range(len(rows))]
        if dataset.modality == "image":
            place = work / "images" / split
            place.mkdir(parents=True)
            raw = [write_file(place / f"{i:06}", content) for i, content in enumerate(raw)]
        exported[split] = {"raw": raw, "labels": rows.labels.tolist()}
    (work / "rows.json").write_text(json.dumps(exported))
    return exported


def write_file(path: Path, content: Any) -> str:
    path.write_bytes(content)
    return str(path)


def write_slice(modality: Modality, rows: dict[str, Any], work: Path) -> Path:
    """Training rows of all classes as a source of their own."""
    labels = np.array(rows["train"]["labels"])
    order = np.argsort([int((labels[:i] == label).sum()) for i, label in enumerate(labels)], kind="stable")
    chosen: Sequence[int] = order[: max(SLICE, 5 * len(set(labels)))].tolist()
    if modality == "text":
        with (work / "slice.csv").open("w", newline="") as file:
            csv.writer(file).writerows(
                [("text", "label"), *((rows["train"]["raw"][i], str(labels[i])) for i in chosen)]
            )
        return work / "slice.csv"
    for i in chosen:
        source = Path(rows["train"]["raw"][i])
        target = work / "slice" / str(labels[i]) / f"{source.name}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    return work / "slice"


def export_network(profile: Profile, work: Path, scratch: Path) -> None:
    """`base.keras` at the profile's input size, and `base.json`: normalisation, and where the last third begins."""
    import keras

    from thaw.networks.keras.blocks import split
    from thaw.networks.loading import open_network

    network: Any = open_network("image", profile.network.reference, scratch, input_size=profile.network.input_size)
    base = keras.Model(network.backbone.inputs[0], network.backbone.outputs[0])
    base.save(work / "base.keras")
    blocks = [model for _, model in split(base)]
    cut = last_third(len(profile.network.blocks))
    below = blocks[cut - 1].outputs[0]._keras_history.operation.name
    above = [layer.name for block in blocks[cut:] for layer in block.layers]
    normalise = {"mean": network.preprocessing.mean, "scale": network.preprocessing.scale}
    facts = normalise | {"size": network.input_size, "below": below, "trained": above}
    (work / "base.json").write_text(json.dumps(facts))


def last_third(blocks: int) -> int:
    """The cut below the last third.

    >>> last_third(18)
    12
    """
    return blocks * 2 // 3


def plan_of(work: Path, strategy: str) -> Plan:
    """Thaw's own plan for the dataset; partial with its cut below the last third."""
    profile = Profile.read(work / "profile.json")
    blocks = profile.network.blocks
    begin = blocks[last_third(len(blocks))].name if strategy == "partial" else ""
    dataset = Dataset.read(work / "dataset.json")
    return choose_strategy.run(dataset, profile, strategy=strategy, train_from=begin).plan


def labelled(work: Path, *splits: str) -> tuple[list[str], np.ndarray]:
    """Texts or image paths of the splits, and labels (rows,)."""
    rows = json.loads((work / "rows.json").read_text())
    raw = [item for split in splits for item in rows[split]["raw"]]
    return raw, np.array([label for split in splits for label in rows[split]["labels"]])
