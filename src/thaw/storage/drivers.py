"""Files behind other addresses: https://, and all for which a driver of fsspec is installed, such as s3://."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import InputError
from .patience import Patience

CHUNK = 2**22
DRIVERS = {"s3": "s3fs", "s3a": "s3fs", "az": "adlfs", "abfs": "adlfs", "abfss": "adlfs", "hf": "huggingface_hub"}
"""The package that has the driver of a scheme, where it is not called so."""
VERSIONS = ("etag", "ETag", "blob_id", "generation", "mtime", "LastModified", "last_modified", "created")
"""Where drivers say what changes with a file's content, the surest first."""


def has_scheme(address: str) -> bool:
    """Whether an address is neither a local path nor in Google Cloud Storage."""
    return bool(re.match(r"[A-Za-z][A-Za-z0-9+.-]*:(:|//)", address)) and not address.startswith("gs://")


def fetch(address: str, folder: Path) -> Path:
    """A copy of the file or of the folder at an address, in `folder`.

    Raises:
        InputError: There is no driver, nothing at the address, or no answer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _explained_errors(address):
        try:
            if _is_http(address):
                from . import http_files

                return http_files.download(address, folder)
            return _copy(address, folder)
        except FileNotFoundError as error:
            raise InputError(f"there is nothing at {address}", "correct the address") from error


def read(address: str) -> bytes:
    """The content of a file; FileNotFoundError when there is none.

    Raises:
        InputError: There is no driver, or no answer.
    """
    with _explained_errors(address):
        if _is_http(address):
            from . import http_files

            return http_files.read(address)
        files, path = _opened(address)
        return bytes(Patience().call(lambda: files.cat_file(path)))


def fitting(pattern: str) -> list[str]:
    """Addresses of the files that a pattern fits.

    Raises:
        InputError: There is no driver, or no answer.
    """
    with _explained_errors(pattern):
        files, path = _opened(pattern)
        return [files.unstrip_protocol(name) for name in Patience().call(lambda: files.glob(path))]


def versions(address: str) -> list[str] | None:
    """Name, size and version of every file at an address; None where some driver or server does not tell.

    Raises:
        InputError: There is no driver, or no answer.
    """
    with _explained_errors(address):
        if _is_http(address):
            from . import http_files

            version = http_files.version(address)
            return None if version is None else [version]
        files, path = _opened(address)
        found = Patience().call(lambda: files.find(path, detail=True))
        lines = [_version(name, info) for name, info in found.items()]
        return [line for line in lines if line] if lines and None not in lines else None


def _version(name: str, info: Mapping[str, Any]) -> str | None:
    known = next((str(info[key]) for key in VERSIONS if info.get(key)), "")
    return f"{name}\0{info.get('size')}\0{known}" if known else None


def _is_http(address: str) -> bool:
    return address.lower().startswith(("http://", "https://"))


def _opened(address: str) -> tuple[Any, str]:
    """The driver for an address, and the path that it knows."""
    import fsspec

    try:
        files, path = Patience().call(lambda: fsspec.core.url_to_fs(address))
    except (ImportError, ValueError) as error:
        scheme = address.partition(":")[0].lower()
        known = scheme in fsspec.available_protocols()
        do = f"pip install {DRIVERS.get(scheme, f'a driver of fsspec for {scheme}')}"
        raise InputError(
            f"{address} cannot be read: {' '.join(str(error).split())}",
            do if known else "give a local path, or gs://, s3://, https:// or hf://",
        ) from error
    return files, path.rstrip("/")


def _copy(address: str, folder: Path) -> Path:
    files, path = _opened(address)
    patience = Patience()
    if patience.call(lambda: files.isfile(path)):
        target = folder / (PurePosixPath(path).name or "data")
        patience.each(lambda target: _copy_file(files, path, target, patience), [target])
        return target
    names = patience.call(lambda: files.find(path))
    if not names:
        raise FileNotFoundError(address)
    targets = {name: folder / _below(name, path, address) for name in names}
    patience.each(lambda name: _copy_file(files, name, targets[name], patience), names)
    return folder


def _copy_file(files: Any, path: str, target: Path, patience: Patience) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with files.open(path, "rb") as source, target.open("wb") as file:
        while chunk := source.read(CHUNK):
            file.write(chunk)
            patience.beat()


def _below(name: str, path: str, address: str) -> PurePosixPath:
    relative = PurePosixPath(name.removeprefix(path).lstrip("/"))
    if ".." in relative.parts or "\0" in name:
        raise InputError(f"the file {name!r} at {address} lies outside of its folder", "rename or delete it")
    return relative


@contextmanager
def _explained_errors(address: str) -> Iterator[None]:
    try:
        yield
    except (InputError, FileNotFoundError):
        raise
    except Exception as error:  # every driver has errors of its own
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        do = "check the address, the network, and the rights"
        raise InputError(f"{address} cannot be read ({reason})", do) from error
