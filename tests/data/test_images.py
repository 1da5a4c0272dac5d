from __future__ import annotations

import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from thaw.data import images
from thaw.data.images import Pixels, decode, size_of, verify


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def test_rgb_of_the_same_size_is_untouched() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    np.testing.assert_array_equal(decode(encoded(Image.fromarray(pixels)), 8), pixels)


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


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("L", 100, (100, 100, 100)),
        ("1", 1, (255, 255, 255)),
        ("LA", (100, 255), (100, 100, 100)),
        ("RGBA", (10, 20, 30, 255), (10, 20, 30)),
        ("RGBA", (10, 20, 30, 0), (255, 255, 255)),
        ("I;16", 65535, (255, 255, 255)),
        ("I;16", 257 * 100, (100, 100, 100)),
    ],
)
def test_modes_of_png(mode: str, colour: Any, expected: tuple[int, ...]) -> None:
    assert decode(encoded(Image.new(mode, (6, 6), colour)), 3)[1, 1].tolist() == list(expected)


def test_palette_with_transparency_lies_on_white() -> None:
    image = Image.new("P", (6, 6), 1)
    image.putpalette([0, 0, 0, 200, 0, 0])
    assert decode(encoded(image), 3)[0, 0].tolist() == [200, 0, 0]
    assert decode(encoded(image, transparency=1), 3)[0, 0].tolist() == [255, 255, 255]


def test_cmyk_jpeg_and_float_tiff() -> None:
    got = decode(encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=100), 4)[1, 1]
    assert np.abs(got.astype(int) - [255, 0, 0]).max() < 10
    assert decode(encoded(Image.new("F", (4, 4), 0.5), "TIFF"), 2)[0, 0].tolist() == [128, 128, 128]


def test_exif_orientation_is_honoured() -> None:
    image = Image.new("RGB", (20, 10))
    image.paste((255, 255, 255), (0, 0, 10, 10))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise
    content = encoded(image, "JPEG", exif=exif, quality=100)
    assert size_of(content) == (10, 20)
    got = decode(content, 10)
    assert got[1].mean() > 240
    assert got[8].mean() < 15


def test_size_of() -> None:
    assert size_of(encoded(Image.new("RGB", (7, 3)))) == (7, 3)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
def test_verify_tells_whole_from_truncated(kind: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    content = encoded(Image.fromarray(pixels), kind)
    verify(content)
    with pytest.raises(ValueError, match=r"cannot be decoded|not an image"):
        verify(content[: len(content) // 2])


@pytest.mark.parametrize("content", [b"", b"hello", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"])
def test_no_image(content: bytes) -> None:
    for act in (verify, size_of, lambda content: decode(content, 4)):
        with pytest.raises(ValueError, match="not an image of a known format"):
            act(content)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_decompression_bomb_is_refused_by_its_header() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    for side in (10_000, 60_000):
        header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
        content = (
            b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
        )
        with pytest.raises(ValueError, match=r"too large|too many pixels"):
            verify(content)


def noise(rows: int) -> list[bytes]:
    rng = np.random.default_rng(0)
    return [encoded(Image.fromarray(rng.integers(0, 256, (9, 9, 3), dtype=np.uint8))) for _ in range(rows)]


class Counted(list[bytes]):
    """Contents that count how often they are read."""

    def __init__(self, contents: list[bytes]) -> None:
        super().__init__(contents)
        self.read: list[int] = []

    def __getitem__(self, index: Any) -> Any:
        self.read.append(index)
        return super().__getitem__(index)


def test_pixels_are_decoded_once_and_when_asked_for(tmp_path: Path) -> None:
    contents = Counted(noise(50))
    expected = np.stack([decode(content, 6) for content in contents])
    pixels = Pixels(contents, 6, tmp_path / "pixels")
    assert contents.read == []
    rows = np.array([7, 3, 7, 49])
    np.testing.assert_array_equal(pixels[rows], expected[rows])
    assert set(contents.read) == {3, 7, 49}
    contents.read.clear()
    np.testing.assert_array_equal(pixels[np.arange(50)[::-1]], expected[::-1])
    assert sorted(contents.read) == sorted(set(range(50)) - {3, 7, 49})
    assert (tmp_path / "pixels").stat().st_size == pixels[np.arange(50)].nbytes


def test_pixels_that_do_not_fit_the_disk_are_decoded_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_DISK_SHARE", 0.0)
    contents = Counted(noise(8))
    pixels = Pixels(contents, 6, tmp_path / "pixels")
    first = pixels[np.arange(8)]
    np.testing.assert_array_equal(pixels[np.arange(8)], first)
    assert sorted(contents.read) == sorted([*range(8)] * 2)
    assert list(tmp_path.iterdir()) == []


def test_pixels_of_a_disk_that_fills_up_are_right_all_the_same(tmp_path: Path) -> None:
    pixels = Pixels(noise(4), 6, tmp_path / "pixels")
    pixels._file = open("/dev/full", "r+b", buffering=0)  # noqa: SIM115
    first = pixels[np.arange(4)]
    assert first.any(axis=(1, 2, 3)).all()
    np.testing.assert_array_equal(pixels[np.arange(4)], first)


def test_many_threads_may_ask_for_pixels(tmp_path: Path) -> None:
    contents = noise(64)
    expected = np.stack([decode(content, 6) for content in contents])
    pixels = Pixels(contents, 6, tmp_path / "pixels")
    orders = [np.random.default_rng(seed).permutation(64) for seed in range(16)]
    with ThreadPoolExecutor(8) as pool:
        for order, got in zip(orders, pool.map(pixels.__getitem__, orders), strict=True):
            np.testing.assert_array_equal(got, expected[order])


def test_an_unreadable_image_is_named(tmp_path: Path) -> None:
    good = noise(1)[0]
    pixels = Pixels([good, b"no", good], 4, tmp_path / "pixels")
    assert pixels[np.array([0, 2])].shape == (2, 4, 4, 3)
    with pytest.raises(ValueError, match="image 1: not an image"):
        pixels[np.arange(3)]


def test_pixels_of_nothing(tmp_path: Path) -> None:
    assert Pixels([], 4, tmp_path / "pixels")[np.arange(0)].shape == (0, 4, 4, 3)
