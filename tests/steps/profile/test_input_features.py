from __future__ import annotations

import io

import numpy as np
from PIL import Image

from thaw.steps.profile import input_features


def test_words_and_pairs_of_words_by_tfidf() -> None:
    found = input_features.features("text", ["good film", "bad film", "good", "?"])
    assert found.dtype == np.float32
    assert found.shape == (4, 6)  # good, bad, film, ?, "good film", "bad film"
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)


def test_texts_without_words_have_features() -> None:
    assert input_features.features("text", ["!", " ", "a"]).shape[0] == 3


def test_pixels_of_a_thumbnail() -> None:
    def png(colour: str) -> bytes:
        file = io.BytesIO()
        Image.new("RGB", (50, 30), colour).save(file, "PNG")
        return file.getvalue()

    found = input_features.features("image", [png("black"), png("white")])
    assert found.shape == (2, input_features.SIDE * input_features.SIDE * 3)
    assert found[0].max() == 0
    assert found[1].min() == 1
