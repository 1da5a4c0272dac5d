from __future__ import annotations

import errno
import shutil
import subprocess

import numpy as np
import pytest

from tests.networks import tiny
from tests.networks.harness import plan
from thaw import storage
from thaw.errors import InputError
from thaw.networks.loading import open_network
from thaw.training import checkpoint
from thaw.training.checkpoint import Checkpoint, CheckpointManager, checkpoint_folder, checkpoint_key, interval
from thaw.training.checkpoint import load_newest as newest_of


def moment(steps: int) -> Checkpoint:
    return Checkpoint(
        {"updates": steps}, {"tuner/head.0": np.full((2, 3), steps, np.float32), "losses": np.arange(steps)}
    )


def saved(place: str, scratch, *steps: int, kept: int = checkpoint.KEPT, told=print) -> None:
    keep = CheckpointManager(place, scratch, told, every=0.0)
    keep.open()
    for count in steps:
        keep.save(moment(count), f"{count:08d}", kept)
        keep.wait()
    keep.close()


def load_newest(place: str, scratch, told=print) -> Checkpoint | None:
    keep = CheckpointManager(place, scratch, told)
    try:
        return keep.open()
    finally:
        keep.close()


def test_the_newest_comes_back_as_it_was(place, tmp_path):
    assert load_newest(place, tmp_path) is None
    saved(place, tmp_path, 3, 5)
    found = load_newest(place, tmp_path)
    assert found.meta == {"updates": 5}
    assert found.arrays["tuner/head.0"].dtype == np.float32
    np.testing.assert_array_equal(found.arrays["tuner/head.0"], moment(5).arrays["tuner/head.0"])
    np.testing.assert_array_equal(found.arrays["losses"], np.arange(5))


def test_two_stay_and_of_a_finished_training_one(place, tmp_path):
    saved(place, tmp_path, 1, 2, 3)
    assert [name[:8] for name in files(place)] == ["00000002", "00000003"]
    saved(place, tmp_path, 4, kept=1)
    assert [name[:8] for name in files(place)] == ["00000004"]


def files(place: str) -> list[str]:
    return [name for name in storage.listing(place) if name != "latest.json"]


@pytest.mark.parametrize("damage", [b"", b"torn", None])
def test_a_damaged_one_gives_way_to_the_one_before(place, tmp_path, damage):
    saved(place, tmp_path, 3, 5)
    file = storage.join(place, files(place)[-1])
    content = storage.read(file)
    flipped = content[:200] + bytes([content[200] ^ 1]) + content[201:]
    storage.write(file, flipped if damage is None else damage)
    told = []
    assert load_newest(place, tmp_path, told.append).meta == {"updates": 3}
    assert "cannot be read" in told[0]


def test_where_none_can_be_read_nothing_starts_anew_in_silence(place, tmp_path):
    saved(place, tmp_path, 3, 5)
    for name in files(place):
        storage.write(storage.join(place, name), b"torn")
    with pytest.raises(InputError, match="delete that folder"):
        load_newest(place, tmp_path)


def test_what_a_killed_writer_left_unnamed_is_swept_away(place, tmp_path):
    saved(place, tmp_path, 3)
    storage.write(storage.join(place, "00000009-dead", "state.npz"), b"half")
    assert load_newest(place, tmp_path).meta == {"updates": 3}
    assert [name[:8] for name in files(place)] == ["00000003"]


