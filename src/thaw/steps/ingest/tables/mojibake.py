"""Text that was UTF-8, was read as another encoding, and was written as UTF-8 again."""

from __future__ import annotations

from collections.abc import Iterable

from ....errors import InputError

MISREAD_AS = ("cp1252", "cp1251", "mac_roman", "cp437")
MIN_TEXTS = 3
MIN_SHARE = 0.3
"""Share of the texts beyond ASCII that are such, where they are more than a few."""


def check_texts(texts: Iterable[str], name: str) -> None:
    """Refuses texts of which many were read twice.

    Raises:
        InputError: They were; one is shown, with what it was.
    """
    beyond = [text for text in texts if not text.isascii()]
    found = [(text, once) for text in beyond if (once := read_once(text)) is not None]
    if found and len(found) >= min(MIN_TEXTS, len(beyond)) and len(found) >= MIN_SHARE * len(beyond):
        text, once = min(found, key=lambda pair: len(pair[0]))
        what = f"{name} was UTF-8, read as another encoding and written again ({text[:40]!r} was {once[:40]!r})"
        raise InputError(what, "mend the file, or give --encoding utf-8 to take it as it is")


def read_once(text: str) -> str | None:
    """What a text was before it was read as another encoding; None when it was not.

    >>> read_once("cafÃ©"), read_once("Ð¿Ð»Ð¾Ñ…"), read_once("café"), read_once("Ã")
    ('café', 'плох', None, None)
    """
    for encoding in MISREAD_AS:
        try:
            once = _bytes(text, encoding).decode()
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
        if len(once) < len(text):
            return once
    return None


def _bytes(text: str, encoding: str) -> bytes:
    """The bytes that were read; what the encoding leaves open stands for itself, as browsers read it."""
    if encoding != "cp1252":
        return text.encode(encoding)
    return b"".join(bytes([ord(letter)]) if 0x80 <= ord(letter) < 0xA0 else letter.encode(encoding) for letter in text)
