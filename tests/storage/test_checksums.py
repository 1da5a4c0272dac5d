import hashlib
from pathlib import Path

from thaw.storage.checksums import file_checksums, folder_checksum

GOLDEN = "59d5949d8bdfa86ef0230a087b03b93769a45ea1ce416475cdeb4b8ac2c1a7c0"


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def test_checksums_of_nested_files(tmp_path: Path) -> None:
    write(tmp_path, {"b.json": b"{}", "a/weights": b"\x00" * 100})
    expected = {"a/weights": hashlib.sha256(b"\x00" * 100).hexdigest(), "b.json": hashlib.sha256(b"{}").hexdigest()}
    assert file_checksums(tmp_path) == expected
    assert list(file_checksums(tmp_path)) == ["a/weights", "b.json"]


def test_the_checksum_of_a_folder_is_that_of_the_listing_by_sha256sum(tmp_path: Path) -> None:
    """GOLDEN is what `sha256sum a.bin b.json | sha256sum` prints."""
    write(tmp_path, {"b.json": b"{}", "a.bin": b"abc"})
    assert folder_checksum(file_checksums(tmp_path)) == GOLDEN


def test_names_and_contents_both_count(tmp_path: Path) -> None:
    folders = [
        write(tmp_path / str(number), files)
        for number, files in enumerate([{"a": b"1"}, {"a": b"2"}, {"b": b"1"}, {"a": b"1", "b": b""}])
    ]
    checksums = {folder_checksum(file_checksums(folder)) for folder in folders}
    assert len(checksums) == 4
