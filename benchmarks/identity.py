"""`python -m benchmarks.identity OLD NEW`: whether two versions of the code came to the same, bit for bit.

OLD and NEW are output folders of `thaw example`, each run from an empty store. Compared are the numbers of the records,
the tensors of the model, and the loss on the test rows that this code computes with each model. Prints the first
difference of each and exits with 1 if there is any. Left out are times, places, and sentences.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

from thaw.data.shards import read_rows
from thaw.metrics.scores import log_loss
from thaw.networks.loading import load_model
from thaw.records import Dataset, Decision, Document, Evaluation, Profile, Training

RECORDS: dict[str, type[Document]] = {
    "dataset.json": Dataset,
    "profile.json": Profile,
    "decision.json": Decision,
    "training.json": Training,
    "evaluation.json": Evaluation,
}
TIMES = {"seconds", "cost_seconds", "forward_seconds_per_row", "stages"}
PLACES = {"shards", "rejected_uri", "source", "network", "reference", "start_from", "model"}
FACTS = {"reasons", "counterfactuals", "doubts", "gate", "stopped", "text"}
"""Sentences in version 1."""
NEW_KEYS = {"bin_edges", "resamples"}
"""Keys that version 1 lacks."""
LEFT_OUT = TIMES | PLACES | FACTS | NEW_KEYS


def main() -> int:
    old, new = (Path(argument) for argument in sys.argv[1:3])
    checks = {"records": record_differences, "tensors": tensor_differences, "logits": loss_differences}
    different = False
    for name, check in checks.items():
        first = next(check(old, new), "")
        print(f"{name:<8} {first or 'equal'}")
        different = different or bool(first)
    return int(different)


def record_differences(old: Path, new: Path) -> Iterator[str]:
    for name, record in RECORDS.items():
        before, after = (dict(numbers(record.read(folder / name).model_dump())) for folder in (old, new))
        yield from differences(name, before, after)


def numbers(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a record by its path, but for those left out.

    >>> dict(numbers({"a": [{"b": 1.0, "seconds": 2.0}]}))
    {'.a.0.b': 1.0}
    """
    if isinstance(value, dict):
        for key, child in value.items():
            if key not in LEFT_OUT:
                yield from numbers(child, f"{path}.{key}")
    elif isinstance(value, (list, tuple)):
        for place, child in enumerate(value):
            yield from numbers(child, f"{path}.{place}")
    else:
        yield path, value


def tensor_differences(old: Path, new: Path) -> Iterator[str]:
    before, after = (
        {name: (value.dtype.str, value.shape, value.tobytes()) for name, value in tensors(folder / "model")}
        for folder in (old, new)
    )
    yield from differences("model", before, after)


def tensors(folder: Path) -> Iterator[tuple[str, np.ndarray]]:
    from safetensors.numpy import load_file

    for file in sorted(folder.glob("*.safetensors")):
        yield from load_file(file).items()
    for file in sorted(folder.glob("*.keras")):
        yield from keras_tensors(file)


def keras_tensors(file: Path) -> Iterator[tuple[str, np.ndarray]]:
    import h5py

    with zipfile.ZipFile(file) as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as weights:
        found: list[tuple[str, np.ndarray]] = []
        weights.visititems(lambda name, item: found.append((name, item[()])) if hasattr(item, "dtype") else None)
        yield from found


def loss_differences(old: Path, new: Path) -> Iterator[str]:
    """Each model under this code, against the loss that the code which trained it has recorded."""
    for folder in (old, new):
        recorded = Evaluation.read(folder / "evaluation.json").log_loss
        yield from differences(str(folder), {"log loss": recorded}, {"log loss": loss(folder)})


def loss(folder: Path) -> float:
    with tempfile.TemporaryDirectory() as scratch:
        rows = read_rows(Dataset.read(folder / "dataset.json"), ("test",), Path(scratch))
        network = load_model(folder / "model")
        return log_loss(rows.labels, network.logits(network.encode(rows.raw, Path(scratch))))


def differences(name: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """What differs between two dictionaries.

    >>> list(differences("file", {"a": 1, "b": 2}, {"a": 1, "b": 3}))
    ['file b: 2 before, 3 after']
    """
    for key in sorted(before.keys() | after.keys()):
        one, other = before.get(key), after.get(key)
        if one != other:
            yield f"{name} {key}: {description(one)} before, {description(other)} after"


def description(value: Any) -> str:
    """A value in a line; of a tensor, its type and shape."""
    return f"other bits of {value[:2]}" if isinstance(value, tuple) else repr(value)


if __name__ == "__main__":
    sys.exit(main())
