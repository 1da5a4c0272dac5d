from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.data.image_makers import encoded, png, png_chunk, tiff
from thaw.data.image_checks import inspect
from thaw.data.images import decode


def pixel(content: bytes) -> list[int]:
    """The one colour of an image that has been found good."""
    inspect(content)
    got = decode(content, 3).reshape(-1, 3)
    assert (got == got[0]).all()
    return got[0].tolist()


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("L", 100, (100, 100, 100)),
        ("1", 1, (255, 255, 255)),
        ("1", 0, (0, 0, 0)),
        ("LA", (100, 255), (100, 100, 100)),
        ("LA", (100, 51), (224, 224, 224)),
        ("LA", (100, 0), (255, 255, 255)),
        ("RGBA", (10, 20, 30, 255), (10, 20, 30)),
        ("RGBA", (10, 20, 30, 51), (206, 208, 210)),
        ("RGBA", (10, 20, 30, 0), (255, 255, 255)),
        ("I;16", 65535, (255, 255, 255)),
        ("I;16", 257 * 100, (100, 100, 100)),
        ("I;16", 255, (1, 1, 1)),
    ],
)
def test_modes_of_png(mode: str, colour: Any, expected: tuple[int, ...]) -> None:
    assert pixel(encoded(Image.new(mode, (6, 6), colour))) == list(expected)


def test_palette_with_transparency_lies_on_white() -> None:
    image = Image.new("P", (6, 6), 1)
    image.putpalette([0, 0, 0, 200, 0, 0])
    assert pixel(encoded(image)) == [200, 0, 0]
    assert pixel(encoded(image, transparency=1)) == [255, 255, 255]
    assert pixel(encoded(image, transparency=bytes([255, 51]))) == [244, 204, 204]
    assert pixel(encoded(image, "GIF", transparency=1)) == [255, 255, 255]
    assert pixel(encoded(image, "GIF")) == [200, 0, 0]


@pytest.mark.parametrize(
    ("colour", "values", "transparent", "expected"),
    [
        (2, (1000, 20000, 65535), None, (3, 78, 255)),
        (2, (1000, 20000, 65535), (1000, 20000, 65535), (255, 255, 255)),
        (2, (1000, 20000, 65535), (1000, 20000, 0), (3, 78, 255)),
        (6, (1000, 20000, 65535, 65535), None, (3, 78, 255)),
        (6, (1000, 20000, 65535, 0), None, (255, 255, 255)),
        (0, (1000,), None, (4, 4, 4)),
        (0, (1000,), (1000,), (255, 255, 255)),
        (4, (1000, 0), None, (255, 255, 255)),
    ],
)
def test_png_of_16_bits(
    colour: int, values: tuple[int, ...], transparent: tuple[int, ...] | None, expected: tuple[int, ...]
) -> None:
    key = png_chunk(b"tRNS", np.array(transparent, ">u2").tobytes()) if transparent else b""
    assert pixel(png(1, 1, 16, colour, np.array(values, ">u2").tobytes(), key)) == list(expected)


@pytest.mark.parametrize(
    ("values", "bits", "photometric", "sample_format", "tags", "expected"),
    [
        (np.array([25700], "<u2"), (16,), 1, 1, {}, (100,) * 3),
        (np.array([25700], "<u2"), (16,), 0, 1, {}, (155,) * 3),  # white is zero
        (np.array([100], "u1"), (8,), 0, 1, {}, (155,) * 3),
        (np.array([0xF0, 0xFF], "u1"), (12,), 1, 1, {}, (240,) * 3),  # 0xf0f of 0xfff
        (np.array([32767], "<i2"), (16,), 1, 2, {}, (255,) * 3),
        (np.array([100], "<u4"), (32,), 1, 1, {}, (100,) * 3),
        (np.array([25700], "<u4"), (32,), 1, 1, {}, (100,) * 3),
        (np.array([2**31 - 1], "<u4"), (32,), 1, 1, {}, (255,) * 3),
        (np.array([100, 25600, 65535], "<u2"), (16,) * 3, 2, 1, {}, (0, 100, 255)),
        (np.array([50, 100], "u1"), (8, 8), 1, 1, {338: (1,)}, (205,) * 3),  # alpha is multiplied in
        (np.array([255, 0, 0, 51], "u1"), (8,) * 4, 5, 1, {}, (0, 204, 204)),  # CMYK
    ],
)
def test_modes_of_tiff(
    values: np.ndarray,
    bits: tuple[int, ...],
    photometric: int,
    sample_format: int,
    tags: dict[int, tuple[int, ...]],
    expected: tuple[int, ...],
) -> None:
    assert pixel(tiff(1, 1, values.tobytes(), bits, photometric, sample_format, tags)) == list(expected)


