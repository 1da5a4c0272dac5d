from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from thaw.data.pixel_budget import PixelBudget


def test_threads_together_never_hold_more() -> None:
    budget = PixelBudget(100)
    seen: list[int] = []

    def work(pixels: int) -> None:
        with budget.room_for(pixels):
            seen.append(budget.taken)
            time.sleep(0.001)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, [30, 100, 1, 70, 5000, 60, 40] * 10))
    assert len(seen) == 70
    assert 60 < max(seen) <= 100
    assert budget.taken == 0


def test_room_is_given_back_after_an_error() -> None:
    budget = PixelBudget(10)
    with pytest.raises(KeyError), budget.room_for(10):
        raise KeyError
    with budget.room_for(10):
        pass


def test_who_finds_no_room_waits() -> None:
    budget = PixelBudget(10)
    entered = threading.Event()

    def enter() -> None:
        with budget.room_for(5):
            entered.set()

    thread = threading.Thread(target=enter)
    with budget.room_for(6):
        thread.start()
        assert not entered.wait(0.05)
    assert entered.wait(5)
    thread.join()
