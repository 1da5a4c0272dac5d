"""Files on a local or mounted disk."""

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

LOCK_SUFFIX, PART_SUFFIX = ".thaw-lock", ".thaw-part"
"""Names of lock files and of unfinished files end so; no listing shows them."""


def exists(uri: str) -> bool:
    return Path(uri).is_file() or next(_files_below(Path(uri)), None) is not None


def read(uri: str) -> bytes:
    with _explained_errors(uri, "read"):
        try:
            return Path(uri).read_bytes()
        except (IsADirectoryError, NotADirectoryError) as error:
            raise FileNotFoundError(uri) from error


def read_versioned(uri: str) -> tuple[bytes, str]:
    with _explained_errors(uri, "read"):
        try:
            # From one open file: a write meanwhile replaces the name, not the file that is read here.
            with open(uri, "rb") as file:
                data = file.read()
                return data, _generation_of(data, os.fstat(file.fileno()).st_mtime_ns)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return b"", ""


def write(uri: str, data: bytes) -> None:
    with _replacement(Path(uri)) as part:
        part.write_bytes(data)


def compare_and_swap(uri: str, data: bytes, generation: str) -> bool:
    path = Path(uri)
    with _locked(path):
        if read_versioned(uri)[1] != generation:
            return False
        write(uri, data)
        return True


def sizes(uri: str) -> dict[str, int]:
    return {path.relative_to(uri).as_posix(): path.stat().st_size for path in _files_below(Path(uri))}


def upload(folder: Path, names: list[str], uri: str) -> None:
    for name in names:
        with _replacement(Path(uri, name)) as part:
            shutil.copyfile(folder / name, part)


def remove(uri: str) -> None:
    path = Path(uri)
    with _explained_errors(uri, "write"):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def check_writable(uri: str) -> None:
    probe = Path(uri, f"{uuid.uuid4().hex}{PART_SUFFIX}")
    with _explained_errors(uri, "write"):
        probe.parent.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()


def _generation_of(data: bytes, modified_ns: int) -> str:
    return f"{modified_ns}-{hashlib.sha256(data).hexdigest()[:16]}"


@contextmanager
def _replacement(path: Path) -> Iterator[Path]:
    """A new file beside `path`, moved over it when the block ends well.

    Its modification time is made later than that of the file it replaces: the file system's clock may tick only every
    few milliseconds, and two quick writes of the same content would have the same generation.
    """
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}{PART_SUFFIX}")
    with _explained_errors(str(path), "write"):
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
    """A lock that one thread of one process holds. Its file stays: deleting it would race with the next holder."""
    with _explained_errors(str(path), "write"):
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path.with_name(f".{path.name}{LOCK_SUFFIX}"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _files_below(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names if not name.endswith((LOCK_SUFFIX, PART_SUFFIX)))


@contextmanager
def _explained_errors(uri: str, verb: str) -> Iterator[None]:
    """Turn an OSError that the user can mend into an InputError: any error of writing, a missing permission to read."""
    try:
        yield
    except OSError as error:
        if verb == "read" and not isinstance(error, PermissionError):
            raise
        done = "read" if verb == "read" else "written"
        what = f"{uri} cannot be {done} ({error.strerror or error})"
        raise InputError(what, f"give a path that this user can {verb}") from error
