"""Images of every mode as upright 8-bit greys or RGB: transparent ones over white, deep ones scaled."""

from __future__ import annotations

from PIL import Image

from .deep_greys import grey_bytes
from .image_strips import strips
from .orientation import turn_of
from .tiff import SAMPLE_FORMAT, SIGNED, tag


def upright(image: Image.Image) -> Image.Image:
    """A loaded image as it was seen, in mode L or RGB. A new image takes the place of the given one, which is closed.

    Raises:
        ValueError: It has values that are no colour.
    """
    turn = turn_of(image)
    image = _instead(image, eight_bit(image))
    return image if turn is None else _instead(image, image.transpose(turn))


def _instead(old: Image.Image, new: Image.Image) -> Image.Image:
    if new is not old:
        old.close()
    return new


def eight_bit(image: Image.Image) -> Image.Image:
    """The loaded image in mode L or RGB.

    Raises:
        ValueError: It has values that are no colour.
    """
    if image.mode == "L" and tag(image, SAMPLE_FORMAT) == SIGNED:
        raise ValueError("its values of 8 bits have a sign")
    if image.mode.startswith(("I", "F")):
        return grey_bytes(image)
    if image.has_transparency_data:
        return _over_white(image)
    if image.mode in ("L", "RGB"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _over_white(image: Image.Image) -> Image.Image:
    _shorten_key(image)
    over = Image.new("RGB", image.size)
    for box in strips(image.size):
        part = image.crop(box)
        part = (part.convert("LA") if part.mode == "La" else part).convert("RGBA")
        white = Image.new("RGBA", part.size, "white")
        over.paste(Image.alpha_composite(white, part).convert("RGB"), box)
    return over


def _shorten_key(image: Image.Image) -> None:
    """Pillow reads RGB of 16 bits as bytes, and leaves the transparent colour as it is."""
    key = image.info.get("transparency")
    if isinstance(key, tuple) and max(key) > 255:
        image.info["transparency"] = tuple(value >> 8 for value in key)