@pytest.mark.parametrize(
    ("greys", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.0, 51.0, 255.0], [0, 51, 255]),
        ([0.0, 128.5 * 257, 65535.0], [0, 128, 255]),
        ([0.0, 0.0, 0.0], [0, 0, 0]),
        ([-0.02, 0.5, 1.04], [0, 128, 255]),  # resampled
        ([-3.0, 51.0, 270.0], [0, 51, 255]),
    ],
)
def test_floats_are_scaled_by_their_range(greys: list[float], expected: list[int]) -> None:
    content = encoded(Image.fromarray(np.array(greys, np.float32).repeat(3).reshape(3, 3)), "TIFF")
    inspect(content)
    assert decode(content, 3)[:, 0, 0].tolist() == expected


@pytest.mark.parametrize("grey", [np.nan, np.inf, -np.inf, -1.0, 1e6, -1e9])
def test_floats_that_are_no_greys_are_refused(grey: float) -> None:
    greys = np.full((4, 4), 0.5, np.float32)
    greys[2, 3] = grey
    content = encoded(Image.fromarray(greys), "TIFF")
    for act in (inspect, lambda content: decode(content, 1)):
        with pytest.raises(ValueError, match="its values"):
            act(content)


@pytest.mark.parametrize(
    "content",
    [
        tiff(1, 1, np.array([-1000], "<i2").tobytes(), (16,), sample_format=2),
        tiff(1, 1, np.array([-100], "i1").tobytes(), (8,), sample_format=2),
        tiff(1, 1, np.array([-(2**30)], "<i4").tobytes(), (32,), sample_format=2),
        tiff(1, 1, np.array([0.5], "<f8").tobytes(), (64,), sample_format=3),
    ],
)
def test_values_that_cannot_be_scaled_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="image"):
        inspect(content)
    with pytest.raises(ValueError, match="image"):
        decode(content, 1)


def test_pgm_of_more_than_8_bits() -> None:
    assert pixel(b"P5\n1 1\n65535\n" + (200).to_bytes(2)) == [1, 1, 1]
    assert pixel(b"P5\n1 1\n1023\n" + (1023).to_bytes(2)) == [255, 255, 255]
    assert pixel(b"P2\n1 1\n4000\n 2000") == [128, 128, 128]
    assert pixel(b"P6\n1 1\n65535\n" + np.array([0, 25700, 65535], ">u2").tobytes()) == [0, 100, 255]


ADOBE = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0"


@pytest.mark.parametrize("transform", [0, 2])  # CMYK as it is, and YCCK
def test_cmyk_jpeg_is_inverted_as_adobe_does(transform: int) -> None:
    ink = (0, 255, 255, 51)  # red, with a fifth of black; the file has 255 minus each
    content = encoded(Image.new("CMYK", (16, 16), ink), "JPEG", quality=100, subsampling=0)
    expected = [204.0, 0.0, 0.0]
    if transform:
        assert content.count(ADOBE + b"\0") == 1
        content = content.replace(ADOBE + b"\0", ADOBE + b"\2")
        y, cb, cr, black = 255, 0 - 128, 0 - 128, 204  # the same bytes
        decoded = (y + 1.402 * cr, y - 0.34414 * cb - 0.71414 * cr, y + 1.772 * cb)
        # libjpeg makes inks of these, 255 minus each, and takes them as inverted, so that they are lights.
        expected = [(255 - min(255, max(0, value))) * black / 255 for value in decoded]
    np.testing.assert_allclose(pixel(content), expected, atol=2)


def test_a_large_image_is_converted_in_strips_without_seams() -> None:
    alpha = np.full((1100, 1000, 4), (10, 20, 30, 51), np.uint8)
    assert pixel(encoded(Image.fromarray(alpha), compress_level=1)) == [206, 208, 210]
    floats = np.full((1100, 1000), 51, np.float32)
    floats[-1, -1] = 255
    assert decode(encoded(Image.fromarray(floats), "TIFF"), 2)[0, 0].tolist() == [51, 51, 51]
