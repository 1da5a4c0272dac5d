import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from thaw.data.images import decode
from thaw.records import Modality
from thaw.steps.evaluate.other_task import (
    MAX_CHARACTERS,
    MIN_CHARACTERS,
    MODULES,
    TEST_ROWS,
    TRAIN_ROWS,
    Task,
    docstrings,
    other_task,
)


@pytest.mark.parametrize("modality", ["image", "text"])
def test_each_class_has_as_many_rows_and_none_is_in_both_parts(modality: Modality) -> None:
    task = other_task(modality)
    for part, rows in ((task.train, TRAIN_ROWS), (task.test, TEST_ROWS)):
        assert len(part.raw) == len(part.labels) == rows
        assert np.bincount(part.labels).tolist() == [rows // task.classes] * task.classes
    assert modality == "image" or not set(task.train.raw) & set(task.test.raw)


def test_digits_are_images_like_those_of_users() -> None:
    """Pixels of 0 to 16 fill a byte's range, and a nearest centroid tells most of them apart."""
    task = other_task("image")

    def pixels(raw: list[bytes]) -> np.ndarray:
        return np.stack([decode(content, 8) for content in raw]).reshape(len(raw), -1).astype(float)

    train, test = pixels(list(task.train.raw)), pixels(list(task.test.raw))
    assert (train.min(), train.max()) == (0, 255)
    centroids = np.stack([train[task.train.labels == digit].mean(axis=0) for digit in range(10)])
    nearest = ((test[:, None] - centroids) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest == task.test.labels).mean() > 0.75


def test_the_rows_are_the_same_every_time() -> None:
    """They are equal in another process, where sets have another order, and where docstrings are dropped."""
    code = """
import hashlib
from thaw.steps.evaluate.other_task import other_task
task = other_task("text")
rows = repr([(part.raw, part.labels.tolist()) for part in (task.train, task.test)])
print(hashlib.sha256(rows.encode()).hexdigest())
"""
    task = other_task("text")
    own = repr([(part.raw, part.labels.tolist()) for part in (task.train, task.test)])
    for options, seed in ((["-OO"], "1"), ([], "2")):
        command = [sys.executable, *options, "-c", code]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        other = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        assert other.stdout.strip() == hashlib.sha256(own.encode()).hexdigest()


def test_docstrings_of_each_module_are_its_own() -> None:
    found = dict(zip(MODULES, docstrings(), strict=True))
    assert all(len(texts) >= (TRAIN_ROWS + TEST_ROWS) // len(MODULES) for texts in found.values())
    assert any("event loop" in text for text in found["asyncio"])
    assert any("decimal" in text.lower() for text in found["_pydecimal"])
    lengths = [len(text) for texts in found.values() for text in texts]
    assert min(lengths) >= MIN_CHARACTERS
    assert max(lengths) <= MAX_CHARACTERS


def test_a_bag_of_words_does_not_solve_it_and_is_better_than_chance() -> None:
    """The accuracy of a bag of words is above chance, so it can fall, and far from perfect."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    task: Task = other_task("text")
    model = make_pipeline(TfidfVectorizer(), LogisticRegression(C=10, max_iter=300))
    right = model.fit(task.train.raw, task.train.labels).predict(task.test.raw) == task.test.labels
    assert 3 / task.classes < right.mean() < 0.95
