"""Rows that are nearly the same: texts by their shingles, images by what they look like at a glance."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .minhash import candidates, shingles, signatures
from .spool import offsets_and_data
from .thumbnails import same_picture

MIN_JACCARD = 0.85
"""Share of all shingles of two texts that both have. A word that is changed in a text of twenty leaves about that."""
MIN_CHARACTERS = 24
"""Shorter texts are copies only when they are equal but for case and white space: "not good" is not "good"."""
MAX_BITS = 8
"""Bits of 64 in which the perceptual hashes of two copies may differ."""
BLOCK = 2048
TILE = 256, 4096
"""Hashes that are compared with one another at a time."""
MAX_CANDIDATES = 16
HOPS = 3
"""Two rows that are each tied to another one by way of their representatives are tied too."""


def text_pairs(texts: Iterable[pa.Array], threshold: float = MIN_JACCARD) -> np.ndarray:
    """(pairs, 2) int64, the lower row first: texts whose shingles' Jaccard similarity is at least the threshold.

    Many copies of one text are each paired with the first of them alone. texts: arrays of strings, read once.
    """
    parts = [normalised(array) for array in texts]
    whole = pa.chunked_array(parts, pa.large_string()).combine_chunks() if parts else pa.array([], pa.large_string())
    codes = whole.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    first = (
        np.flatnonzero(np.concatenate([[True], np.maximum.accumulate(codes)[:-1] < codes[1:]])) if len(codes) else codes
    )
    equal = np.stack([first[codes], np.arange(len(codes))], 1)
    distinct = whole.take(pa.array(first))
    long = np.flatnonzero(pc.utf8_length(distinct).to_numpy(zero_copy_only=False) >= MIN_CHARACTERS)
    near = first[long[_near(distinct.take(pa.array(long)), threshold)]]
    return np.unique(np.concatenate([equal[equal[:, 0] < equal[:, 1]], near]), axis=0).astype(np.int64)


def normalised(texts: pa.Array) -> pa.Array:
    """Lower case, in one Unicode form, without invisible signs, with single spaces."""
    plain = pc.utf8_lower(pc.utf8_normalize(texts.cast(pa.large_string()), form="NFKC"))
    visible = pc.replace_substring_regex(plain, r"\p{Cf}+", "")
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(visible, r"[\s\p{Z}]+", " "))


def image_pairs(descriptors: np.ndarray) -> np.ndarray:
    """(pairs, 2) int64, the lower row first: images that look the same at a glance and as thumbnails.

    Many images of one hash are each compared with the first of them alone, and of many with hashes that are close with
    the first MAX_CANDIDATES. descriptors: (rows,) of `thumbnails.DESCRIPTOR`.
    """
    hashes = descriptors["phash"]
    _, first, code = np.unique(hashes, return_index=True, return_inverse=True)
    equal = np.stack([first[code], np.arange(len(hashes))], 1)
    near = np.sort(first[_close(hashes[first])], axis=1)
    pairs = np.unique(np.concatenate([equal[equal[:, 0] < equal[:, 1]], near]), axis=0)
    return pairs[_same_pictures(pairs, descriptors["thumbnail"])]


def copies_to_remove(pairs: np.ndarray, splits: np.ndarray) -> np.ndarray:
    """Rows, ascending, that are tied by pairs to a row of a higher split: the training copy goes, the test copy stays.

    At most HOPS pairs tie two rows, since copies are paired by way of their representatives.

    splits (rows,) int: 0 train, 1 validation, 2 test.
    """
    highest = splits.copy()
    for _ in range(HOPS):
        before = highest.copy()
        for one, other in ((0, 1), (1, 0)):
            np.maximum.at(highest, pairs[:, one], before[pairs[:, other]])
    return np.flatnonzero(highest > splits)


def _near(texts: pa.Array, threshold: float) -> np.ndarray:
    """Pairs of different texts, each of some length."""
    if len(texts) < 2:
        return np.empty((0, 2), np.int64)
    offsets, data = offsets_and_data(texts)
    letters = np.frombuffer(data, np.uint8)
    found = signatures(letters, offsets)

    def shingle_set(row: int) -> set[int]:
        return set(shingles(letters[offsets[row] : offsets[row + 1]]).tolist())

    def similar(one: int, other: int) -> bool:
        a, b = shingle_set(one), shingle_set(other)
        return len(a & b) >= threshold * len(a | b)

    pairs = _likely(candidates(found), found, threshold)
    return pairs[np.array([similar(one, other) for one, other in pairs.tolist()], bool)]


def _likely(pairs: np.ndarray, found: np.ndarray, threshold: float) -> np.ndarray:
    """The pairs with so many equal minima as all but one of ten thousand pairs at the threshold have.

    The share of equal minima estimates the similarity J with a standard error of √(J (1 − J) / minima).
    """
    least = threshold - 4 * np.sqrt(threshold * (1 - threshold) / found.shape[1])
    likely = np.zeros(len(pairs), bool)
    for start in range(0, len(pairs), BLOCK):
        part = slice(start, start + BLOCK)
        likely[part] = (found[pairs[part, 0]] == found[pairs[part, 1]]).mean(1) >= least
    return pairs[likely]


def _close(hashes: np.ndarray) -> np.ndarray:
    """Pairs of different hashes at most MAX_BITS apart, (pairs, 2), the lower row first; all are compared, in tiles.

    Of many that are close to one another each is paired with the first MAX_CANDIDATES of them alone.
    """
    found = [np.empty((0, 2), np.int64)]
    for start in range(0, len(hashes), TILE[1]):
        columns = hashes[start : start + TILE[1]]
        close = [np.empty((0, 2), np.int64)]
        for above in range(0, start + len(columns), TILE[0]):
            apart = np.bitwise_count(hashes[above : above + TILE[0], None] ^ columns[None])
            one, other = np.divmod(np.flatnonzero(apart.ravel() <= MAX_BITS), len(columns))
            pairs = np.stack([one + above, other + start], 1)
            close.append(_first_candidates(pairs[pairs[:, 0] < pairs[:, 1]]))
        found.append(_first_candidates(np.concatenate(close)))
    return np.concatenate(found)


def _first_candidates(pairs: np.ndarray) -> np.ndarray:
    """At most MAX_CANDIDATES pairs of each second row, those with the lowest first ones."""
    ordered = pairs[np.lexsort((pairs[:, 0], pairs[:, 1]))]
    starts = np.flatnonzero(np.diff(ordered[:, 1], prepend=-1))
    rank = np.arange(len(ordered)) - np.repeat(starts, np.diff(starts, append=len(ordered)))
    return ordered[rank < MAX_CANDIDATES]


def _same_pictures(pairs: np.ndarray, thumbnails: np.ndarray) -> np.ndarray:
    """(pairs,) bool: whether the thumbnails of each pair agree."""
    parts = (pairs[start : start + BLOCK] for start in range(0, len(pairs), BLOCK))
    same = [same_picture(thumbnails[part[:, 0]], thumbnails[part[:, 1]]) for part in parts]
    return np.concatenate([np.empty(0, bool), *same])
