"""Image files to arrays: upright RGB of one size."""

from __future__ import annotations

import io
import math
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ..cores import cores

SUFFIXES = frozenset([".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm"])
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
"""Read by their content, whatever they are called; no format that runs a program, as EPS does."""
MAX_PIXELS = 89_478_485
"""Pillow's own bound, a quarter of a gigabyte in RGB: what is larger is rather a bomb than a photograph."""
MAX_DISK_SHARE = 0.5
"""Share of the free disk for one set of decoded images: other sets, activations and checkpoints need some too."""


def decode(content: bytes, size: int) -> np.ndarray:
    """(size, size, 3) uint8 in RGB: turned as EXIF says, over white where transparent, stretched to the square.

    Bilinear over the area that a pixel comes from (antialiased). ValueError with the reason when it cannot be read.
    """
    try:
        with _opened(content) as image:
            upright = ImageOps.exif_transpose(image)
            return np.asarray(_rgb(upright).resize((size, size), Image.Resampling.BILINEAR))
    except ValueError:
        raise
    except Exception as error:  # Pillow's decoders raise OSError, SyntaxError, struct.error, EOFError and others
        raise ValueError(_reason(error)) from error


def size_of(content: bytes) -> tuple[int, int]:
    """(width, height) in pixels of the upright image, from its header. ValueError when it cannot be read."""
    try:
        with _opened(content) as image:
            width, height = image.size
            turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
            return (height, width) if turned else (width, height)
    except ValueError:
        raise
    except Exception as error:
        raise ValueError(_reason(error)) from error


def verify(content: bytes) -> None:
    """ValueError with the reason when the image cannot be decoded to its end."""
    try:
        with _opened(content) as image:
            # An eighth of the size where the format offers it (JPEG): all of the file is read at a third of the time.
            image.draft(None, (1, 1))
            image.load()
            _rgb(image.resize((1, 1), Image.Resampling.NEAREST))
    except ValueError:
        raise
    except Exception as error:
        raise ValueError(_reason(error)) from error


class Pixels:
    """The images of `contents` as an array of (n, size, size, 3) uint8, each decoded when it is first asked for.

    Decoded images are kept in the file `path` if all of them would fit in `MAX_DISK_SHARE` of the free disk. Otherwise,
    or when the disk is full after all, they are decoded each time. Any number of threads may ask.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, contents: Sequence[bytes], size: int, path: Path) -> None:
        self.contents, self.shape = contents, (len(contents), size, size, 3)
        self._decoded = np.zeros(len(contents), dtype=bool)
        self._kept: np.ndarray | None = None
        if 0 < math.prod(self.shape) <= MAX_DISK_SHARE * shutil.disk_usage(path.parent).free:
            self._kept = np.memmap(path, dtype=np.uint8, mode="w+", shape=self.shape)
            self._file = open(path, "r+b", buffering=0)  # noqa: SIM115 (as long as the map)

    def __len__(self) -> int:
        return len(self.contents)

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        """(rows, size, size, 3), a copy. ValueError names an unreadable image by its place in `contents`."""
        out = np.empty((len(rows), *self.shape[1:]), np.uint8)
        kept = self._decoded[rows]
        if self._kept is not None and kept.any():
            out[kept] = self._kept[rows[kept]]
        left = np.flatnonzero(~kept)
        parts = [part for part in (left[start :: decoders()] for start in range(decoders())) if len(part)]
        for _ in _pool().map(lambda part: self._decode(rows, part, out), parts):
            pass
        return out

    def _decode(self, rows: np.ndarray, places: np.ndarray, out: np.ndarray) -> None:
        for place in places:
            row = int(rows[place])
            try:
                out[place] = decode(self.contents[row], self.shape[1])
            except ValueError as error:
                raise ValueError(f"image {row}: {error}") from error
            self._keep(row, out[place])

    def _keep(self, row: int, pixels: np.ndarray) -> None:
        """Written, not stored through the map: there a full disk would end the process."""
        if self._kept is None:
            return
        try:
            written = os.pwrite(self._file.fileno(), pixels.data, row * pixels.nbytes)
        except OSError:
            return
        self._decoded[row] = written == pixels.nbytes


@cache
def decoders() -> int:
    """Threads that decode; Pillow lets go of the interpreter while it works."""
    return int(os.environ.get("THAW_DECODERS") or cores())


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(decoders(), thread_name_prefix="decoder")


def _opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content), formats=FORMATS)
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ValueError(f"an image of {width} × {height} pixels is too large (at most {MAX_PIXELS // 10**6} million)")
    return image


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_eight_bit(np.asarray(image), image.mode)).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")


def _eight_bit(grey: np.ndarray, mode: str) -> np.ndarray:
    """Greys of 16 bits (0 to 65,535), or of floats from 0 to 1, as bytes: Pillow's own conversion clips at 255."""
    top = 1.0 if mode == "F" else 65535.0
    return np.round(np.clip(np.nan_to_num(grey), 0, top) * (255 / top)).astype(np.uint8)


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "not an image of a known format"
    if isinstance(error, Image.DecompressionBombError):
        return "the image has too many pixels"
    return f"the image cannot be decoded ({error or type(error).__name__})"
