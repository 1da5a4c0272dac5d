"""MinHash signatures of texts, and the pairs that they make candidates (Broder 1997; Leskovec et al., chapter 3).

The shingles of a text are its windows of SHINGLE bytes. A hash function's minimum over them is the same for two texts
with the probability of their Jaccard similarity J. BANDS keys of BAND_ROWS minima each make a pair a candidate with

    P = 1 − (1 − J^BAND_ROWS)^BANDS,   .9995 at J = .85, .22 at .5, .01 at .3
"""

from __future__ import annotations

import numpy as np

SHINGLE = 5
BANDS, BAND_ROWS = 16, 6
CHUNK_BYTES = 2**18
"""Bytes whose shingles are hashed at a time: they stay in a core's cache."""
_MULTIPLIERS = np.random.default_rng(0).integers(2**31, 2**63, BANDS * BAND_ROWS, np.uint64) * 2 + 1


def signatures(data: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """(texts, BANDS × BAND_ROWS) uint32 minima, for texts of at least SHINGLE bytes.

    Args:
        data: Their bytes, one text after the other, (bytes,) uint8.
        offsets: Where each begins, and the end, (texts + 1,) int64.
    """
    found = np.empty((len(offsets) - 1, BANDS * BAND_ROWS), np.uint32)
    start = 0
    while start < len(found):
        stop = int(np.searchsorted(offsets, offsets[start] + CHUNK_BYTES, "right")) - 1
        stop = max(start + 1, min(stop, len(found)))
        part = offsets[start : stop + 1]
        found[start:stop] = _minima(data[part[0] : part[-1]], part - part[0])
        start = stop
    return found


def shingles(data: np.ndarray) -> np.ndarray:
    """Every window of SHINGLE bytes as one number, (bytes − SHINGLE + 1,) uint64."""
    windows = np.zeros(max(0, len(data) - SHINGLE + 1), np.uint64)
    for place in range(SHINGLE):
        windows |= data[place : place + len(windows)].astype(np.uint64) << np.uint64(8 * place)
    return windows


def candidates(found: np.ndarray) -> np.ndarray:
    """(pairs, 2) int64, ascending: texts with an equal band.

    Of many texts with one band each is paired with the first of them and with the one before it: pairs grow with the
    texts, not with their square.
    """
    pairs = [np.empty((0, 2), np.int64)]
    for band in range(BANDS):
        minima = np.ascontiguousarray(found[:, band * BAND_ROWS : (band + 1) * BAND_ROWS])
        keys = (minima.astype(np.uint64) * _MULTIPLIERS[:BAND_ROWS]).sum(1, dtype=np.uint64)
        pairs += equal_pairs(keys)
    return np.unique(np.concatenate(pairs), axis=0) if len(pairs) > 1 else pairs[0]


def equal_pairs(keys: np.ndarray) -> list[np.ndarray]:
    """Rows of equal keys paired with the first and with the row before, each (pairs, 2) with the lower row first."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    same = np.flatnonzero(ordered[1:] == ordered[:-1]) + 1
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    first = starts[np.searchsorted(starts, same, "right") - 1]
    return [np.stack([order[first], order[same]], 1), np.stack([order[same - 1], order[same]], 1)]


def _minima(data: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    windows = shingles(data)
    # A window over the end of a text belongs to nobody: it repeats the text's last one.
    last = np.repeat(np.minimum(offsets[1:], len(data)) - SHINGLE, np.diff(offsets))
    own = windows[np.minimum(np.arange(len(data)), last)]
    mixed = (own ^ (own >> np.uint64(23))) * np.uint64(0x9E3779B97F4A7C15)
    minima = np.empty((len(offsets) - 1, len(_MULTIPLIERS)), np.uint32)
    for number, multiplier in enumerate(_MULTIPLIERS):
        hashes = ((mixed * multiplier) >> np.uint64(32)).astype(np.uint32)
        minima[:, number] = np.minimum.reduceat(hashes, offsets[:-1])
    return minima
