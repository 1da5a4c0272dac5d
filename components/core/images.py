"""Image files to arrays: upright RGB of one size."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

SUFFIXES = frozenset([".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm"])
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
"""Read by their content, whatever they are called; no format that runs a program, as EPS does."""
MAX_PIXELS = 89_478_485
"""Pillow's own bound, a quarter of a gigabyte in RGB: what is larger is rather a bomb than a photograph."""
CHUNK = 32


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


def decode_all(
    contents: Sequence[bytes], size: int, path: Path, advance: Callable[[int], object] = lambda rows: None
) -> np.memmap:
    """Decode every image into `path`, a memory-mapped .npy file of (n, size, size, 3) uint8, in the order given.

    Threads decode (Pillow lets go of the interpreter while it works), each straight into its rows of the file, so that
    memory does not grow with n. Calls `advance(rows)` as chunks are done. ValueError names the first unreadable image.
    """
    out = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(len(contents), size, size, 3))

    def fill(start: int) -> int:
        stop = min(start + CHUNK, len(contents))
        for row in range(start, stop):
            try:
                out[row] = decode(contents[row], size)
            except ValueError as error:
                raise ValueError(f"image {row}: {error}") from error
        return stop - start

    with ThreadPoolExecutor(int(os.environ.get("THAW_DECODERS") or os.cpu_count() or 1)) as pool:
        try:
            for rows in pool.map(fill, range(0, len(contents), CHUNK)):
                advance(rows)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            path.unlink()
            raise
    out.flush()
    return out


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
    if isinstance(error, Image.UnidentifiedImageError):
        return "not an image of a known format"
    if isinstance(error, Image.DecompressionBombError):
        return "the image has too many pixels"
    return f"the image cannot be decoded ({error or type(error).__name__})"
