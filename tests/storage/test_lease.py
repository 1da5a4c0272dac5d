"""One writer at a time, on disk and on a real storage server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time

import pytest

from thaw import storage
from thaw.errors import InputError
from thaw.storage import lease
from thaw.storage.lease import Lease

HOLD = """
import sys, time
from thaw.storage.lease import Lease
held = Lease(sys.argv[1])
held.take()
held.put({"steps": 7})
print("held", flush=True)
time.sleep(600)
"""


def of(place: str, seconds: float = 30.0) -> Lease:
    return Lease(storage.join(place, "latest.json"), seconds)


def test_what_one_writes_the_next_one_reads(place):
    first = of(place)
    assert first.take() == {}
    first.put({"steps": 3})
    first.release()
    assert of(place).take() == {"steps": 3}


def test_a_second_writer_waits_until_the_first_gives_back(place):
    first, second, told = of(place), of(place), []
    first.take()
    taken = threading.Thread(target=lambda: second.take(told.append))
    taken.start()
    taken.join(1.2)
    assert taken.is_alive()
    assert str(os.getpid()) in told[0]
    first.put({"steps": 5})
    first.release()
    taken.join(10)
    assert second.content == {"steps": 5}
    second.put({"steps": 6})


def test_who_shows_no_sign_of_life_is_overtaken_and_cannot_write_any_more(place):
    sleeper, newcomer = of(place), of(place, seconds=1.0)
    sleeper.take()
    sleeper.put({"steps": 1})
    sleeper._ended.set()  # as if its machine hung: nothing is renewed
    began = time.monotonic()
    assert newcomer.take() == {"steps": 1}
    assert time.monotonic() - began >= 1.0
    newcomer.put({"steps": 2})
    with pytest.raises(InputError, match="taken over"):
        sleeper.put({"steps": 1000})
    with pytest.raises(InputError, match="taken over"):
        sleeper.check()
    sleeper.release()
    newcomer.put({"steps": 3})
    assert json.loads(storage.read(newcomer.uri))["content"] == {"steps": 3}


def test_a_holder_that_lives_is_not_overtaken(place):
    holder, newcomer = of(place, seconds=1.2), of(place, seconds=1.2)
    holder.take()
    taken = threading.Thread(target=newcomer.take, daemon=True)
    taken.start()
    taken.join(3)
    assert taken.is_alive()
    holder.check()
    holder.release()
    taken.join(10)
    assert not taken.is_alive()


def test_of_many_that_race_for_a_free_one_a_single_one_holds_it(place):
    racers, holding, most = [of(place) for _ in range(6)], [], []

    def race(racer: Lease) -> None:
        racer.take()
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


def test_a_killed_process_of_this_machine_is_known_to_be_dead(tmp_path):
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "latest.json")], stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"held\n"
    holder.kill()
    holder.wait()
    began = time.monotonic()
    assert of(str(tmp_path)).take() == {"steps": 7}
    assert time.monotonic() - began < 5


def test_of_another_machine_nothing_is_known():
    assert not lease.dead({**lease.process(), "host": "another", "process": 1})
    assert not lease.dead(lease.process())
    assert lease.dead({**lease.process(), "began": "0"})


def test_a_document_that_is_no_document_is_refused(place):
    storage.write(storage.join(place, "latest.json"), b"{torn")
    with pytest.raises(InputError, match="cannot be read"):
        of(place).take()
