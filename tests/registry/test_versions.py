from __future__ import annotations

from pathlib import Path

import pytest

from tests import factories
from thaw import storage
from thaw.errors import InputError
from thaw.records import Release
from thaw.registry.layout import version_uri
from thaw.registry.versions import publish
from thaw.storage.checksums import file_checksums, folder_checksum


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "trained"
    (folder / "tokenizer").mkdir(parents=True)
    (folder / "weights").write_bytes(b"weights")
    (folder / "tokenizer" / "words").write_text("a b c")
    return folder


def release_of(model: Path, registry: str) -> Release:
    files = file_checksums(model)
    version = folder_checksum(files)
    return factories.release(version=version, uri=version_uri(registry, "reviews", version), checksums=files)


def everything(uri: str) -> dict[str, tuple[bytes, str]]:
    return {name: storage.read_versioned(storage.join(uri, name)) for name in storage.listing(uri)}


def test_a_version_holds_the_model_and_its_records(place: str, model: Path) -> None:
    release = release_of(model, place)
    publish(model, release, {"training.json": factories.training()})
    assert storage.listing(release.uri) == ["model/tokenizer/words", "model/weights", "release.json", "training.json"]
    assert Release.parse(storage.read(storage.join(release.uri, "release.json"))) == release


def test_publishing_again_writes_nothing(place: str, model: Path) -> None:
    release = release_of(model, place)
    publish(model, release, {})
    before = everything(release.uri)
    publish(model, release, {"training.json": factories.training()})
    assert everything(release.uri) == before


def test_a_half_written_version_is_completed(place: str, model: Path) -> None:
    release = release_of(model, place)
    storage.write(storage.join(release.uri, "model", "weights"), b"wei")
    publish(model, release, {})
    assert storage.read(storage.join(release.uri, "model", "weights")) == b"weights"


@pytest.mark.parametrize("file", ["weights", "stranger"])
def test_a_version_with_other_content_is_refused(place: str, model: Path, file: str) -> None:
    release = release_of(model, place)
    publish(model, release, {})
    storage.write(storage.join(release.uri, "model", file), b"tampered with")
    with pytest.raises(InputError, match="other files"):
        publish(model, release, {})
