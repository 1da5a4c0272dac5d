from __future__ import annotations

import hashlib
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.data.image_makers import encoded, noise, png, png_chunk
from thaw.data.images import decode, size_of

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL.TiffImagePlugin")


def test_rgb_of_the_same_size_is_untouched() -> None:
    pixels = np.asarray(noise(8, 8))
    np.testing.assert_array_equal(decode(encoded(Image.fromarray(pixels)), 8), pixels)


@pytest.mark.parametrize("size", [1, 7, 96])
@pytest.mark.parametrize(
    ("kind", "options"),
    [("PNG", {}), ("JPEG", {}), ("JPEG", {"progressive": True, "subsampling": 0}), ("BMP", {}), ("WEBP", {})],
)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_bits_of_ordinary_photos(kind: str, options: dict[str, Any], size: int, orientation: int) -> None:
    """Features and results that are kept from earlier versions are of these very pixels."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(noise(40, 64).resize((50, 30)), kind, exif=exif, **options)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB")
    expected = upright.resize((size, size), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(decode(content, size), np.asarray(expected))


def test_bits_of_a_png_do_not_depend_on_the_library() -> None:
    ramp = np.add.outer(np.arange(30) * 5, np.arange(50) * 2)[..., None] + np.array([0, 3, 9])
    digest = hashlib.sha256(decode(encoded(Image.fromarray(ramp.astype(np.uint8))), 20).tobytes()).hexdigest()
    assert digest == "bffb524aa72e7c0ebc5c0ca59776410111608a6d77b962e438246f5b9078b90d"


def test_shrinking_averages() -> None:
    checkers = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)
    got = decode(encoded(Image.fromarray(checkers)), 8)
    assert got.shape == (8, 8, 3)
    assert np.abs(got.astype(int) - 127).max() <= 3


def test_the_square_is_a_plain_stretch() -> None:
    wide = Image.new("RGB", (40, 10))
    wide.paste((255, 0, 0), (0, 0, 20, 10))
    got = decode(encoded(wide), 10)
    assert got[5, 1].tolist() == [255, 0, 0]
    assert got[5, 8].tolist() == [0, 0, 0]


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 10_000), (10_000, 1), (2, 3)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_any_shape(kind: str, width: int, height: int) -> None:
    content = encoded(Image.new("RGB", (width, height), (200, 200, 200)), kind)
    assert size_of(content) == (width, height)
    assert (decode(content, 224) == 200).all()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_honoured(kind: str, orientation: int) -> None:
    image = Image.new("RGB", (32, 16))
    image.paste((255, 255, 255), (0, 0, 16, 16))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"tiffinfo": {0x0112: orientation}} if kind == "TIFF" else {"exif": exif}
    content = encoded(image, kind, **options)
    assert size_of(content) == ((16, 32) if orientation > 4 else (32, 16))
    got = decode(content, 16)
    white = got[:7] if orientation in (5, 6) else got[9:] if orientation in (7, 8) else None
    if white is None:
        white = got[:, :7] if orientation in (1, 4) else got[:, 9:]
    assert white.mean() > 235
    assert got.mean() < 140


def test_exif_behind_the_pixels_of_a_png_is_honoured() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    last = png_chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
    content = png(2, 1, 8, 0, bytes([255, 0]), last=last)
    assert size_of(content) == (1, 2)
    assert decode(content, 2)[:, :, 0].tolist() == [[255, 255], [0, 0]]


BROKEN_EXIF = (
    b"Exif\0\0",
    b"Exif\0\0nothing of the kind",
    b"Exif\0\0MM\0*\0\0\0\x08\xff\xff",
    b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\xff\xff\xff\xff\0\0\0\0",
    b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x01\0\0\0six\0\0\0\0\0",
    b"Exif\0\0II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0\x63\0\0\0\x69\x87\x04\0\x01\0\0\0\xff\xff\xff\x7f",
)


@pytest.mark.parametrize("exif", BROKEN_EXIF)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_broken_exif_counts_as_upright(kind: str, exif: bytes) -> None:
    content = encoded(noise(8, 12), kind, exif=exif)
    assert size_of(content) == (12, 8)
    np.testing.assert_array_equal(decode(content, 8), decode(encoded(noise(8, 12), kind), 8))


def test_bytes_behind_a_whole_image_are_no_matter() -> None:
    for kind in ("JPEG", "PNG", "GIF", "BMP"):
        content = encoded(noise(9, 9), kind)
        np.testing.assert_array_equal(decode(content + b"garbage" * 99, 9), decode(content, 9))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF", "MPO"])
def test_the_first_frame_or_page_is_read(kind: str) -> None:
    first, *others = (Image.new("RGB", (16, 16), colour) for colour in ("red", "lime", "blue"))
    got = decode(encoded(first, kind, save_all=True, append_images=others), 4)
    assert np.abs(got.astype(int) - [255, 0, 0]).max() < 12
