"""Files on a local or mounted disk, behind `core.storage`."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import InputError

LOCK, PART = ".thaw-lock", ".thaw-part"
"""Endings of the files that are ours alone, which no listing shows."""


def exists(uri: str) -> bool:
    return Path(uri).is_file() or next(_walk(Path(uri)), None) is not None


def read(uri: str) -> bytes:
    with _explained(uri, "read"):
        try:
            return Path(uri).read_bytes()
        except (IsADirectoryError, NotADirectoryError) as error:
            raise FileNotFoundError(uri) from error


def read_versioned(uri: str) -> tuple[bytes, str]:
    with _explained(uri, "read"):
        try:
            # One open file: a swap meanwhile replaces the name, not what is read here.
            with open(uri, "rb") as file:
                data = file.read()
                return data, _generation(data, os.fstat(file.fileno()).st_mtime_ns)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return b"", ""


def write(uri: str, data: bytes) -> None:
    with _published(Path(uri)) as part:
        part.write_bytes(data)


def swap(uri: str, data: bytes, generation: str) -> bool:
    path = Path(uri)
    with _locked(path):
        if read_versioned(uri)[1] != generation:
            return False
        write(uri, data)
        return True


def sizes(uri: str) -> dict[str, int]:
    return {path.relative_to(uri).as_posix(): path.stat().st_size for path in _walk(Path(uri))}


def upload(folder: Path, names: list[str], uri: str) -> None:
    for name in names:
        with _published(Path(uri, name)) as part:
            shutil.copyfile(folder / name, part)


def remove(uri: str) -> None:
    path = Path(uri)
    with _explained(uri, "write"):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def check_writable(uri: str) -> None:
    probe = Path(uri, f"{uuid.uuid4().hex}{PART}")
    with _explained(uri, "write"):
        probe.parent.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()


def _generation(data: bytes, modified_ns: int) -> str:
    return f"{modified_ns}-{hashlib.sha256(data).hexdigest()[:16]}"


@contextmanager
def _published(path: Path) -> Iterator[Path]:
    """A file beside `path` to write, moved over it when the block ends well.

    Its time is made later than that of the file it replaces, because a clock that ticks every few milliseconds would
    give two quick writes of the same content one generation.
    """
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}{PART}")
    with _explained(str(path), "write"):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            yield part
            written = part.stat().st_mtime_ns
            replaced = path.stat().st_mtime_ns if path.exists() else 0
            if written <= replaced:
                os.utime(part, ns=(replaced + 1, replaced + 1))
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Held by one thread of one process. The lock file stays: to delete it is to race with its next holder."""
    with _explained(str(path), "write"):
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path.with_name(f".{path.name}{LOCK}"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _walk(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names if not name.endswith((LOCK, PART)))


@contextmanager
def _explained(uri: str, verb: str) -> Iterator[None]:
    """What keeps us from writing is the user's to change; of reading, only a permission is."""
    try:
        yield
    except OSError as error:
        if verb == "read" and not isinstance(error, PermissionError):
            raise
        done = "read" if verb == "read" else "written"
        what = f"{uri} cannot be {done} ({error.strerror or error})"
        raise InputError(what, f"give a path that this user can {verb}") from error
