"""Members of tar files, compressed or not, in one pass."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Self, cast

import pyarrow as pa

from .bounds import Bounded, check_member, damaged, explained_damage, unsafe

SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tzst")
CHUNK = 2**20
MAGIC: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}


def tar_members(path: Path) -> Iterator[tuple[str, int, IO[bytes]]]:
    """Name, size and content of the files, each to be read before the next is asked for.

    Raises:
        InputError: The archive is damaged, or has a member that is no plain file or folder.
    """
    with explained_damage(path), _decompressed(path) as stream:
        with tarfile.open(fileobj=cast(IO[bytes], stream), mode="r|", tarinfo=_Member) as archive:
            for number, member in enumerate(archive):
                check_member(path, number, member.name)
                if not (member.isfile() or member.isdir()) or member.issparse():
                    raise unsafe(path, member.name, "is a link, a device or a sparse file")
                content = archive.extractfile(member)
                if content is not None:
                    yield member.name, member.size, content
        while stream.read(CHUNK):  # to its end, where the checksum stands
            pass


class _Member(tarfile.TarInfo):
    """A header that must be whole: the library takes a broken one for the end of the archive."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(archive)
        except tarfile.HeaderError as error:
            if type(error).__name__ == "EOFHeaderError":  # the blocks of zeros at the end
                raise
            raise tarfile.ReadError(f"{error} at byte {archive.offset:,}") from error


@contextmanager
def _decompressed(path: Path) -> Iterator[Bounded]:
    with open(path, "rb") as file:
        head = file.read(6)
        file.seek(0)
        opened = next((opener for magic, opener in MAGIC.items() if head.startswith(magic)), None)
        stream: Any = file
        if head.startswith(b"\x28\xb5\x2f\xfd"):
            stream = pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd")
        elif opened:
            stream = opened(file)
        elif not head:
            raise damaged(path, "it is empty")
        yield Bounded(path, stream, file.tell)
