from __future__ import annotations

import pickle
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.data.image_makers import encoded, noise, png, png_chunk, tiff
from thaw.data.image_checks import inspect
from thaw.data.images import decode, size_of

pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::Warning:PIL.Image"),
]


def test_what_an_image_is() -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    found = inspect(encoded(noise(200, 500), "JPEG", exif=exif))
    assert (found.width, found.height, found.animated) == (200, 500, False)
    assert 0 <= found.phash < 2**64
    assert found == inspect(encoded(noise(200, 500), "JPEG", exif=exif))


@pytest.mark.parametrize(
    ("kind", "animated"), [("GIF", True), ("WEBP", True), ("PNG", True), ("TIFF", True), ("MPO", False)]
)
def test_more_than_one_frame_is_seen(kind: str, animated: bool) -> None:
    content = encoded(noise(20, 20), kind, save_all=True, append_images=[noise(20, 20, seed=1)])
    assert inspect(content).animated is animated
    assert inspect(encoded(noise(20, 20), "JPEG" if kind == "MPO" else kind)).animated is False


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF", "MPO"])
def test_later_frames_leave_the_first_as_it_is(kind: str) -> None:
    one, several = (
        encoded(noise(6, 8).resize((80, 60)).quantize(16), kind, save_all=True, append_images=others)
        if kind == "GIF"
        else encoded(noise(6, 8).resize((80, 60)), kind, save_all=True, append_images=others)
        for others in ([], [noise(60, 80, seed=1)] * 2)
    )
    assert (inspect(one).phash ^ inspect(several).phash).bit_count() <= 6
    levels = (np.frombuffer(inspect(content).thumbnail, np.uint8).astype(int) for content in (one, several))
    assert np.abs(np.subtract(*levels)).max() <= 8  # WebP compresses an animation another way


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM"])
def test_whole_is_told_from_truncated(kind: str) -> None:
    content = encoded(noise(64, 64), kind)
    inspect(content)
    for left in (len(content) // 2, len(content) * 9 // 10):
        with pytest.raises(ValueError, match="image"):
            inspect(content[:left])


def test_a_strip_that_is_missing_is_seen() -> None:
    whole = tiff(4, 4, bytes(16), (8,))
    inspect(whole)
    for tags in ({257: (5,)}, {256: (5,)}, {257: (4000,), 278: (4,)}):
        with pytest.raises(ValueError, match=r"missing|truncated"):
            inspect(tiff(4, 4, bytes(16), (8,), tags={278: (4,), **tags}))


@pytest.mark.parametrize(
    "content", [b"", b"\0", b"hello", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", b"\xff\xd8"]
)
def test_no_image(content: bytes) -> None:
    act: Callable[[bytes], object]
    for act in (inspect, size_of, lambda content: decode(content, 4)):
        with pytest.raises(ValueError, match="not an image of a known format"):
            act(content)


@pytest.mark.parametrize("side", [9_460, 13_378, 13_379, 60_000, 2**31 - 1])
def test_too_many_pixels_are_refused_by_the_header(side: int) -> None:
    with pytest.raises(ValueError, match=r"too large|too many pixels|not read"):
        inspect(bomb(side))


def bomb(side: int) -> bytes:
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    data = png_chunk(b"IDAT", zlib.compress(b""))
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + data + png_chunk(b"IEND", b"")


MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F")


@cache
def seeds() -> tuple[bytes, ...]:
    """Tiny images of every format and mode that Pillow writes, and some that it does not."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x8769] = 6, "maker", {0x9003: "2020"}
    found = [tiff(2, 2, bytes(range(24)), (16,) * 3, photometric=2), tiff(2, 2, bytes(16), (32,), sample_format=3)]
    found += [tiff(2, 2, bytes(range(8)), (8, 8), tags={338: (1,)}), png(2, 2, 16, 2, bytes(24))]
    for kind in ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM"):
        for mode in MODES:
            options = {"exif": exif} if kind in ("JPEG", "PNG", "WEBP") else {}
            try:
                found.append(encoded(of_mode(mode), kind, **options))
            except (OSError, KeyError, ValueError):
                continue  # Pillow does not write this mode
    frames = {"save_all": True, "append_images": [noise(9, 14, seed=1)]}
    found += [encoded(noise(9, 14), kind, **frames) for kind in ("GIF", "PNG", "WEBP", "TIFF", "MPO")]
    found += [encoded(noise(9, 14), "JPEG", progressive=True), encoded(of_mode("P"), "PNG", transparency=3)]
    for compression in ("tiff_lzw", "tiff_deflate", "jpeg", "packbits"):
        found.append(encoded(noise(9, 14), "TIFF", compression=compression))
    return (*found, *(encoded(of_mode("1"), "TIFF", compression=fax) for fax in ("group3", "group4")))


def of_mode(mode: str) -> Image.Image:
    if mode == "I;16":
        return Image.fromarray(np.random.default_rng(0).integers(0, 2**16, (9, 14), dtype=np.uint16))
    return noise(9, 14).convert(mode)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    content = bytearray(seeds()[draw(st.integers(0, len(seeds()) - 1))])
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, max(0, min(len(content), draw(st.sampled_from([40, 150, 10**6]))) - 1)))
        kind = draw(st.sampled_from(["flip", "flip", "flip", "set", "cut", "remove", "insert"]))
        if kind == "flip" and content:
            content[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "set" and content:
            content[at] = draw(st.sampled_from([0, 127, 128, 255]))
        elif kind == "cut":
            del content[at:]
        elif kind == "remove":
            del content[at : at + draw(st.integers(1, 12))]
        elif kind == "insert":
            content[at:at] = draw(st.binary(min_size=1, max_size=12))
    return bytes(content)


def test_there_are_many_seeds() -> None:
    assert len(seeds()) > 40
    for content in seeds():
        inspect(content)


@settings(max_examples=1500, deadline=5000)
@given(damaged())
def test_what_is_found_good_can_be_decoded_and_all_else_is_refused_in_one_line(content: bytes) -> None:
    try:
        found = inspect(content)
    except ValueError as error:
        reason = str(error)
        assert reason.isprintable()
        assert 0 < len(reason) < 200
        return
    assert size_of(content) == (found.width, found.height)
    assert decode(content, 96).shape == (96, 96, 3)
    assert decode(content, 1).shape == (1, 1, 3)


READ_ALL = """
import pickle, sys
from thaw.data.images import decode
from thaw.data.image_checks import inspect
for content in pickle.load(open(sys.argv[1], "rb")):
    for act in (inspect, lambda content: decode(content, 2)):
        try:
            act(content)
        except ValueError:
            pass
"""


def test_nothing_is_printed(tmp_path: Path) -> None:
    """Neither by Python nor by the libraries below it."""
    contents = [content[:at] + b"\xff\x81" + content[at + 2 :] for content in seeds() for at in range(0, 200, 13)]
    (tmp_path / "contents").write_bytes(pickle.dumps([*contents, *map(bomb, (9_470, 13_000, 10**6))]))
    command = [sys.executable, "-c", READ_ALL, str(tmp_path / "contents")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@settings(max_examples=300, deadline=5000)
@given(st.binary(max_size=60))
def test_no_bytes_at_all_end_in_another_error(content: bytes) -> None:
    for start in (b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"RIFF....WEBP", b"II*\0", b"P6 "):
        try:
            inspect(start + content)
        except ValueError:
            continue
        decode(start + content, 3)
