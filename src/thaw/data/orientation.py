"""How a camera was held, from the EXIF of its picture. Damaged EXIF counts as upright."""

from __future__ import annotations

from PIL import ExifTags, Image

Turn = Image.Transpose
TURNS = {
    2: Turn.FLIP_LEFT_RIGHT,
    3: Turn.ROTATE_180,
    4: Turn.FLIP_TOP_BOTTOM,
    5: Turn.TRANSPOSE,
    6: Turn.ROTATE_270,
    7: Turn.TRANSVERSE,
    8: Turn.ROTATE_90,
}
"""What puts a picture upright, by EXIF's number for its orientation."""
ON_ITS_SIDE = {Turn.TRANSPOSE, Turn.ROTATE_270, Turn.TRANSVERSE, Turn.ROTATE_90}


def upright_size(image: Image.Image, width: int, height: int) -> tuple[int, int]:
    """(width, height) of the upright picture, from those that its header says."""
    # Pillow turns a TIFF itself when it is loaded, and says its upright size before.
    on_its_side = image.format != "TIFF" and turn_of(image) in ON_ITS_SIDE
    return (height, width) if on_its_side else (width, height)


def turn_of(image: Image.Image) -> Turn | None:
    """What puts the picture upright; None where it is, or where its EXIF cannot be read."""
    try:
        return TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # of whatever kind the damage is: struct.error, SyntaxError, OSError, TypeError
        return None
