from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from thaw.networks.half_precision import convert_to_float16


@pytest.mark.parametrize(
    ("mean", "deviation", "half"), [(0, 1, True), (10, 1, True), (100, 1, False), (1e5, 1e4, False), (0, 1e-3, True)]
)
def test_float16_is_kept_where_it_costs_nothing(mean: float, deviation: float, half: bool, tmp_path: Path) -> None:
    features = np.random.default_rng(0).normal(0, 1, (3000, 7)).astype(np.float32)
    features[:, 3] = features[:, 3] * deviation + mean
    features[:, 5] = 0.1  # never moves
    file = tmp_path / "features.npy"
    np.save(file, features)
    assert convert_to_float16(np.load(file, mmap_mode="r"), file) is half
    kept = np.load(file)
    assert kept.dtype == (np.float16 if half else np.float32)
    assert [file.name for file in tmp_path.iterdir()] == ["features.npy"]
    error = (kept - features).std(0) / features.std(0).clip(1e-9)
    assert error[[0, 1, 2, 3, 4, 6]].max() < 0.01
