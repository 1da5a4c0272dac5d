"""What Pillow leaves to be done about TIFF files: their tags, and missing strips."""

from __future__ import annotations

from PIL import Image, ImageFile

BITS, PHOTOMETRIC, PLANES, SAMPLE_FORMAT = 258, 262, 284, 339
"""Tags."""
WHITE_IS_ZERO, SEPARATE_PLANES, SIGNED = 0, 2, 2
"""Values of the last three."""


def tag(image: Image.Image, number: int) -> int | None:
    """The first value of a tag; None where there is none, as in other formats."""
    values = getattr(image, "tag_v2", {}).get(number)
    return values[0] if isinstance(values, tuple) else values


def check_complete(image: Image.Image) -> None:
    """Refuses an opened TIFF whose strips or tiles do not cover it: Pillow leaves the rest black.

    Raises:
        ValueError: Some are missing.
    """
    if not isinstance(image, ImageFile.ImageFile) or image.format != "TIFF":
        return
    boxes = [tile.extents for tile in image.tile if tile.extents]
    covered = sum((right - left) * (bottom - top) for left, top, right, bottom in boxes)
    planes = len(image.getbands()) if tag(image, PLANES) == SEPARATE_PLANES else 1
    if covered < image.width * image.height * min(planes, len(boxes)):
        raise ValueError("some of its strips are missing")
