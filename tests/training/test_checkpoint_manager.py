from __future__ import annotations

import errno
import os
import resource
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from thaw import storage
from thaw.errors import InputError
from thaw.training import checkpoint_manager
from thaw.training.checkpoint import Checkpoint
from thaw.training.checkpoint_manager import CheckpointManager, interval, load_newest


def checkpoint(updates: int) -> Checkpoint:
    return Checkpoint(
        {"updates": updates}, {"tuner/head.0": np.full((2, 3), updates, np.float32), "losses": np.arange(updates)}
    )


def saved(
    place: str, scratch: Path, *updates: int, max_to_keep: int = checkpoint_manager.MAX_TO_KEEP, log: Any = print
) -> None:
    manager = CheckpointManager(place, scratch, log, seconds=0.0)
    manager.restore()
    for count in updates:
        manager.save(checkpoint(count), f"{count:08d}", max_to_keep)
        manager.wait_until_finished()
    manager.close()


def restored(place: str, scratch: Path, log: Any = print) -> Checkpoint | None:
    manager = CheckpointManager(place, scratch, log)
    try:
        return manager.restore()
    finally:
        manager.close()


def test_the_newest_comes_back_as_it_was(place: str, tmp_path: Path) -> None:
    assert restored(place, tmp_path) is None
    saved(place, tmp_path, 3, 5)
    found = restored(place, tmp_path)
    assert found.meta == {"updates": 5}
    assert found.arrays["tuner/head.0"].dtype == np.float32
    np.testing.assert_array_equal(found.arrays["tuner/head.0"], checkpoint(5).arrays["tuner/head.0"])
    np.testing.assert_array_equal(found.arrays["losses"], np.arange(5))


def test_two_stay_and_of_a_finished_training_one(place: str, tmp_path: Path) -> None:
    saved(place, tmp_path, 1, 2, 3)
    assert [name[:8] for name in files(place)] == ["00000002", "00000003"]
    saved(place, tmp_path, 4, max_to_keep=1)
    assert [name[:8] for name in files(place)] == ["00000004"]


def files(place: str) -> list[str]:
    return [name for name in storage.listing(place) if name != "latest.json"]


@pytest.mark.parametrize("damage", [b"", b"torn", None])
def test_a_damaged_one_gives_way_to_the_one_before(place: str, tmp_path: Path, damage: Any) -> None:
    saved(place, tmp_path, 3, 5)
    file = storage.join(place, files(place)[-1])
    content = storage.read(file)
    flipped = content[:200] + bytes([content[200] ^ 1]) + content[201:]
    storage.write(file, flipped if damage is None else damage)
    log: list[Any] = []
    assert restored(place, tmp_path, log.append).meta == {"updates": 3}
    assert len(log) == 1


def test_where_none_can_be_read_nothing_starts_anew_in_silence(place: str, tmp_path: Path) -> None:
    saved(place, tmp_path, 3, 5)
    for name in files(place):
        storage.write(storage.join(place, name), b"torn")
    with pytest.raises(InputError, match="delete that folder"):
        restored(place, tmp_path)


def test_what_a_killed_writer_left_unnamed_is_swept_away(place: str, tmp_path: Path) -> None:
    saved(place, tmp_path, 3)
    storage.write(storage.join(place, "00000009-dead", "state.npz"), b"half")
    assert restored(place, tmp_path).meta == {"updates": 3}
    assert [name[:8] for name in files(place)] == ["00000003"]


def costs_a_checkpoint_and_no_more(folder: Path, tmp_path: Path, reason: Any) -> None:
    log: list[Any] = []
    saved(str(folder), tmp_path, 3)
    manager = CheckpointManager(str(folder), tmp_path, log.append, seconds=0.0)
    manager.restore()
    manager.save(Checkpoint({"updates": 5}, {"large": np.zeros(2**20)}), "00000005")
    manager.wait_until_finished()
    manager.close()
    assert len(log) == 1
    assert os.strerror(reason) in log[0] or str(reason) in log[0]
    assert restored(str(folder), tmp_path).meta == {"updates": 3}
    assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) < 2**19


def test_a_file_that_cannot_be_written_costs_a_checkpoint_and_no_more(tmp_path: Path) -> None:
    """No file may be larger than one megabyte."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, limits[1]))
    try:
        costs_a_checkpoint_and_no_more(tmp_path / "folder", tmp_path, errno.EFBIG)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.slow
def test_a_full_disk_costs_a_checkpoint_and_no_more(tmp_path: Path) -> None:
    """A real disk of one megabyte is filled; mounting it needs root."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("mounting needs root")
    try:
        costs_a_checkpoint_and_no_more(disk, tmp_path, errno.ENOSPC)
    finally:
        subprocess.run(["umount", disk], check=True)


def test_of_two_writers_the_one_that_was_overtaken_stops(place: str, tmp_path: Path) -> None:
    first = CheckpointManager(place, tmp_path / "first", seconds=0.0)
    first.restore()
    first.save(checkpoint(3), "00000003")
    first.wait_until_finished()
    first.lease._released.set()  # its machine hangs
    second = CheckpointManager(place, tmp_path / "second", seconds=0.0)
    second.lease.seconds = 1.0
    assert second.restore().meta == {"updates": 3}
    second.save(checkpoint(4), "00000004")
    second.wait_until_finished()
    first.save(checkpoint(1000), "00001000")
    with pytest.raises(InputError, match="taken over"):
        first.wait_until_finished()
    with pytest.raises(InputError, match="taken over"):
        assert first.should_save()
    second.close()
    assert restored(place, tmp_path).meta == {"updates": 4}


def test_the_interval_is_of_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(checkpoint_manager.INTERVAL_VARIABLE, "12.5")
    assert interval() == 12.5
    assert not CheckpointManager(str(tmp_path), tmp_path).should_save()
    assert CheckpointManager(str(tmp_path), tmp_path, seconds=0.0).should_save()
    for wrong in ("soon", "-1", "nan"):
        monkeypatch.setenv(checkpoint_manager.INTERVAL_VARIABLE, wrong)
        with pytest.raises(InputError, match="number of seconds"):
            interval()


def test_where_there_is_none_it_starts_from_another_folder(place: str, tmp_path: Path) -> None:
    pilots, own = storage.join(place, "pilots"), storage.join(place, "own")
    log: list[Any] = []

    def opened() -> Checkpoint | None:
        manager = CheckpointManager(own, tmp_path, log.append, start_from=pilots)
        try:
            return manager.restore()
        finally:
            manager.close()

    assert opened() is None
    assert "begins anew" in log.pop()
    saved(pilots, tmp_path, 3, 5)
    assert opened().meta == {"updates": 5}
    saved(own, tmp_path, 4)
    assert opened().meta == {"updates": 4}
    assert not log


def test_the_newest_is_read_while_another_writes(place: str, tmp_path: Path) -> None:
    assert load_newest(place, tmp_path) is None
    writer = CheckpointManager(place, tmp_path / "writer", seconds=0.0)
    writer.restore()
    for steps in (3, 5):
        writer.save(checkpoint(steps), f"{steps:08d}")
    writer.wait_until_finished()
    assert load_newest(place, tmp_path).meta == {"updates": 5}
    newer = next(name for name in files(place) if name.startswith("00000005"))
    storage.write(storage.join(place, newer), b"torn")
    assert load_newest(place, tmp_path).meta == {"updates": 3}
    writer.save(checkpoint(7), "00000007")
    writer.wait_until_finished()
    writer.close()
    storage.write(storage.join(place, "latest.json"), b"torn")
    assert load_newest(place, tmp_path) is None
