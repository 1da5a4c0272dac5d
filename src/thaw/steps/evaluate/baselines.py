"""Baselines without a pretrained network, on the same test rows."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from ...data.images import decode
from ...data.rows import Rows
from ...records import Modality

MAJORITY = "Majority class"
TEXT = "TF-IDF, logistic regression"
PIXELS = "Pixels, logistic regression"
MAX_ROWS = 20_000
"""Rows that a baseline is fitted on at most."""
THUMBNAIL_SIZE = 16
"""Pixels of a side."""
TOKEN = r"\w+|[^\w\s]|^\s*$"


def predictions(modality: Modality, train: Rows, test: Rows) -> dict[str, np.ndarray]:
    """Predictions (test rows,) of each baseline by its name, fitted on at most MAX_ROWS of the training rows."""
    # The largest class of the test rows: the best constant, and what the gate asks a model to beat.
    found = {MAJORITY: np.full(len(test), np.bincount(test.labels).argmax())}
    if len(train) > MAX_ROWS:
        train = train.take(np.sort(np.random.default_rng(0).permutation(len(train))[:MAX_ROWS]))
    if modality == "text":
        found[TEXT] = _text(train.raw, train.labels, test.raw)
    else:
        found[PIXELS] = _pixels(train.raw, train.labels, test.raw)
    return found


def _text(train: Sequence[Any], labels: np.ndarray, test: Sequence[Any]) -> np.ndarray:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    # Single letters, punctuation and blank texts are tokens too: by default they are dropped, and texts of nothing else
    # would leave no vocabulary.
    words = TfidfVectorizer(ngram_range=(1, 2), max_features=50_000, sublinear_tf=True, token_pattern=TOKEN)
    model = make_pipeline(words, LogisticRegression(C=10, max_iter=300))
    return model.fit(list(train), labels).predict(list(test))


def _pixels(train: Sequence[Any], labels: np.ndarray, test: Sequence[Any]) -> np.ndarray:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=300)
    return model.fit(_thumbnails(train), labels).predict(_thumbnails(test))


def _thumbnails(images: Sequence[Any]) -> np.ndarray:
    """Pixels in 0–1, (rows, 3 · THUMBNAIL_SIZE²).

    Of about this size people still recognise scenes (Torralba et al. 2008).
    """
    with ThreadPoolExecutor() as pool:
        pixels = np.stack(list(pool.map(lambda image: decode(image, THUMBNAIL_SIZE), images)))
    return pixels.reshape(len(pixels), -1).astype(np.float32) / 255
