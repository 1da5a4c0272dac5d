"""Encodings that are not UTF-8, by charset-normalizer, or a refusal where it is unsure."""

from __future__ import annotations

from collections.abc import Sequence

from charset_normalizer import CharsetMatch, from_bytes

from ....errors import InputError
from .alphabets import LATIN, is_of_a_language

CANDIDATES = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "iso8859_2", "koi8_r", "cp866"),
    *("mac_roman", "cp932", "euc_jp", "gb18030", "big5", "cp949"),
]
JAPANESE = ("cp932", "euc_jp")
CYRILLIC = ("cp1251", "koi8_r", "cp866")
WORSE_CHAOS, WORSE_COHERENCE, WORSE_OF_ONE_SCRIPT = 0.05, 0.25, 0.15
"""An encoding is as likely as the best one when its measures are not worse by more."""
MAX_CHAOS = 0.5
MIN_LETTERS = 8
"""Different bytes beyond ASCII; text of another script than Latin has more."""
MIN_KANA = 0.2
"""Share of Japanese syllables among the letters of text that can be nothing but Japanese."""


def detected(sample: bytes, name: str) -> str:
    """The encoding of a sample of lines, each of which is no UTF-8.

    Raises:
        InputError: Several encodings are as likely, and give different texts.
    """
    japanese = [encoding for encoding in JAPANESE if _is_japanese(sample, encoding)]
    found = japanese if len(japanese) == 1 else _different(sample, _likely(sample))
    if len(found) != 1:
        raise _unsure(name, found or ["cp1252", "cp1251", "shift_jis"])
    return found[0]


def _likely(sample: bytes) -> Sequence[str]:
    """Encodings that no other is clearly better than, with those that give the same text."""
    if len({byte for byte in sample if byte >= 0x80}) < MIN_LETTERS:
        return LATIN
    matches = [
        match
        for match in from_bytes(sample, cp_isolation=CANDIDATES, threshold=MAX_CHAOS)
        if not _is_odd(sample, match.encoding)
    ]
    if not matches:
        return []
    best = min(matches, key=lambda match: (match.chaos, -match.coherence))
    good = [match for match in matches if match.chaos <= best.chaos + WORSE_CHAOS and _is_close(match, best)]
    return [encoding for match in good for encoding in match.could_be_from_charset]


def _is_close(match: CharsetMatch, best: CharsetMatch) -> bool:
    one_script = match.encoding in CYRILLIC and best.encoding in CYRILLIC
    return match.coherence >= best.coherence - (WORSE_OF_ONE_SCRIPT if one_script else WORSE_COHERENCE)


def _different(sample: bytes, likely: Sequence[str]) -> list[str]:
    """One of the likely encodings for each text; among Latin ones, those whose letters are of one language."""
    latin = [encoding for encoding in LATIN if encoding in likely]
    of_language = [encoding for encoding in latin if is_of_a_language(sample.decode(encoding, "replace"))]
    if "cp1252" in of_language:
        of_language = [encoding for encoding in of_language if encoding != "mac_roman"]
    others = [encoding for encoding in likely if encoding not in LATIN]
    texts: dict[str, str] = {}
    for encoding in of_language or (*latin, *others):
        texts.setdefault(sample.decode(encoding, "replace"), encoding)
    return list(texts.values())


def _is_odd(sample: bytes, encoding: str) -> bool:
    """Whether text would be Japanese without a syllable, or Korean of rare syllables alone."""
    if encoding in JAPANESE:
        return not _is_japanese(sample, encoding)
    letters = [letter for letter in sample.decode(encoding, "ignore") if letter > "\x7f"] if encoding == "cp949" else []
    common = sum(len(letter.encode("euc_kr", "ignore")) > 0 for letter in letters)
    return common < 0.95 * len(letters)


def _is_japanese(sample: bytes, encoding: str) -> bool:
    try:
        letters = [letter for letter in sample.decode(encoding) if letter > "\x7f"]
    except UnicodeDecodeError:
        return False
    return sum("\u3040" <= letter <= "\u30ff" for letter in letters) > MIN_KANA * len(letters)


def _unsure(name: str, likely: Sequence[str]) -> InputError:
    found = ", ".join(dict.fromkeys(likely))
    return InputError(f"the encoding of {name} is not sure (perhaps {found})", f"say which: --encoding {likely[0]}")
