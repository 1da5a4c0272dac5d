import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from thaw.data.rows import Rows
from thaw.steps.evaluate import baselines


def rows(contents: list[Any], labels: list[int]) -> Rows:
    return Rows([f"{i:064x}" for i in range(len(labels))], np.array(labels), contents, [""] * len(labels))


def texts(count: int, seed: int) -> Rows:
    rng = np.random.default_rng(seed)
    labels = (np.arange(count) % 3 == 0).astype(int)
    words = [("dull", "lovely")[label] for label in labels]
    return rows([f"a {word} film, number {rng.integers(9)}" for word in words], labels.tolist())


def images(count: int, seed: int) -> Rows:
    rng = np.random.default_rng(seed)
    contents = []
    for row in range(count):
        pixels = rng.integers(0, 120, (20, 30, 3), dtype=np.uint8)
        pixels[:, : 15 * (row % 2 + 1)] += 100
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        contents.append(file.getvalue())
    return rows(contents, [row % 2 for row in range(count)])


def accuracy(test: Rows, predictions: np.ndarray) -> float:
    return float((predictions == test.labels).mean())


def test_text() -> None:
    test = texts(60, 1)
    answers = baselines.predictions("text", texts(90, 0), test)
    assert list(answers) == [baselines.MAJORITY, baselines.TEXT]
    assert accuracy(test, answers[baselines.MAJORITY]) == pytest.approx(2 / 3)
    assert accuracy(test, answers[baselines.TEXT]) == 1


def test_images() -> None:
    test = images(40, 1)
    answers = baselines.predictions("image", images(60, 0), test)
    assert list(answers) == [baselines.MAJORITY, baselines.PIXELS]
    assert accuracy(test, answers[baselines.PIXELS]) == 1


@pytest.mark.parametrize("content", ["", "!!!", "a", "日本語", "\n"])
def test_texts_of_any_script_or_none_are_tokens(content: str) -> None:
    train = rows(["x y", content, "z"], [0, 1, 0])
    assert baselines.predictions("text", train, train)[baselines.TEXT].shape == (3,)


def test_texts_without_any_token() -> None:
    train = rows(["", " ", "\n"], [0, 1, 0])
    assert baselines.predictions("text", train, train)[baselines.TEXT].shape == (3,)


def test_the_training_rows_are_capped_and_the_answers_repeatable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "MAX_ROWS", 30)
    train, test = texts(90, 0), texts(60, 1)
    once, again = (baselines.predictions("text", train, test)[baselines.TEXT] for _ in range(2))
    assert (once == again).all()
    assert accuracy(test, once) > 0.9
