"""Names of rows: the file and the line, or the number of the row."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

ZERO = ord("0")


def row_names(name: str, positions: np.ndarray) -> pa.Array:
    """(rows,) strings `name:position`, of ascending positive positions.

    Those with as many digits lie side by side, and are written as a matrix of letters.

    >>> row_names("x.csv", np.array([8, 9, 10])).to_pylist()
    ['x.csv:8', 'x.csv:9', 'x.csv:10']
    """
    prefix = np.frombuffer(f"{name}:".encode(), np.uint8)
    digits = np.char.str_len(positions[-1:].astype(str)).max(initial=1)
    borders = np.searchsorted(positions, 10 ** np.arange(1, digits)).tolist()
    groups = np.split(positions, borders)
    parts = [_of_width(prefix, group, width) for width, group in enumerate(groups, 1) if len(group)]
    return pa.concat_arrays(parts) if parts else pa.array([], pa.string())


def _of_width(prefix: np.ndarray, positions: np.ndarray, digits: int) -> pa.Array:
    """Names with positions of so many digits."""
    width = len(prefix) + digits
    letters = np.empty((len(positions), width), np.uint8)
    letters[:, : len(prefix)] = prefix
    for place in range(digits):
        positions, letters[:, width - 1 - place] = np.divmod(positions, 10)
    letters[:, len(prefix) :] += ZERO
    offsets = np.arange(0, (len(letters) + 1) * width, width, dtype=np.int32)
    return pa.StringArray.from_buffers(len(letters), pa.py_buffer(offsets), pa.py_buffer(letters))