def test_a_full_disk_costs_a_checkpoint_and_no_more(tmp_path):
    """A real one, of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("mounting needs root")
    told = []
    try:
        saved(str(disk), tmp_path, 3)
        keep = CheckpointManager(str(disk), tmp_path, told.append, every=0.0)
        keep.open()
        keep.save(Checkpoint({"updates": 5}, {"large": np.zeros(2**20)}), "00000005")
        keep.wait()
        keep.close()
        assert "could not be written" in told[0]
        assert "No space left" in told[0] or str(errno.ENOSPC) in told[0]
        assert load_newest(str(disk), tmp_path).meta == {"updates": 3}
        assert shutil.disk_usage(disk).free > 2**19
    finally:
        subprocess.run(["umount", disk], check=True)


def test_of_two_writers_the_one_that_was_overtaken_stops(place, tmp_path):
    first = CheckpointManager(place, tmp_path / "first", every=0.0)
    first.open()
    first.save(moment(3), "00000003")
    first.wait()
    first.lease._ended.set()  # its machine hangs
    second = CheckpointManager(place, tmp_path / "second", every=0.0)
    second.lease.seconds = 1.0
    assert second.open().meta == {"updates": 3}
    second.save(moment(4), "00000004")
    second.wait()
    first.save(moment(1000), "00001000")
    with pytest.raises(InputError, match="taken over"):
        first.wait()
    with pytest.raises(InputError, match="taken over"):
        assert first.due
    second.close()
    assert load_newest(place, tmp_path).meta == {"updates": 4}


def test_the_interval_is_of_time(tmp_path, monkeypatch):
    monkeypatch.setenv(checkpoint.INTERVAL_VARIABLE, "12.5")
    assert interval() == 12.5
    assert not CheckpointManager(str(tmp_path), tmp_path).due
    assert CheckpointManager(str(tmp_path), tmp_path, every=0.0).due
    for wrong in ("soon", "-1", "nan"):
        monkeypatch.setenv(checkpoint.INTERVAL_VARIABLE, wrong)
        with pytest.raises(InputError, match="number of seconds"):
            interval()


def test_what_changes_the_steps_changes_the_folder(tmp_path):
    network = open_network("text", str(tiny.text_folder(tmp_path / "bert")), tmp_path, input_size=32)
    planned = plan(network, 1, "text")
    others = [planned, planned.model_copy(update={"seed": 4}), planned.model_copy(update={"dataset": "1" * 64})]
    assert len({checkpoint_folder("store", each, network) for each in others}) == 3
    assert checkpoint_folder("store", planned, network) == checkpoint_folder("store", planned.model_copy(), network)


def test_a_pilot_lies_where_its_training_does(tmp_path):
    network = open_network("text", str(tiny.text_folder(tmp_path / "bert")), tmp_path, input_size=32)
    planned = plan(network, 1, "text")
    folder = checkpoint_folder("gs://store", planned, network)
    assert checkpoint_folder("gs://store", planned.model_copy(update={"start_from": folder}), network) == folder
    assert (
        checkpoint_key(folder)
        == checkpoint_key(checkpoint_folder("other/store", planned, network))
        != checkpoint_key("")
    )


def test_where_there_is_none_it_starts_from_another_folder(place, tmp_path):
    pilots, own, told = storage.join(place, "pilots"), storage.join(place, "own"), []

    def opened() -> Checkpoint | None:
        keep = CheckpointManager(own, tmp_path, told.append, start_from=pilots)
        try:
            return keep.open()
        finally:
            keep.close()

    assert opened() is None
    assert "begins anew" in told.pop()
    saved(pilots, tmp_path, 3, 5)
    assert opened().meta == {"updates": 5}
    saved(own, tmp_path, 4)
    assert opened().meta == {"updates": 4}
    assert not told


def test_the_newest_is_read_while_another_writes(place, tmp_path):
    assert newest_of(place, tmp_path) is None
    writer = CheckpointManager(place, tmp_path / "writer", every=0.0)
    writer.open()
    for steps in (3, 5):
        writer.save(moment(steps), f"{steps:08d}")
    writer.wait()
    assert newest_of(place, tmp_path).meta == {"updates": 5}
    newer = next(name for name in files(place) if name.startswith("00000005"))
    storage.write(storage.join(place, newer), b"torn")
    assert newest_of(place, tmp_path).meta == {"updates": 3}
    writer.save(moment(7), "00000007")
    writer.wait()
    writer.close()
    storage.write(storage.join(place, "latest.json"), b"torn")
    assert newest_of(place, tmp_path) is None
