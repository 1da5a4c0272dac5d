from __future__ import annotations

from typing import Any

import numpy as np
import pytest


@pytest.fixture(scope="module")
def crops() -> Any:
    from thaw.networks.keras.augment import random_resized_crops

    return random_resized_crops


def ramp(rows: int, size: int = 64) -> np.ndarray:
    """Red grows to the right, green downwards."""
    across = np.broadcast_to(np.arange(size) * 3, (size, size))
    picture = np.stack([across, across.T, np.zeros_like(across)], axis=-1).astype(np.uint8)
    return np.stack([picture] * rows)


def test_a_crop_follows_from_its_seed(crops: Any) -> None:
    images = ramp(8)
    first, again, other = (crops(images, seed).numpy() for seed in ([3, 1], [3, 1], [3, 2]))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (8, 64, 64, 3)
    assert not np.array_equal(first, other)
    assert len({crop.tobytes() for crop in first}) == 8


def test_crops_are_of_the_area_asked_for_and_half_of_them_are_mirrored(crops: Any) -> None:
    got = crops(ramp(1000), [0, 0]).numpy()
    across, down = (got[:, 0, -1, 0] - got[:, 0, 0, 0]) / 189, (got[:, -1, 0, 1] - got[:, 0, 0, 1]) / 189
    assert got.min() >= 0
    assert got.max() <= 189.001
    assert 0.45 < (across < 0).mean() < 0.55
    assert (down > 0).all()
    area, aspect = np.abs(across) * down, np.abs(across) / down
    # A crop longer than the image ends at its edges, which takes a little of the area.
    assert 0.48 < area.min() < 0.6 < 0.9 < area.max() <= 1
    assert 0.74 < aspect.min() < 0.8 < 1.25 < aspect.max() < 1.34
