from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from thaw.printable import log_text, printable

TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
TEXTS = st.text(st.characters(codec=None) | st.sampled_from("\x1b\x07\n\r\t\u202e\u2066\u200b\u2028\udcff[31m"))


@given(TEXTS)
def test_nothing_is_left_that_a_terminal_acts_on(text: str) -> None:
    shown = printable(text)
    shown.encode()
    assert not {unicodedata.category(each) for each in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert not {unicodedata.bidirectional(each) for each in shown} & TURNING
    assert printable(shown) == shown


@given(TEXTS)
def test_a_log_keeps_its_lines_and_nothing_else(text: str) -> None:
    shown = log_text(text)
    assert shown.count("\n") == text.count("\n")
    assert not {unicodedata.category(each) for each in shown.replace("\n", "").replace("\t", "")} & {"Cc", "Cs"}


def test_other_scripts_and_pictures_stay() -> None:
    for text in ("naïve 日本語", "می\u200cخواهم", "👩\u200d🚀", "עברית"):
        assert printable(text) == text
