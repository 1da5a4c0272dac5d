"""Features in float16 where rounding costs nothing."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ..heads.standardisation import Standardisation, row_chunks

MAX_ROUNDING_ERROR = 0.01
"""Share of a feature's standard deviation that rounding may cost, as a root mean square."""


def convert_to_float16(array: np.ndarray, file: Path) -> bool:
    """Replace `file`, which holds the array, by one in float16 unless that costs precision. Returns whether it did.

    Heads and probes take features standardised, so a rounding error counts against the feature's own standard
    deviation: within MAX_ROUNDING_ERROR it adds noise of less than its square of any feature's variance. Large numbers
    that hardly move, and those beyond float16's range, stay in float32.
    """
    standardisation, half = Standardisation.of(array), file.with_name(f"half-{file.name}")
    error = rounding_error(array, standardisation, half)
    constant = np.isinf(standardisation.scale)
    limits = MAX_ROUNDING_ERROR * standardisation.scale
    if not np.all(np.where(constant, np.isfinite(error), error <= limits)):
        half.unlink()
        return False
    os.replace(half, file)
    return True


def rounding_error(array: np.ndarray, standardisation: Standardisation, file: Path) -> np.ndarray:
    """Write the array in float16 to `file`. Returns the root mean square of each feature's error, (width,)."""
    squares = np.zeros(array.shape[1])
    # A constant feature must not begin to move by being rounded: standardisation would blow it up.
    constant = np.isinf(standardisation.scale)
    half = np.lib.format.open_memmap(file, mode="w+", dtype=np.float16, shape=array.shape)
    for rows in row_chunks(*array.shape):
        chunk = np.where(constant, standardisation.mean, array[rows])
        with np.errstate(over="ignore"):
            half[rows] = chunk
        squares += np.square(half[rows] - chunk, dtype=np.float64).sum(0)
    half.flush()
    error: np.ndarray = np.sqrt(squares / max(1, len(array)))
    return error
