"""Another task than the user's, on which forgetting is measured.

Its rows come with scikit-learn and with Python, so that it needs no download.
"""

from __future__ import annotations

import ast
import hashlib
import io
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ...records import Modality

TRAIN_ROWS, TEST_ROWS = 320, 200
"""Balanced over the classes: enough to detect a fall of a few points, and few enough that a processor takes seconds."""

DIGITS = "which digit was written by hand"
DOCSTRINGS = "which part of Python's library a docstring is from"
MODULES = ("_pydecimal", "asyncio", "email", "http", "importlib", "logging", "multiprocessing", "xml")
"""Each has at least a hundred docstrings, from Python 3.11 to 3.13."""
MIN_CHARACTERS, MAX_CHARACTERS = 30, 300
"""Length of a docstring's first paragraph: a shorter one is left out, a longer one is cut off."""


@dataclass(frozen=True)
class Part:
    """Rows of a task, for training or for testing."""

    raw: Sequence[Any]
    """Bytes of image files, or strings."""
    labels: np.ndarray
    """(rows,) int."""


@dataclass(frozen=True)
class Task:
    """A classification task with balanced classes."""

    name: str
    """What is to be predicted, as part of a sentence."""
    classes: int
    train: Part
    test: Part


def other_task(modality: Modality) -> Task:
    """Digits for images, docstrings for texts; the same rows every time with the same Python and scikit-learn."""
    name, by_class = (DIGITS, digits()) if modality == "image" else (DOCSTRINGS, docstrings())
    classes = len(by_class)
    first, last = TRAIN_ROWS // classes, (TRAIN_ROWS + TEST_ROWS) // classes
    return Task(name, classes, _part(by_class, slice(first)), _part(by_class, slice(first, last)))


def digits() -> list[list[bytes]]:
    """Image files of each digit, 8 × 8 pixels (Alpaydin & Kaynak 1998)."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    pixels = np.round(images.reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
    return [[_png(image) for image in pixels[labels == digit]] for digit in range(10)]


def docstrings() -> list[list[str]]:
    """First paragraphs of the docstrings of each module, without repetitions, sorted by their hashes."""
    library = Path(sysconfig.get_paths()["stdlib"])
    found = [set(_paragraphs(library, module)) for module in MODULES]
    return [sorted(texts, key=lambda text: hashlib.sha256(text.encode()).digest()) for texts in found]


def _paragraphs(library: Path, module: str) -> Iterator[str]:
    """First paragraphs from the source: an import may run code, and `python -OO` drops docstrings."""
    for file in sorted((library / module).rglob("*.py")) or [library / f"{module}.py"]:
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                paragraph = " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
                if len(paragraph) >= MIN_CHARACTERS:
                    yield paragraph[:MAX_CHARACTERS]


def _part(by_class: Sequence[Sequence[Any]], rows: slice) -> Part:
    parts = [values[rows] for values in by_class]
    labels = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return Part([value for part in parts for value in part], labels)


def _png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
