"""Features of the input itself, without any network."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from ...data.images import decode
from ...records import Modality

SIDE = 16
"""Pixels of a thumbnail: little more than what one needs to tell a scene (Torralba 2008)."""
MAX_WORDS = 4096
TOKEN = r"\w+|[^\w\s]|^\s*$"
"""Single letters, punctuation and blank texts are tokens too, or texts of nothing else would have no features."""


def features(modality: Modality, raw: Sequence[Any]) -> np.ndarray:
    """(rows, width) float32: the most frequent words and pairs of words by TF-IDF, or the pixels of a thumbnail."""
    return words(list(raw)) if modality == "text" else thumbnails(raw)


def words(texts: list[str]) -> np.ndarray:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(
        ngram_range=(1, 2), max_features=MAX_WORDS, sublinear_tf=True, token_pattern=TOKEN, dtype=np.float32
    )
    return np.asarray(vectors.fit_transform(texts).toarray())


def thumbnails(images: Sequence[Any]) -> np.ndarray:
    with ThreadPoolExecutor() as pool:
        pixels = np.stack(list(pool.map(lambda image: decode(image, SIDE), images)))
    return pixels.reshape(len(pixels), -1).astype(np.float32) / 255
