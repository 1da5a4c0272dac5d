from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from tests.data.image_makers import encoded
from thaw.data.image_checks import Inspected, inspect
from thaw.data.thumbnails import THUMBNAIL_BYTES, same_picture


def scene(seed: int) -> Image.Image:
    """Shapes of all sizes, smooth, as in a photo."""
    rng = np.random.default_rng(seed)
    layers = []
    for side, weight in ((3, 0.45), (7, 0.3), (20, 0.25)):
        coarse = Image.fromarray(rng.integers(0, 256, (side, side, 3), dtype=np.uint8))
        layers.append(weight * np.asarray(coarse.resize((320, 240), Image.Resampling.BICUBIC), float))
    return Image.fromarray(np.sum(layers, axis=0).clip(0, 255).astype(np.uint8))


def saved(image: Image.Image, quality: int = 85) -> Inspected:
    return inspect(encoded(image, "JPEG", quality=quality))


def distance(one: Inspected, other: Inspected) -> int:
    return (one.phash ^ other.phash).bit_count()


def same(one: Inspected, other: Inspected) -> bool:
    a, b = (np.frombuffer(found.thumbnail, np.uint8).reshape(1, THUMBNAIL_BYTES) for found in (one, other))
    return bool(same_picture(a, b)[0])


COPIES: dict[str, Callable[[Image.Image], Inspected]] = {
    "compressed": lambda image: saved(image, 30),
    "smaller": lambda image: saved(image.resize((110, 82), Image.Resampling.LANCZOS)),
    "larger": lambda image: saved(image.resize((640, 480), Image.Resampling.BICUBIC)),
    "PNG": lambda image: inspect(encoded(image)),
    "palette": lambda image: inspect(encoded(image.quantize(256), "GIF")),
    "cut": lambda image: saved(image.crop((3, 2, 317, 238))),
    "brighter": lambda image: saved(ImageEnhance.Brightness(image).enhance(1.1)),
    "duller": lambda image: saved(ImageEnhance.Contrast(image).enhance(0.8)),
}


@pytest.mark.parametrize("copy", COPIES)
def test_copies_are_near(copy: str) -> None:
    for seed in range(10):
        found, copied = saved(scene(seed)), COPIES[copy](scene(seed))
        assert distance(found, copied) <= 8
        assert same(found, copied)


def test_a_turned_copy_is_near_when_its_exif_says_so() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = scene(0).transpose(Image.Transpose.ROTATE_90)
    copied = inspect(encoded(turned, "JPEG", quality=85, exif=exif))
    assert distance(saved(scene(0)), copied) <= 4
    assert same(saved(scene(0)), copied)
    assert distance(saved(scene(0)), saved(turned)) > 16


def test_different_pictures_are_far() -> None:
    found = [saved(scene(seed)) for seed in range(40)]
    pairs = [(one, other) for place, one in enumerate(found) for other in found[:place]]
    assert min(distance(*pair) for pair in pairs) > 10
    assert np.mean([distance(*pair) for pair in pairs]) == pytest.approx(31.5, abs=1.5)
    assert not any(same(*pair) for pair in pairs)


def test_blank_pictures_are_told_apart_by_their_colour() -> None:
    colours = ("black", "white", "#777", "red", "#a00")
    blanks = [saved(Image.new("RGB", (50, 40), colour)) for colour in colours]
    assert {blank.phash for blank in blanks} == {0}
    smaller = [saved(Image.new("RGB", (9, 9), colour), 50) for colour in colours]
    for place, blank in enumerate(blanks):
        assert [same(blank, other) for other in smaller] == [place == other for other in range(len(colours))]


def test_colour_tells_apart_what_greys_do_not() -> None:
    red, green, blue = scene(3).split()
    one, other = saved(Image.merge("RGB", (red, green, blue))), saved(Image.merge("RGB", (blue, green, red)))
    assert not same(one, other)


def test_many_thumbnails_at_once_give_what_single_ones_do() -> None:
    found = [saved(scene(seed)) for seed in (0, 1, 2)] * 2
    other = [saved(scene(seed), 40) for seed in (0, 2, 2, 1, 1, 0)]
    a, b = (np.stack([np.frombuffer(each.thumbnail, np.uint8) for each in side]) for side in (found, other))
    assert same_picture(a, b).tolist() == [same(one, two) for one, two in zip(found, other, strict=True)]
    assert same_picture(a, b).tolist() == [True, False, True, False, True, False]
