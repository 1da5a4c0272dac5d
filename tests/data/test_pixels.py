from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.data.image_makers import encoded
from thaw.data import pixels as module
from thaw.data.images import decode
from thaw.data.pixels import Pixels


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
    monkeypatch.setattr(module, "MAX_DISK_SHARE", 0.0)
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
