"""Files by URI: a local path, relative or absolute, or `gs://bucket/key`.

Remote and local behave alike: a folder is nothing but the files below it, and a file appears whole or not at all.
`STORAGE_EMULATOR_HOST` sends every `gs://` URI to an emulator.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from . import local
from .backend import Backend

SCHEME = "gs://"


def is_remote(uri: str) -> bool:
    """Whether the URI is in Google Cloud Storage."""
    return uri.startswith(SCHEME)


def join(uri: str, *parts: str) -> str:
    """The URI of a file or folder below another one.

    >>> join("gs://bucket/a/", "b"), join("a", "b")
    ('gs://bucket/a/b', 'a/b')
    """
    if is_remote(uri):
        return "/".join([uri.rstrip("/"), *(part.strip("/") for part in parts)])
    return str(Path(uri, *parts))


def exists(uri: str) -> bool:
    """Whether there is a file of this name, or any file below it: an empty folder does not exist."""
    return _backend(uri).exists(uri)


def read(uri: str) -> bytes:
    """The content of a file; FileNotFoundError when it is absent."""
    return _backend(uri).read(uri)


def write(uri: str, data: bytes) -> None:
    """Replace a file: readers see the old content or the new one, never a part.

    A file that anyone writes by `compare_and_swap` must be written by nothing else.
    """
    _backend(uri).write(uri, data)


def generation(uri: str) -> str:
    """Version of a file, other after every write, also of the same content; empty when the file is absent."""
    return _backend(uri).read_versioned(uri)[1]


def read_versioned(uri: str) -> tuple[bytes, str]:
    """Content and generation that belong together; `(b"", "")` when the file is absent."""
    return _backend(uri).read_versioned(uri)


def compare_and_swap(uri: str, data: bytes, generation: str) -> bool:
    """Write a file only while it is still of that generation, empty for absent. Of racing writers one succeeds."""
    return _backend(uri).compare_and_swap(uri, data, generation)


def sizes(uri: str) -> dict[str, int]:
    """Bytes of every file below, by relative name, sorted by name."""
    return dict(sorted(_backend(uri).sizes(uri).items()))


def listing(uri: str) -> list[str]:
    """Relative names of all files below, sorted; empty when there are none."""
    return list(sizes(uri))


def upload(folder: Path, uri: str) -> None:
    """Copy the files of a local folder, recursively; each appears whole."""
    names = local.sizes(str(folder))
    _backend(uri).upload(folder, list(names), uri)


def remove(uri: str) -> None:
    """Remove a file, or a folder with everything below it, if there is one."""
    _backend(uri).remove(uri)


def download(uri: str, folder: Path) -> Path:
    """Copy a file into `folder`, or everything below `uri` to `folder` itself; FileNotFoundError when there is nothing.

    Returns:
        Path of the copy: the file's, or `folder`.
    """
    if is_remote(uri):
        from . import gcs

        return gcs.download(uri, folder)
    source = local_path(uri, folder)
    folder.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        upload(source, str(folder))
        return folder
    return Path(shutil.copyfile(source, folder / source.name))


def local_path(uri: str, scratch: Path) -> Path:
    """A local path of a file or folder: its own, or that of a copy in `scratch`. FileNotFoundError when absent."""
    if is_remote(uri):
        return download(uri, scratch)
    if not Path(uri).exists():
        raise FileNotFoundError(uri)
    return Path(uri)


def check_writable(uri: str) -> None:
    """Check that files can be written below `uri`.

    Raises:
        InputError: Nothing can be written there.
    """
    _backend(uri).check_writable(uri)


def _backend(uri: str) -> Backend:
    if not is_remote(uri):
        return local
    from . import gcs  # google.cloud takes a second to import, and most runs are local

    return gcs
