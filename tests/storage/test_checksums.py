import hashlib
from pathlib import Path

from thaw.storage import checksums


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def test_digests_of_nested_files(tmp_path: Path) -> None:
    write(tmp_path, {"b.json": b"{}", "a/weights": b"\x00" * 100})
    expected = {"a/weights": hashlib.sha256(b"\x00" * 100).hexdigest(), "b.json": hashlib.sha256(b"{}").hexdigest()}
    assert checksums.of_files(tmp_path) == expected
    assert list(checksums.of_files(tmp_path)) == ["a/weights", "b.json"]


def test_the_folders_digest_is_that_of_sha256sums_listing(tmp_path: Path) -> None:
    """Printed by `sha256sum a.bin b.json`."""
    write(tmp_path, {"b.json": b"{}", "a.bin": b"abc"})
    listing = (
        b"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a.bin\n"
        b"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a  b.json\n"
    )
    assert checksums.of_folder(checksums.of_files(tmp_path)) == hashlib.sha256(listing).hexdigest()


def test_names_and_contents_both_count(tmp_path: Path) -> None:
    folders = [
        write(tmp_path / str(number), files)
        for number, files in enumerate([{"a": b"1"}, {"a": b"2"}, {"b": b"1"}, {"a": b"1", "b": b""}])
    ]
    digests = {checksums.of_folder(checksums.of_files(folder)) for folder in folders}
    assert len(digests) == 4
