"""One writer at a time, on disk and on a real storage server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from thaw import storage
from thaw.errors import InputError
from thaw.storage.lease import Lease

HOLD = """
import sys, time
from thaw.storage.lease import Lease
held = Lease(sys.argv[1])
held.acquire()
held.write({"updates": 7})
print("held", flush=True)
time.sleep(600)
"""


def lease_on(place: str, seconds: float = 30.0) -> Lease:
    return Lease(storage.join(place, "latest.json"), seconds)


def test_what_one_writes_the_next_one_reads(place: str) -> None:
    first = lease_on(place)
    assert first.acquire() == {}
    first.write({"updates": 3})
    first.release()
    assert lease_on(place).acquire() == {"updates": 3}


def test_a_second_writer_waits_until_the_first_releases(place: str) -> None:
    first, second = lease_on(place), lease_on(place)
    holders: list[Any] = []
    first.acquire()
    taken = threading.Thread(target=lambda: second.acquire(holders.append))
    taken.start()
    taken.join(1.2)
    assert taken.is_alive()
    assert str(os.getpid()) in holders[0]
    first.write({"updates": 5})
    first.release()
    taken.join(10)
    assert second.content == {"updates": 5}
    second.write({"updates": 6})


def test_a_holder_that_does_not_renew_is_overtaken_and_cannot_write_any_more(place: str) -> None:
    sleeper, newcomer = lease_on(place), lease_on(place, seconds=1.0)
    sleeper.acquire()
    sleeper.write({"updates": 1})
    sleeper._released.set()  # as if its machine hung: nothing is renewed
    began = time.monotonic()
    assert newcomer.acquire() == {"updates": 1}
    assert time.monotonic() - began >= 1.0
    newcomer.write({"updates": 2})
    with pytest.raises(InputError, match="taken over"):
        sleeper.write({"updates": 1000})
    with pytest.raises(InputError, match="taken over"):
        sleeper.check()
    sleeper.release()
    newcomer.write({"updates": 3})
    assert json.loads(storage.read(newcomer.uri))["content"] == {"updates": 3}


def test_a_holder_that_lives_is_not_overtaken(place: str) -> None:
    holder, newcomer = lease_on(place, seconds=1.2), lease_on(place, seconds=1.2)
    holder.acquire()
    taken = threading.Thread(target=newcomer.acquire, daemon=True)
    taken.start()
    taken.join(3)
    assert taken.is_alive()
    holder.check()
    holder.release()
    taken.join(10)
    assert not taken.is_alive()


def test_of_many_that_race_for_a_free_one_a_single_one_holds_it(place: str) -> None:
    racers, holding, most = [lease_on(place) for _ in range(6)], [], []

    def race(racer: Lease) -> None:
        racer.acquire()
        holding.append(racer)
        most.append(len(holding))
        time.sleep(0.05)
        holding.remove(racer)
        racer.release()

    threads = [threading.Thread(target=race, args=(racer,)) for racer in racers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert most == [1] * len(racers)


def test_a_killed_process_of_this_machine_is_known_to_be_dead(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "latest.json")], stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"held\n"
    holder.kill()
    holder.wait()
    began = time.monotonic()
    assert lease_on(str(tmp_path)).acquire() == {"updates": 7}
    assert time.monotonic() - began < 5


def test_a_document_that_is_no_document_is_refused(place: str) -> None:
    storage.write(storage.join(place, "latest.json"), b"{torn")
    with pytest.raises(InputError, match="cannot be read"):
        lease_on(place).acquire()
