"""Image files that cells of tables name, and those that none names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath, PureWindowsPath

from .... import storage
from ....storage import drivers
from ..rows import Refused
from .files import File
from .read_files import read_file


@dataclass
class ImageIndex:
    """The images of a source, by the last part of their names."""

    files: dict[str, list[File]] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    """Paths of those that rows name."""

    @staticmethod
    def of(files: Iterable[File]) -> ImageIndex:
        index = ImageIndex()
        for file in files:
            index.files.setdefault(file.base, []).append(file)
        return index

    def unnamed(self) -> Iterator[Refused]:
        """The images that no row has named yet."""
        for files in self.files.values():
            for file in files:
                if file.path not in self.named:
                    yield Refused(file.name, "file", "no row that is kept names this image")


@dataclass(frozen=True)
class NamedImages:
    """The images that one table may name."""

    base: str
    """Folder of the table, or the address of it."""
    stem: str
    """Name of the table without its suffix."""
    index: ImageIndex

    def __call__(self, name: str) -> bytes:
        """The content of an image file. OSError, or ValueError with the reason."""
        path = _below(name)
        if not _is_remote(self.base):
            return read_file(self.path(path))
        try:
            address = f"{self.base}/{path}"
            return drivers.read(address) if drivers.has_scheme(address) else storage.read(address)
        except FileNotFoundError:
            raise ValueError(f"the image file {name!r} is not there") from None

    def note(self, name: str) -> None:
        """Remember that a row names this file."""
        if not _is_remote(self.base):
            try:
                self.index.named.add(self.path(_below(name)))
            except ValueError:
                return

    def path(self, name: str) -> str:
        """The file of that name below the table, else the only one in the source whose name ends so.

        ValueError with the reason where there is none, or where several are left.
        """
        path = os.path.join(self.base, name)
        if os.path.lexists(path):
            return path
        ends = [
            file for file in self.index.files.get(name.rpartition("/")[2], ()) if f"/{file.name}".endswith(f"/{name}")
        ]
        own = [file for file in ends if self.stem in file.folders] if len(ends) > 1 else ends
        if len(own) == 1:
            return own[0].path
        raise ValueError(
            f"{len(ends)} image files are called {name!r}" if ends else f"the image file {name!r} is not there"
        )


def images_beside(base: str, table: str, index: ImageIndex) -> NamedImages:
    """The images for a table of that name in that folder."""
    return NamedImages(base, table.rpartition("/")[2].split(".")[0], index)


def _below(name: str) -> str:
    """A relative name with slashes. ValueError where it does not lie below the table."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or PureWindowsPath(name).drive or "\0" in name:
        raise ValueError(f"the file name {name!r} does not lie below the table")
    return str(path)


def _is_remote(base: str) -> bool:
    return storage.is_remote(base) or drivers.has_scheme(base)
