"""Memory of decoding images as large as may be, on many threads; each measurement is of a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from thaw.data.image_files import MAX_PIXELS

CHECK = """
import re, sys
from concurrent.futures import ThreadPoolExecutor
from thaw.data.images import decode
from thaw.data.image_checks import inspect
content = open(sys.argv[1], "rb").read()
with ThreadPoolExecutor(16) as pool:
    list(pool.map(inspect, [content] * int(sys.argv[2])))
    list(pool.map(decode, [content] * 2, [96] * 2))
print(re.search(r"VmHWM:\\s*(\\d+) kB", open("/proc/self/status").read())[1])
"""


def peak(path: Path, copies: int) -> int:
    """Bytes of memory at most; the kernel's own count of a process begins with that of the one that started it."""
    command = [sys.executable, "-c", CHECK, str(path), str(copies)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=250, check=True)
    assert done.stderr == ""
    return int(done.stdout) * 1024


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_sixteen_of_the_largest_pngs_take_less_than_a_gigabyte(mode: str, tmp_path: Path) -> None:
    side = int(MAX_PIXELS**0.5)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new(mode, (side, side)).save(tmp_path / "large.png", compress_level=1, exif=exif)
    assert peak(tmp_path / "large.png", 16) < 10**9


def test_many_photos_on_many_threads_take_the_memory_of_a_few(tmp_path: Path) -> None:
    """A hundred progressive photos of 12 million pixels, each of which is held whole while it is read."""
    pixels = np.random.default_rng(0).integers(0, 256, (75, 100, 3), dtype=np.uint8)
    photo = Image.fromarray(pixels).resize((4000, 3000))
    photo.save(tmp_path / "photo.jpg", progressive=True, quality=50)
    assert peak(tmp_path / "photo.jpg", 20) < 9 * 10**8
