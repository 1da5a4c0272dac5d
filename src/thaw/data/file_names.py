"""Names of files whose bytes are no UTF-8."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from charset_normalizer import from_bytes

ENCODINGS = ("cp437", "cp850", "cp866", "cp1251", "cp1252", "cp932", "gb18030", "cp949", "big5")
"""What file systems and archivers of other systems write names in."""
LETTERS = frozenset(["Lu", "Ll", "Lo", "Lm", "Mn", "Mc", "Nd"])
"""Unicode categories of letters, marks and digits: names of files hold little else beyond ASCII."""


def decoded_names(names: Sequence[str]) -> list[str]:
    """Names as the operating system gives them, as text: bytes that are no UTF-8 are decoded, all in one encoding.

    >>> decoded_names(["cat", "b\\udcc3\\udca4r"])
    ['cat', 'bär']
    """
    odd = [number for number, name in enumerate(names) if not _is_text(name)]
    decoded = list(names)
    for number, name in zip(odd, decode_names([names[n].encode("utf-8", "surrogateescape") for n in odd]), strict=True):
        decoded[number] = name
    return decoded


def decode_names(raw: Sequence[bytes]) -> list[str]:
    """Names of one archive or folder as text: UTF-8 where they are that, else in the encoding that fits them all best.

    >>> decode_names(["плохо".encode("cp866"), "хорошо".encode("cp866")])
    ['плохо', 'хорошо']
    """
    odd = b"\n".join(dict.fromkeys(name for name in raw if not _is_utf8(name)))
    encoding = _encoding_of(odd) if odd else "utf-8"
    return [name.decode("utf-8" if _is_utf8(name) else encoding, "replace") for name in raw]


def _encoding_of(names: bytes) -> str:
    """The detector's choice when it makes words of all bytes; else the first encoding that does; else Latin-1."""
    best = from_bytes(names, cp_isolation=list(ENCODINGS)).best()
    choices = [*([best.encoding] if best else []), *ENCODINGS]
    return next((encoding for encoding in choices if _makes_words(names, encoding)), "latin-1")


def _makes_words(names: bytes, encoding: str) -> bool:
    try:
        text = names.decode(encoding)
    except UnicodeDecodeError:
        return False
    odd = [sign for sign in text if ord(sign) > 127]
    if encoding == "cp949" and any(_alphabet(sign) == "CJK" for sign in odd):
        return False  # the Korean encoding reads Chinese bytes too, as Korean and Chinese signs
    letters = all(unicodedata.category(sign) in LETTERS for sign in odd)
    return letters and not any(map(_is_mixed, re.findall(r"\w+", text)))


def _is_mixed(word: str) -> bool:
    """Whether Latin letters, or half-width Japanese ones, and those of another alphabet stand in one word."""
    alphabets = {_alphabet(letter) for letter in word if letter.isalpha()}
    return len(alphabets) > 1 and bool(alphabets & {"LATIN", "HALFWIDTH"})


def _alphabet(letter: str) -> str:
    return unicodedata.name(letter, "").split(" ")[0]


def _is_text(name: str) -> bool:
    return not any("\udc80" <= sign <= "\udcff" for sign in name)


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True
