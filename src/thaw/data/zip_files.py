"""Members of zip files."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ..errors import InputError
from .bounds import check_member, check_ratio, explained_damage, unsafe
from .file_names import decode_names

SUFFIXES = (".zip", ".whl")
UTF8_FLAG, ENCRYPTED_FLAG = 0x800, 0x1
UNICODE_PATH = 0x7075
"""The extra field in which Info-ZIP writes the name in UTF-8 as well."""


def zip_members(path: Path) -> Iterator[tuple[str, int, IO[bytes]]]:
    """Name, size and content of the files.

    Raises:
        InputError: The archive is damaged, encrypted, or has a member that is no plain file or folder.
    """
    with explained_damage(path), zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        check_ratio(path, sum(member.file_size for member in members), path.stat().st_size)
        for number, (name, member) in enumerate(zip(_names(members), members, strict=True)):
            check_member(path, number, name)
            _check_plain(path, member)
            if not name.endswith("/") and not stat.S_ISDIR(member.external_attr >> 16):
                yield name, member.file_size, archive.open(member)


def _check_plain(path: Path, member: zipfile.ZipInfo) -> None:
    if member.flag_bits & ENCRYPTED_FLAG:
        raise InputError(f"{path} is encrypted", "give an archive without a password")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise unsafe(path, member.filename, "is a link or a device")


def _names(members: list[zipfile.ZipInfo]) -> list[str]:
    """Names with `/`; those in no stated encoding are taken for UTF-8, or for what fits them all."""
    raw = [member.orig_filename.encode("utf-8" if member.flag_bits & UTF8_FLAG else "cp437") for member in members]
    stated = [_unicode_path(member.extra, name) for member, name in zip(members, raw, strict=True)]
    decoded = decode_names(raw)
    return [(said or name).replace("\\", "/") for said, name in zip(stated, decoded, strict=True)]


def _unicode_path(extra: bytes, name: bytes) -> str | None:
    """The name in the extra field, if it belongs to that other name; None without one."""
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        if kind == UNICODE_PATH and size > 5 and extra[5:9] == struct.pack("<I", zlib.crc32(name)):
            return extra[9 : 4 + size].decode()
        extra = extra[4 + size :]
    return None
