"""Every function, against a local folder and against a real server."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from thaw import storage
from thaw.errors import InputError


def test_join_keeps_the_kind_of_path() -> None:
    assert storage.join("gs://bucket/a/", "b", "/c/") == "gs://bucket/a/b/c"
    assert storage.join("a", "b", "c") == os.path.join("a", "b", "c")
    assert storage.is_remote("gs://bucket")
    assert not storage.is_remote("/gs/bucket")


def test_write_then_read(place: str) -> None:
    uri = storage.join(place, "deep", "er", "file")
    storage.write(uri, b"one")
    storage.write(uri, b"two")
    assert storage.read(uri) == b"two"


def test_read_of_what_is_absent(place: str) -> None:
    with pytest.raises(FileNotFoundError):
        storage.read(storage.join(place, "nothing"))
    storage.write(storage.join(place, "a", "b"), b"")
    with pytest.raises(FileNotFoundError):
        storage.read(storage.join(place, "a"))


def test_exists_for_files_and_what_has_files_below(place: str) -> None:
    assert not storage.exists(place)
    storage.write(storage.join(place, "a", "b"), b"")
    assert storage.exists(place)
    assert storage.exists(storage.join(place, "a"))
    assert storage.exists(storage.join(place, "a", "b"))
    assert not storage.exists(storage.join(place, "a", "bc"))
    assert not storage.exists(storage.join(place, "aa"))


def test_an_empty_local_folder_does_not_exist(tmp_path: Path) -> None:
    assert not storage.exists(str(tmp_path))


def test_listing_is_sorted_relative_and_recursive(place: str) -> None:
    for name in ("b", "a/z", "a/y", "ab"):
        storage.write(storage.join(place, name), name.encode())
    storage.compare_and_swap(storage.join(place, "pointer"), b"x", "")
    assert storage.listing(place) == ["a/y", "a/z", "ab", "b", "pointer"]
    assert storage.listing(storage.join(place, "a")) == ["y", "z"]
    assert storage.listing(storage.join(place, "none")) == []
    assert storage.sizes(storage.join(place, "a")) == {"y": 3, "z": 3}


def test_generation_changes_with_every_write(place: str) -> None:
    uri = storage.join(place, "file")
    assert storage.generation(uri) == ""
    assert storage.read_versioned(uri) == (b"", "")
    seen = set()
    for _ in range(20):
        storage.write(uri, b"same")
        seen.add(storage.generation(uri))
    assert len(seen) == 20
    assert storage.read_versioned(uri) == (b"same", storage.generation(uri))


def test_swap_needs_the_present_generation(place: str) -> None:
    uri = storage.join(place, "pointer")
    assert storage.compare_and_swap(uri, b"1", "")
    assert not storage.compare_and_swap(uri, b"2", "")
    first = storage.generation(uri)
    assert storage.compare_and_swap(uri, b"2", first)
    assert not storage.compare_and_swap(uri, b"3", first)
    assert storage.read(uri) == b"2"


def test_swap_back_to_the_same_content_is_a_new_generation(place: str) -> None:
    uri = storage.join(place, "pointer")
    storage.compare_and_swap(uri, b"a", "")
    first = storage.generation(uri)
    storage.compare_and_swap(uri, b"b", first)
    storage.compare_and_swap(uri, b"a", storage.generation(uri))
    assert not storage.compare_and_swap(uri, b"c", first)


def test_sixteen_threads_race_and_one_wins(place: str) -> None:
    uri = storage.join(place, "pointer")
    generation = ""
    for _ in range(5):
        with ThreadPoolExecutor(16) as pool:
            wins = list(pool.map(lambda n, g=generation: storage.compare_and_swap(uri, b"%d" % n, g), range(16)))
        assert sum(wins) == 1
        content, generation = storage.read_versioned(uri)
        assert content == b"%d" % wins.index(True)


def _increment(uri: str, times: int) -> None:
    while times:
        content, generation = storage.read_versioned(uri)
        times -= storage.compare_and_swap(uri, b"%d" % (int(content or 0) + 1), generation)


def test_processes_race_and_no_swap_is_lost(tmp_path: Path) -> None:
    uri = str(tmp_path / "counter")
    spawn = multiprocessing.get_context("fork")
    racers = [spawn.Process(target=_increment, args=(uri, 25)) for _ in range(4)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert storage.read(uri) == b"100"


def test_upload_and_download_of_a_folder(place: str, tmp_path: Path) -> None:
    folder = tmp_path / "from"
    (folder / "sub").mkdir(parents=True)
    (folder / "a").write_bytes(b"a")
    (folder / "sub" / "b").write_bytes(b"b")
    storage.upload(folder, place)
    assert storage.listing(place) == ["a", "sub/b"]
    got = storage.download(place, tmp_path / "to")
    assert got == tmp_path / "to"
    assert (got / "sub" / "b").read_bytes() == b"b"


def test_download_of_a_file(place: str, tmp_path: Path) -> None:
    uri = storage.join(place, "a", "file.txt")
    storage.write(uri, b"text")
    got = storage.download(uri, tmp_path / "to")
    assert got == tmp_path / "to" / "file.txt"
    assert got.read_bytes() == b"text"


def test_local_path(place: str, tmp_path: Path) -> None:
    uri = storage.join(place, "a", "file.txt")
    storage.write(uri, b"text")
    assert storage.local_path(uri, tmp_path / "file").read_bytes() == b"text"
    assert (storage.local_path(storage.join(place, "a"), tmp_path / "folder") / "file.txt").read_bytes() == b"text"
    if not storage.is_remote(place):
        assert storage.local_path(uri, tmp_path / "unused") == Path(uri)
        assert not (tmp_path / "unused").exists()


def test_local_path_and_download_of_what_is_absent(place: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        storage.local_path(storage.join(place, "nothing"), tmp_path)
    with pytest.raises(FileNotFoundError):
        storage.download(storage.join(place, "nothing"), tmp_path)


def test_check_writable_leaves_nothing(place: str) -> None:
    storage.check_writable(place)
    assert storage.listing(place) == []


def test_nothing_can_be_written_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    below = str(tmp_path / "file" / "below")
    for act in (
        storage.check_writable,
        lambda uri: storage.write(uri, b""),
        lambda uri: storage.compare_and_swap(uri, b"", ""),
    ):
        with pytest.raises(InputError, match="cannot be written"):
            act(below)


def test_a_folder_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        storage.write(str(tmp_path / "folder"), b"")
    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]


@pytest.mark.parametrize(
    "act",
    [
        storage.read,
        storage.exists,
        storage.generation,
        storage.listing,
        storage.check_writable,
        lambda uri: storage.write(uri, b""),
        lambda uri: storage.compare_and_swap(uri, b"", ""),
        lambda uri: storage.local_path(uri, Path("unused")),
    ],
)
def test_a_missing_bucket_is_named(act: Any, gcs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="there is no bucket 'no-such-bucket'"):
        act("gs://no-such-bucket/key")


def test_missing_credentials_are_explained(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "none.json")}
    code = "from thaw import storage; storage.read('gs://bucket/key')"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert "InputError: gs://bucket/key" in done.stderr
    assert "credentials" in done.stderr


def test_local_use_does_not_import_google() -> None:
    code = "import sys; from thaw import storage; storage.exists('.'); print('google.auth' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code]) == b"False\n"
