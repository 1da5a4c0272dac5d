"""Letters of languages beyond A to Z, to tell encodings of Latin script apart."""

from __future__ import annotations

import re

LATIN = ("cp1252", "cp1250", "iso8859_2", "cp1254", "mac_roman")
"""The likelier first, where two give the same text."""
ALPHABETS = (
    "àâæçéèêëîïôœùûüÿ",  # French
    "äöüß",  # German
    "áéíñóúü",  # Spanish
    "áâãàçéêíóôõú",  # Portuguese
    "àèéìíîòóùú",  # Italian
    "áàéèíïóòúüçñ",  # Catalan
    "åäöé",  # Swedish, Finnish
    "æøåéèêóòâô",  # Danish, Norwegian
    "ëéïèüöáóê",  # Dutch
    "áðéíóúýþæö",  # Icelandic
    "ąćęłńóśźż",  # Polish
    "áčďéěíňóřšťúůýž",  # Czech
    "áäčďéíľňóôšťúýž",  # Slovak
    "áéíóöőúüű",  # Hungarian
    "ăâîşţ",  # Romanian
    "čćđšž",  # Croatian, Slovene
    "çğıöşüâî̇",  # Turkish
)
MIN_COVERED = 0.98
"""Share of the letters beyond ASCII that are those of one language."""

NO_LETTER = re.compile("[\x80-\x9f]|(?<=[a-zA-Z])[¹³¿¼½¾¤¦¬¯¶¸]")
"""Control characters, and signs in a word: the work of a wrong encoding."""


def is_of_a_language(text: str) -> bool:
    """Whether the letters beyond ASCII are those of one language.

    >>> is_of_a_language("très déçu"), is_of_a_language("trčs déçu")
    (True, False)
    """
    letters = [letter for letter in text.lower() if letter > "\x7f" and letter.isalpha()]
    most = max(sum(letter in alphabet for letter in letters) for alphabet in ALPHABETS)
    return most >= MIN_COVERED * (len(letters) + len(NO_LETTER.findall(text)))
