"""Rows to look at, one by one: labels that are probably wrong, and rows unlike all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ...data.excerpts import data_uri, excerpt
from ...data.rows import Rows
from ...metrics.confident_learning import claiming_classes, margins
from ...records import Dataset, Findings, Suspect
from . import geometry
from .hardest import hardest_classes

FILE = "suspects.parquet"
MAX_SHOWN = 24
"""Suspects of each kind in the profile itself."""


@dataclass(frozen=True)
class Suspects:
    """Suspects of one kind, from the worst down."""

    places: np.ndarray
    """(suspects,) int: the rows."""
    margins: np.ndarray
    """(suspects,)."""
    claimed_by: np.ndarray
    """(suspects,) int: a class; -1 for outliers."""


def suspect_labels(predictions: np.ndarray, labels: np.ndarray) -> Suspects:
    """Rows that another class confidently claims; held-out predictions (rows, classes), labels (rows,) int."""
    claimed_by = claiming_classes(predictions, labels)
    margin = margins(predictions, labels, claimed_by)
    return _worst_first(np.flatnonzero(claimed_by >= 0), margin, claimed_by)


def outliers(products: np.ndarray) -> Suspects:
    """Rows far from their nearest neighbours; inner products (rows, rows) of the features."""
    distances = geometry.neighbour_distances(products)
    relative = distances / max(float(np.median(distances)), 1e-12)
    return _worst_first(np.flatnonzero(geometry.far_out(relative)), relative, np.full(len(relative), -1))


def findings(
    sample: Rows, dataset: Dataset, predictions: np.ndarray, labels: Suspects, strange: Suspects, unfit: np.ndarray
) -> Findings:
    """The record of what was found; sample holds the rows that were predicted, unfit (sampled rows,) bool."""
    shown = [*_records(sample, dataset, labels), *_records(sample, dataset, strange)]
    return Findings(
        suspect_labels=len(labels.places),
        outliers=len(strange.places),
        suspects=tuple(shown),
        file=FILE,
        hardest=hardest_classes(sample.labels, predictions.argmax(1), dataset.classes),
        unfit=int(unfit.sum()),
        unfit_share=float(unfit.mean()),
    )


def table(sample: Rows, classes: Sequence[str], labels: Suspects, strange: Suspects) -> pa.Table:
    """All suspects: id, source, label, claimed_by, margin, kind; those of each kind from the worst down."""
    places = [*labels.places.tolist(), *strange.places.tolist()]
    claimed = [*(classes[k] for k in labels.claimed_by.tolist()), *[None] * len(strange.places)]
    return pa.table(
        {
            "id": pa.array([sample.ids[place] for place in places], pa.string()),
            "source": pa.array([sample.source[place] for place in places], pa.string()),
            "label": pa.array([classes[sample.labels[place]] for place in places], pa.string()),
            "claimed_by": pa.array(claimed, pa.string()),
            "margin": pa.array([*labels.margins.tolist(), *strange.margins.tolist()], pa.float64()),
            "kind": pa.array(["label"] * len(labels.places) + ["outlier"] * len(strange.places), pa.string()),
        }
    )


def parquet_bytes(suspects: pa.Table) -> bytes:
    """A table as a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(suspects, sink)
    return bytes(sink.getvalue().to_pybytes())


def thumbnails(sample: Rows, dataset: Dataset, found: Findings) -> dict[str, str]:
    """`data:` URIs of the images that the findings name, by content hash; empty for texts."""
    if dataset.modality != "image":
        return {}
    places = {row: place for place, row in enumerate(sample.ids)}
    return {each.row: data_uri(sample.raw[places[each.row]]) for each in found.suspects}


def unfit_rows(dataset: Dataset, sizes: np.ndarray, input_size: int) -> np.ndarray:
    """(rows,) bool: texts that are cut, or images that are enlarged; sizes (rows,) in tokens or pixels."""
    return sizes > input_size if dataset.modality == "text" else sizes < input_size


def _records(sample: Rows, dataset: Dataset, found: Suspects) -> list[Suspect]:
    numbers = zip(found.places.tolist(), found.margins.tolist(), found.claimed_by.tolist(), strict=True)
    return [
        Suspect(
            row=sample.ids[place],
            source=sample.source[place],
            label=dataset.classes[sample.labels[place]],
            kind="label" if claimed_by >= 0 else "outlier",
            claimed_by=dataset.classes[claimed_by] if claimed_by >= 0 else "",
            margin=margin,
            excerpt=excerpt(sample.raw[place]) if dataset.modality == "text" else "",
        )
        for place, margin, claimed_by in list(numbers)[:MAX_SHOWN]
    ]


def _worst_first(places: np.ndarray, margin: np.ndarray, claimed_by: np.ndarray) -> Suspects:
    places = places[np.argsort(-margin[places], kind="stable")]
    return Suspects(places, margin[places], claimed_by[places])
