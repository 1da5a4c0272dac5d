"""Another task than the user's, to see what tuning costs there. Its rows come with scikit-learn and with Python."""

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

FITTED, READ = 320, 200
"""Rows that the head is fitted on, and rows that it reads, about as many of each class: enough to tell a fall of a few
points, and few enough that a processor takes seconds."""

DIGITS = "which digit was written by hand"
DOCSTRINGS = "which part of Python's library a docstring is from"
MODULES = ("_pydecimal", "asyncio", "email", "http", "importlib", "logging", "multiprocessing", "xml")
"""Each has at least a hundred docstrings, from Python 3.11 to 3.13."""
LEAST, MOST = 30, 300
"""Characters of a docstring's first paragraph: what is shorter says little, what is longer is cut off."""


@dataclass(frozen=True)
class Part:
    raw: Sequence[Any]
    """Bytes of image files, or strings."""
    labels: np.ndarray
    """(rows,) int."""


@dataclass(frozen=True)
class Task:
    name: str
    classes: int
    fitted: Part
    read: Part


def task(modality: Modality) -> Task:
    """The same rows every time, on the same versions of Python and scikit-learn."""
    name, by_class = (DIGITS, digits()) if modality == "image" else (DOCSTRINGS, docstrings())
    classes = len(by_class)
    first, last = FITTED // classes, (FITTED + READ) // classes
    return Task(name, classes, _part(by_class, slice(first)), _part(by_class, slice(first, last)))


def digits() -> list[list[bytes]]:
    """Image files of each digit, 8 × 8 pixels (Alpaydin & Kaynak 1998)."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    pixels = np.round(images.reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
    return [[_png(image) for image in pixels[labels == digit]] for digit in range(10)]


def docstrings() -> list[list[str]]:
    """First paragraphs of each module's docstrings, each once, in the order of their hashes."""
    library = Path(sysconfig.get_paths()["stdlib"])
    found = [set(_paragraphs(library, module)) for module in MODULES]
    return [sorted(texts, key=lambda text: hashlib.sha256(text.encode()).digest()) for texts in found]


def _paragraphs(library: Path, module: str) -> Iterator[str]:
    """Out of the source: to import a module may do something, and `python -OO` drops what it says."""
    for file in sorted((library / module).rglob("*.py")) or [library / f"{module}.py"]:
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                paragraph = " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
                if len(paragraph) >= LEAST:
                    yield paragraph[:MOST]


def _part(by_class: Sequence[Sequence[Any]], rows: slice) -> Part:
    parts = [values[rows] for values in by_class]
    labels = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return Part([value for part in parts for value in part], labels)


def _png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
