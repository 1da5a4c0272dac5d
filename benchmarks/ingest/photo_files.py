"""Many different photos, made of few real ones: each shows two of them, one shining through the other."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from thaw.cores import cores

from ..regret.packages import debian

WIDTH, HEIGHT = 500, 375
STAMPS = ("animals", "food", "plants", "town", "vehicles")
MIN_SIDE = 150
GRAIN = 6.0
"""Standard deviation of the noise in a photo, of 255: without it these would compress to half the usual size."""
QUALITY = 90


def write_photos(root: Path, photos: int) -> int:
    """Write so many JPEG files in folders by class; returns their bytes."""
    debian("tuxpaint-stamps-default")  # once, not in each process
    for label in STAMPS:
        (root / label).mkdir(parents=True)
    with ProcessPoolExecutor(cores()) as pool:
        return sum(pool.map(_write, [root] * photos, range(photos), chunksize=100))


def _write(root: Path, number: int) -> int:
    random = np.random.default_rng(number)
    label = STAMPS[number % len(STAMPS)]
    path = root / label / f"{number:06d}.jpg"
    photo = Image.blend(_part(label, random), _part(label, random), random.uniform(0.25, 0.75))
    photo.save(path, "JPEG", quality=QUALITY)
    return path.stat().st_size


def _part(label: str, random: np.random.Generator) -> Image.Image:
    """A random part of a random photo of a class, mirrored or not."""
    photo = _photos(label)[random.integers(len(_photos(label)))]
    left, top = random.integers(photo.width - WIDTH + 1), random.integers(photo.height - HEIGHT + 1)
    part = photo.crop((int(left), int(top), int(left) + WIDTH, int(top) + HEIGHT))
    return part.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if random.integers(2) else part


@cache
def _photos(label: str) -> list[Image.Image]:
    """The photos of a class, larger than WIDTH × HEIGHT, with grain."""
    found = sorted((debian("tuxpaint-stamps-default") / "usr/share/tuxpaint/stamps" / label).rglob("*.png"))
    opened = [Image.open(path) for path in found]
    return [_grained(image, seed) for seed, image in enumerate(opened) if min(image.size) >= MIN_SIDE][:60]


def _grained(image: Image.Image, seed: int) -> Image.Image:
    shape = (HEIGHT * 3 // 2, WIDTH * 3 // 2, 3)
    over = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA")).convert("RGB")
    pixels = np.asarray(over.resize(shape[1::-1], Image.Resampling.BICUBIC), np.float64)
    grain = np.random.default_rng(seed).normal(0, GRAIN, shape)
    return Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8))
