"""Files of a source, brought here: downloaded where they are not, and archives unpacked."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from .... import storage
from ....data import tar_files
from ....data.archives import is_archive, unpack
from ....data.file_names import decoded_names
from ....errors import InputError
from ....storage import drivers
from ..rows import Refused
from ..tables import is_table, is_webdataset
from .files import File, Found, find_files
from .image_folder import is_image

SUPPORTED = (
    "images in folders of classes, tables (CSV, TSV, JSON, Parquet, Arrow, Excel), shards (WebDataset, TFRecord), "
    "or an archive of these"
)


def gather(addresses: Sequence[str], scratch: Path) -> Found:
    """The files at the addresses; those of several are called by what the addresses do not share.

    Raises:
        InputError: There is nothing at an address, or it cannot be read.
    """
    found = Found()
    for number, (address, name) in enumerate(zip(addresses, _names(addresses), strict=True)):
        path = _local(address, scratch / f"source-{number}")
        own = find_files(str(path)) if path.is_dir() else _file(path, address, name)
        found += own.below(name) if path.is_dir() and name else own
    return _unpacked(found, scratch, alone=len(addresses) == 1)


def _names(addresses: Sequence[str]) -> list[str]:
    """What each address is called: nothing, if it is the only one."""
    if len(addresses) == 1:
        return [""]
    parts = [address.rstrip("/").split("/") for address in addresses]
    depths = range(min(map(len, parts)))
    shared = next(depth for depth in depths if depth == depths[-1] or len({each[depth] for each in parts}) > 1)
    return decoded_names(["/".join(each[shared:]) for each in parts])


def _local(address: str, scratch: Path) -> Path:
    """Where the files of an address are, downloaded if they are not here."""
    if drivers.has_scheme(address):
        return drivers.fetch(address, scratch)
    try:
        path = storage.local_path(address, scratch)
    except InputError:
        raise
    except (FileNotFoundError, ValueError) as error:  # ValueError: a NUL in the path
        remote = storage.is_remote(address)
        do = "correct the bucket or the key" if remote else "give a local path or an address such as gs://bucket/folder"
        raise InputError(f"there is nothing at {address}", do) from error
    except OSError as error:
        raise InputError(f"{address} cannot be read ({error.strerror})", "give another path") from error
    if not path.is_dir() and not path.is_file():
        raise InputError(f"{address} is no regular file", f"give {SUPPORTED}")
    return path


def _file(path: Path, address: str, name: str) -> Found:
    """A file alone. What it names lies beside it, wherever that is."""
    (own,) = decoded_names([path.name])
    remote = storage.is_remote(address) or drivers.has_scheme(address)
    return Found([File(name or own, str(path), address.rpartition("/")[0] if remote else "")])


def _unpacked(found: Found, scratch: Path, alone: bool) -> Found:
    """The files with those in archives, which are refused where they stand beside other data.

    Often they hold the same data once more. Shards of WebDataset stay as they are.
    """
    archives = [file for file in found.files if is_archive(Path(file.path)) and not _is_shard(file)]
    packed = {file.path for file in archives}
    others = [file for file in found.files if file.path not in packed]
    if any(is_image(file) or is_table(file.base) or is_tar(file) for file in others):
        reason = "an archive beside other data: unpack it, or give it alone"
        return Found(others, [*found.refused, *(Refused(file.name, "file", reason) for file in archives)])
    whole = Found(others, list(found.refused))
    for number, file in enumerate(archives):
        own = find_files(str(unpack(Path(file.path), scratch / f"unpacked-{number}")))
        whole += own if alone and len(found.files) == 1 and "/" not in file.name else own.below(_stem(file.name))
    return whole


def is_tar(file: File) -> bool:
    return file.base.lower().endswith(tar_files.SUFFIXES)


def _is_shard(file: File) -> bool:
    return is_tar(file) and is_webdataset(Path(file.path))


def _stem(name: str) -> str:
    """The name of an archive without its suffixes."""
    folder, slash, base = name.rpartition("/")
    suffix = next((each for each in tar_files.SUFFIXES if base.lower().endswith(each)), os.path.splitext(base)[1])
    return f"{folder}{slash}{base[: -len(suffix)] or base}"
