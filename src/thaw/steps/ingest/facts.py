"""Facts of a dataset, from the ids, labels and splits of its rows."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...data.shards import OPTIONAL
from ...data.spool import offsets_and_data
from ...records import SPLITS, Split

LINES = 100_000
"""Lines of the fingerprint that are laid out at a time."""


def sorted_classes(labels: Sequence[str]) -> list[str]:
    """Names of the classes, by number when every one is a whole number.

    >>> sorted_classes(["10", "9"]), sorted_classes(["b", "a", "10"])
    (['9', '10'], ['10', 'a', 'b'])
    """
    classes = sorted(set(labels))
    return sorted(classes, key=int) if all(re.fullmatch(r"-?\d+", label) for label in classes) else classes


def fingerprint_of(table: Callable[[slice], pa.Table], rows: int, names: Sequence[str]) -> str:
    """SHA-256 over the lines `id NUL label NUL split` of the rows, sorted by content, label and split.

    Args:
        table: The rows of a slice: id, label (index into `names`), split, and the columns of OPTIONAL that there are,
            which are appended to the lines.
        rows: How many there are.
        names: Names of the classes.
    """
    digest, classes = hashlib.sha256(), pa.array(names, pa.string())
    for start in range(0, rows, LINES):
        part = table(slice(start, min(start + LINES, rows)))
        more = [part[name].cast(pa.string()).fill_null("") for name in OPTIONAL if name in part.column_names]
        columns = [part["id"], classes.take(part["label"]), part["split"], *more]
        columns[-1] = pc.binary_join_element_wise(columns[-1], "\n", "")
        for chunk in pc.binary_join_element_wise(*columns, "\0").chunks:
            digest.update(offsets_and_data(chunk)[1])
    return digest.hexdigest()


def hex_strings(ids: np.ndarray) -> pa.Array:
    """Hashes (rows, 4) uint64 as strings of 64 hexadecimal digits."""
    text = pa.py_buffer(ids.astype(">u8").tobytes().hex().encode())
    offsets = pa.py_buffer(np.arange(len(ids) + 1, dtype=np.int32) * 64)
    return pa.Array.from_buffers(pa.string(), len(ids), [None, offsets, text])


def class_counts(labels: np.ndarray, splits: np.ndarray, classes: int) -> dict[Split, tuple[int, ...]]:
    """Rows of each class, per split; labels and splits (rows,) int."""
    return {
        split: tuple(np.bincount(labels[splits == number], minlength=classes).tolist())
        for number, split in enumerate(SPLITS)
    }


def leaked_rows(codes: np.ndarray, splits: np.ndarray) -> int:
    """Number of test rows whose content is also in train or validation; codes (rows,) int of the contents."""
    test = splits == SPLITS.index("test")
    return int(np.isin(codes[test], codes[~test]).sum())
