"""Text as the command line writes it."""

from __future__ import annotations

import io

import pytest
from rich.text import Text

from thaw.cli.profile_summary import phrases
from thaw.cli.terminal import block, console, line, literal


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)


def written(stream: io.StringIO, text: Text) -> str:
    line(console(stream), text)
    return stream.getvalue()


def test_colours_are_for_a_terminal_that_wants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[32m" in written(Screen(), Text("passed", "green"))
    assert written(io.StringIO(), Text("passed", "green")) == "passed\n"
    monkeypatch.setenv("NO_COLOR", "1")
    assert written(Screen(), Text("passed", "bold green")) == "passed\n"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("[bold red]class[/] :smile:", "[bold red]class[/] :smile:"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\nb\tc\x07", "a\\nb\\tc\\x07"),
        ("\u202edesrever", "\\u202edesrever"),
        ("naïve 日本語", "naïve 日本語"),
    ],
)
def test_other_peoples_text_is_written_as_it_is(given: str, shown: str) -> None:
    assert written(Screen(), literal(given)) == f"{shown}\n"


def test_an_address_is_never_broken() -> None:
    uri = "gs://bucket/" + "folder/" * 30
    assert written(io.StringIO(), literal(uri)) == f"{uri}\n"


@pytest.mark.parametrize("width", [30, 60, 100, 300])
def test_paragraphs_are_wrapped_beside_their_title(width: int) -> None:
    stream = io.StringIO()
    screen = console(stream)
    screen.width = width
    block(screen, "Choice", literal("word " * 60))
    first, *rest = stream.getvalue().splitlines()[1:]
    assert first.startswith("Choice      word")
    assert all(each.startswith(" " * 12 + "word") and len(each) <= min(width, 100) for each in rest)


def test_phrases_are_not_broken_where_a_line_holds_them() -> None:
    screen = console(io.StringIO())
    screen.width = 34
    assert phrases(["two words", "", "three more words", "end"], screen).plain == "two words ·\nthree more words ·\nend"
