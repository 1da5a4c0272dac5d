"""One look at an image file when it comes in: whether it can be decoded, its size, and what it is a copy of."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from .image_files import draft, loaded, opened
from .image_modes import upright
from .orientation import upright_size
from .perceptual_hash import SIDE, perceptual_hash
from .thumbnails import thumbnail


@dataclass(frozen=True, slots=True)
class Inspected:
    """Facts of an image that `images.decode` can read at any size."""

    width: int
    """Pixels of the upright image, as in the file."""
    height: int
    phash: int
    """64 bits of `perceptual_hash`."""
    thumbnail: bytes
    """For `thumbnails.same_picture`."""
    animated: bool
    """Whether there are more frames or pages than the first, which is the one that is read."""


def inspect(content: bytes) -> Inspected:
    """Decode an image to its end, a JPEG to an eighth of its size: the whole file is read in half the time.

    ValueError with the reason, in one line, when it cannot be read.
    """
    with opened(content) as image:
        width, height = image.size
        with loaded(image, draft(image, SIDE)):
            width, height = upright_size(image, width, height)
            animated = _animated(image)
            small = upright(image).resize((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0).convert("RGB")
            return Inspected(width, height, perceptual_hash(small), thumbnail(small), animated)


def _animated(image: Image.Image) -> bool:
    """A second picture in a JPEG (MPO) is the same one for a 3D or HDR screen."""
    try:
        return image.format != "MPO" and bool(getattr(image, "is_animated", False))
    except Exception:  # later frames may be damaged in any way
        return False
