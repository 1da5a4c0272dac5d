"""The flags are an interface: scripts rely on them."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterator
from pathlib import Path

from thaw.cli.parser import Parser, parser
from thaw.runtime.options import OF_PIPELINE

COMMITTED = Path(__file__).with_name("flags.txt")


def commands() -> dict[str, Parser]:
    (action,) = (each for each in parser()._actions if isinstance(each, argparse._SubParsersAction))
    for command in action.choices.values():
        command.complete()
    return dict(action.choices)


def flags() -> Iterator[str]:
    """A line for each argument of each command, as its help shows it."""
    for name, command in commands().items():
        for action in command._actions:
            value = "" if action.nargs == 0 else action.metavar or "|".join(action.choices or [action.dest.upper()])
            yield " ".join(word for word in ("thaw", name, ", ".join(action.option_strings), str(value)) if word)


def test_the_flags_are_those_of_the_committed_list() -> None:
    """After an intended change, write the list with `python -m tests.cli.test_flags`, and add it to the changelog."""
    assert list(difflib.unified_diff(COMMITTED.read_text().splitlines(), list(flags()), lineterm="", n=0)) == []


def test_every_option_of_a_pipeline_is_a_flag_and_every_flag_has_help() -> None:
    made = commands()
    for command, pipeline in (("run", "adaptive"), ("profile", "profile"), ("compare", "compare")):
        names = {action.dest for action in made[command]._actions}
        assert names == {*OF_PIPELINE[pipeline], "help", "config"}
    assert all(action.help for command in made.values() for action in command._actions)


if __name__ == "__main__":
    COMMITTED.write_text("".join(f"{line}\n" for line in flags()))
