"""Files behind other addresses: https://, and all for which a driver of fsspec is installed, such as s3://."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from ..errors import InputError

TIMEOUT_SECONDS = 20
DRIVERS = {"s3": "s3fs", "az": "adlfs", "abfs": "adlfs", "hf": "huggingface_hub"}
"""The package that has the driver of a scheme, where it is not called so."""


def has_scheme(address: str) -> bool:
    """Whether an address is neither a local path nor in Google Cloud Storage."""
    return "://" in address and not address.startswith("gs://")


def fetch(address: str, folder: Path) -> Path:
    """A copy of the file or of the folder at an address, in `folder`.

    Raises:
        InputError: There is no driver, nothing at the address, or no answer.
    """
    copy: Callable[[str, Path], Path] = _download if address.startswith(("http://", "https://")) else _copy
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return copy(address, folder)
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"there is nothing at {address}", "correct the address") from error
    except Exception as error:  # every driver has errors of its own
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        do = "check the address, the network, and the rights"
        raise InputError(f"{address} cannot be read ({reason})", do) from error


def _download(address: str, folder: Path) -> Path:
    import requests

    target = folder / (PurePosixPath(unquote(urlsplit(address).path)).name or "data")
    with requests.get(address, stream=True, timeout=TIMEOUT_SECONDS) as response, target.open("wb") as file:
        if response.status_code in (404, 410):
            raise FileNotFoundError(address)
        response.raise_for_status()
        for chunk in response.iter_content(2**20):
            file.write(chunk)
    return target


def _copy(address: str, folder: Path) -> Path:
    import fsspec

    scheme = address.partition("://")[0].lower()
    try:
        files = fsspec.filesystem(scheme)
    except (ImportError, ValueError) as error:
        package = DRIVERS.get(scheme, f"a driver of fsspec for {scheme}")
        raise InputError(f"{address} has no driver here ({error})", f"pip install {package}") from error
    path = files._strip_protocol(address).rstrip("/")
    if files.isfile(path):
        target = folder / (PurePosixPath(path).name or "data")
        with files.open(path, "rb") as source, target.open("wb") as file:
            shutil.copyfileobj(source, file, 2**20)
        return target
    names = files.find(path)
    if not names:
        raise FileNotFoundError(address)
    for name in names:
        target = folder / PurePosixPath(name).relative_to(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        files.get_file(name, str(target))
    return folder
