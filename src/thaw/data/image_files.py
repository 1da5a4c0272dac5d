"""Image files of any content, opened within bounds: what is wrong with one is a ValueError in one line."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, UnidentifiedImageError

from . import pillow_settings
from .pixel_budget import PixelBudget
from .tiff import check_complete

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
"""Read by their content, whatever they are called; no format that runs a program, as EPS does."""
MAX_PIXELS = 89_478_485
"""Pillow's own bound, a quarter of a gigabyte in RGB: what is larger is rather a bomb than a photograph."""
WEBP_COPIES = 4
"""Copies of the pixels that the decoder of WebP holds."""
MAX_REASON = 160
"""Characters of a reason: Pillow's messages may quote the file."""
Box = tuple[float, float, float, float]
"""Left, top, right and bottom in pixels."""
IN_FLIGHT = PixelBudget(MAX_PIXELS)
"""For all threads of the process: one image of the largest size, or many small ones."""

pillow_settings.apply()


class UnreadableImage(ValueError):
    """Why an image cannot be read, in one line."""


@contextmanager
def opened(content: bytes) -> Iterator[Image.Image]:
    """An image of which only the header is read. ValueError with the reason where this or the work on it fails."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            check_size(*image.size)
            check_complete(image)
            yield image
    except UnreadableImage:
        raise
    except Exception as error:  # Pillow's decoders raise OSError, SyntaxError, struct.error, EOFError and others
        raise UnreadableImage(_reason(error, content)) from error


def draft(image: Image.Image, side: int) -> tuple[int, Box | None]:
    """Let a format that offers it (JPEG) decode to a half, a quarter or an eighth, of `side` pixels at least.

    Returns the pixels that count while it is decoded, where those of a progressive JPEG are held whole; and the box of
    the picture in what is decoded, which ends with a whole block.
    """
    whole = pixels_of(image)
    reduced = image.draft(None, (side, side))
    box = reduced[1] if reduced else None
    return (whole if "progressive" in image.info else pixels_of(image)), box


@contextmanager
def loaded(image: Image.Image, pixels: int) -> Iterator[None]:
    """The image decoded, when there is room for its pixels: they count, and are there, as long as this lasts."""
    with IN_FLIGHT.room_for(pixels):
        image.load()
        try:
            yield
        finally:
            image.close()


def pixels_of(image: Image.Image) -> int:
    """Pixels that count while the image is decoded."""
    return image.width * image.height * (WEBP_COPIES if image.format == "WEBP" else 1)


def check_size(width: int, height: int) -> None:
    """Refuses an image of no pixels or of too many, by what its header says."""
    if not width or not height:
        raise UnreadableImage("the image has no pixels")
    if width * height > MAX_PIXELS:
        many = f"{width} × {height} pixels"
        raise UnreadableImage(f"an image of {many} is too large (at most {MAX_PIXELS // 10**6} million)")


def _reason(error: Exception, content: bytes) -> str:
    if isinstance(error, UnidentifiedImageError):
        known = next((name for magic, name in MAGIC.items() if content.startswith(magic)), "")
        return f"a damaged {known} image, or of a kind that is not read" if known else "not an image of a known format"
    if isinstance(error, Image.DecompressionBombError):
        return f"the image has too many pixels (at most {MAX_PIXELS // 10**6} million)"
    return f"the image cannot be decoded ({_one_line(str(error)) or type(error).__name__})"


MAGIC = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF8": "GIF",
    b"RIFF": "WebP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
}
"""First bytes of a file by its format."""


def _one_line(text: str) -> str:
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text[: 2 * MAX_REASON]).split())
    return line if len(line) <= MAX_REASON else line[: MAX_REASON - 1] + "…"
