from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from thaw.training.schedule import epoch_batches, warmup_cosine


@given(st.integers(1, 300), st.floats(0, 1))
def test_rates_stay_between_zero_and_the_peak(total: Any, warmup_ratio: Any) -> None:
    factors = [warmup_cosine(update, total, warmup_ratio) for update in range(total)]
    assert all(0 <= factor <= 1 for factor in factors)
    assert max(factors) == 1 or total == 1


@given(st.integers(1, 400), st.integers(1, 32), st.integers(0, 5), st.integers(0, 3))
@settings(max_examples=40)
def test_an_epoch_has_every_row_once(rows: Any, batch: Any, seed: int, epoch: Any) -> None:
    lengths = np.random.default_rng(seed).integers(1, 60, rows)
    batches = epoch_batches(lengths, batch, seed, epoch)
    assert sorted(np.concatenate(batches).tolist()) == list(range(rows))
    assert max(len(each) for each in batches) <= batch
    again = epoch_batches(lengths, batch, seed, epoch)
    assert all(np.array_equal(one, other) for one, other in zip(batches, again, strict=True))


def test_batches_are_of_like_length_and_epochs_differ() -> None:
    lengths = np.random.default_rng(0).integers(1, 200, 512)
    batches = epoch_batches(lengths, 16, 0, 0)
    assert np.mean([np.ptp(lengths[rows]) for rows in batches]) < 30 < np.ptp(lengths) / 4
    assert not np.array_equal(np.concatenate(batches), np.concatenate(epoch_batches(lengths, 16, 0, 1)))
