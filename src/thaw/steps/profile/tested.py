"""A forward pass over a few of the rows that are tested, to compare them with the sample."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...data.rows import Rows
from ...data.shards import read_rows
from ...networks.features import cached_features
from ...networks.protocol import Network
from ...records import Dataset, SplitShift
from ...storage.store import Store
from . import input_features
from .encoding import encoder
from .input_measures import measures
from .split_shift import split_shift, tested_rows, trained_rows


def compare(
    dataset: Dataset,
    network: Network,
    store: Store,
    scratch: Path,
    sample: Rows,
    counts: np.ndarray,
    features: np.ndarray,
    inputs: np.ndarray,
) -> SplitShift | None:
    """How the tested rows differ from sampled ones; None where there are too few.

    Args:
        dataset: Whose tested rows are read, but for their labels.
        network: The one that made the features.
        store: Keeps the features of the tested rows.
        scratch: For files.
        sample: Sampled rows without copies.
        counts: Rows of each class that may be trained on, (classes,).
        features: Activations of the sampled rows at the last depth, (rows, width).
        inputs: Features of their input, (rows, width).
    """
    places = tested_rows(dataset.rows("test"), len(sample))
    if not len(places):
        return None
    tested = read_rows(dataset, ("test",), scratch).take(places)
    last = len(network.blocks)
    passed = cached_features(
        store, dataset.fingerprint, network, tested, [last], encoder(network, tested, scratch), scratch
    )
    some = trained_rows(sample.labels, counts, len(tested))
    before = measures(dataset.modality, sample.take(some).raw, inputs[some])
    after = measures(dataset.modality, tested.raw, input_pixels(dataset, tested))
    return split_shift(features[some], passed.by_depth[last], before, after)


def input_pixels(dataset: Dataset, rows: Rows) -> np.ndarray:
    """Thumbnails (rows, width) of images; nothing of texts, whose measures need none."""
    return input_features.thumbnails(rows.raw) if dataset.modality == "image" else np.empty((len(rows), 0))
