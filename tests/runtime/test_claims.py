"""Whose an output folder is, and what becomes of a second run in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import factories
from thaw import storage
from thaw.errors import InputError
from thaw.records import StepError
from thaw.runtime import claims
from thaw.storage.lease import Lease

HOLD = """
import sys, time
from thaw.runtime.claims import claimed
with claimed(sys.argv[1]):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize(
    "name", ["report.html", "runs/mine", "tensorboard/events", "outcome.json", "run.log", "model/x"]
)
def test_somebody_elses_folder_is_refused_and_left_as_it_is(place: str, name: str) -> None:
    storage.write(f"{place}/{name}", b"mine")
    with pytest.raises(InputError, match=name.split("/")[0]), claims.claimed(place):
        pass
    with pytest.raises(InputError):
        claims.mark(place)
    assert storage.listing(place) == [name]
    assert storage.read(f"{place}/{name}") == b"mine"


def test_unrelated_files_stay_and_the_folder_is_claimed_again(place: str) -> None:
    storage.write(f"{place}/notes.txt", b"mine")
    for _ in range(2):
        with claims.claimed(place):
            storage.write(f"{place}/report.html", b"Thaw's")
    claims.mark(place)
    assert storage.listing(place) == [claims.MARK, "notes.txt", "report.html"]


def test_an_output_of_a_version_without_marks_is_known(place: str) -> None:
    storage.write(f"{place}/report.html", b"Thaw's")
    with pytest.raises(InputError):
        claims.check_ours(place)
    storage.write(f"{place}/dataset.json", factories.dataset().to_json().encode())
    claims.check_ours(place)
    storage.write(f"{place}/dataset.json", b"{}")
    storage.write(f"{place}/error.json", StepError(step="ingest", what="a", do="b").to_json().encode())
    claims.check_ours(place)


def test_an_empty_folder_of_the_name_is_somebody_elses(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    with pytest.raises(InputError, match="runs"), claims.claimed(str(tmp_path)):
        pass
    assert (tmp_path / "runs").is_dir()


def test_a_second_run_is_refused_at_once_and_a_killed_one_holds_nothing(place: str) -> None:
    first = subprocess.Popen([sys.executable, "-c", HOLD, place], stdout=subprocess.PIPE, text=True)
    try:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        began = time.monotonic()
        with pytest.raises(InputError, match=rf"process {first.pid}"), claims.claimed(place):
            pass
        assert time.monotonic() - began < 10
    finally:
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    with claims.claimed(place):
        pass


def test_a_run_on_another_machine_is_alive_when_it_renews(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Lease(f"{place}/{claims.MARK}", seconds=1.5)
    other.owner["host"] = "elsewhere"
    other.acquire()
    newcomer = Lease(f"{place}/{claims.MARK}", seconds=6)
    with pytest.raises(InputError, match="elsewhere"):
        newcomer.acquire(refuse=lambda holder: claims.in_use(place, holder))
    other._released.set()  # it dies, and renews no more
    newcomer = Lease(f"{place}/{claims.MARK}", seconds=2.5)
    newcomer.acquire(refuse=lambda holder: claims.in_use(place, holder))
    newcomer.release()
