import os

import pytest

from thaw.cores import cores
from thaw.data import pixels

OWN = len(os.sched_getaffinity(0))


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMP_NUM_THREADS", "THAW_DECODERS"):
        monkeypatch.delenv(name, raising=False)


def decoders() -> int:
    """The number of cores that a new process would count."""
    return pixels.decoders.__wrapped__()


@pytest.mark.parametrize(("given", "expected"), [("1", 1), (str(OWN + 7), OWN), ("0", OWN), ("many", OWN), ("", OWN)])
def test_fewer_than_there_are_where_the_usual_variable_says_so(
    given: str, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", given)
    assert cores() == decoders() == expected


def test_only_those_that_the_process_may_run_on() -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert cores() == decoders() == 1
    finally:
        os.sched_setaffinity(0, before)
    assert cores() == OWN


def test_decoders_have_a_variable_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("THAW_DECODERS", str(OWN + 7))
    assert decoders() == OWN + 7
