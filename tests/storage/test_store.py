from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from thaw import storage
from thaw.storage.store import Store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "made" / "sub").mkdir(parents=True)
    (tmp_path / "made" / "a").write_bytes(b"first")
    (tmp_path / "made" / "sub" / "b").write_bytes(b"second")
    return tmp_path / "made"


def test_a_miss(place: str, tmp_path: Path) -> None:
    store = Store(place)
    assert store.find("features", "key") is None
    assert store.locate("features", "key") is None
    assert store.fetch("features", "key", tmp_path) is None


def test_publish_then_find_and_fetch(place: str, folder: Path, tmp_path: Path) -> None:
    store = Store(place)
    uri = store.publish("features", "key", folder, {"rows": 7})
    assert uri == store.locate("features", "key")
    assert uri.startswith(storage.join(place, "features", "key"))
    assert store.find("features", "key") == {"rows": 7}
    got = store.fetch("features", "key", tmp_path / "scratch")
    assert got is not None
    assert (got / "sub" / "b").read_bytes() == b"second"
    assert (str(got) == uri) is not storage.is_remote(place)


def test_publishing_again_changes_nothing(place: str, folder: Path) -> None:
    store = Store(place)
    first = store.publish("features", "key", folder, {"rows": 7})
    (folder / "a").write_bytes(b"other")
    assert store.publish("features", "key", folder, {"rows": 8}) == first
    assert store.find("features", "key") == {"rows": 7}
    assert storage.read(storage.join(first, "a")) == b"first"


def test_no_manifest_is_a_miss(place: str, folder: Path, tmp_path: Path) -> None:
    storage.upload(folder, storage.join(place, "features", "key", "half"))
    assert Store(place).find("features", "key") is None
    assert Store(place).fetch("features", "key", tmp_path) is None


@pytest.mark.parametrize("manifest", [b"", b"not json", b"[]", b"{}"])
def test_a_broken_manifest_is_a_miss_and_is_mended(place: str, folder: Path, manifest: bytes) -> None:
    storage.write(storage.join(place, "features", "key", "manifest.json"), manifest)
    assert Store(place).find("features", "key") is None
    Store(place).publish("features", "key", folder, {"rows": 1})
    assert Store(place).find("features", "key") == {"rows": 1}


def test_a_file_of_another_size_is_a_miss_and_is_mended(place: str, folder: Path, tmp_path: Path) -> None:
    store = Store(place)
    uri = store.publish("features", "key", folder, {})
    storage.write(storage.join(uri, "a"), b"fir")
    assert store.fetch("features", "key", tmp_path / "one") is None
    assert store.publish("features", "key", folder, {}) == uri
    assert store.fetch("features", "key", tmp_path / "two") is not None


def test_racing_writers_leave_one_whole_entry(place: str, tmp_path: Path) -> None:
    def publish(writer: int) -> str:
        made = tmp_path / f"writer{writer}"
        made.mkdir()
        for name in ("a", "b"):
            (made / name).write_bytes(b"%d" % writer * (writer + 1))
        return Store(place).publish("features", "key", made, {"writer": writer})

    with ThreadPoolExecutor(8) as pool:
        uris = set(pool.map(publish, range(8)))
    assert len(uris) == 1
    uri = uris.pop()
    manifest = Store(place).find("features", "key")
    assert manifest is not None
    content = b"%d" % manifest["writer"] * (manifest["writer"] + 1)
    assert {storage.read(storage.join(uri, name)) for name in ("a", "b")} == {content}
