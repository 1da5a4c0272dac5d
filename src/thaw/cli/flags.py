"""Flags, made from the options of a run."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from ..runtime.option_sources import flag_of
from ..runtime.options import SOURCE, Options

METAVARS = {
    "data": "URI",
    "text_column": "NAME",
    "label_column": "NAME",
    "split_column": "NAME",
    "group_column": "NAME",
    "time_column": "NAME",
    "weight_column": "NAME",
    "delimiter": "CHAR",
    "encoding": "NAME",
    "positive": "LABEL",
    "labels": "MAP.csv",
    "max_refused": "SHARE",
    "model": "ID",
    "train_from": "BLOCK",
    "max_seconds": "S",
    "seed": "N",
    "seeds": "N",
    "name": "NAME",
    "webhook": "URL",
    "output": "DIR",
    "store": "URI",
    "registry": "URI",
}
GUESSED = "guessed"
IMPLICIT = {
    "model": "by modality",
    "name": "that of the data",
    **dict.fromkeys(("text_column", "label_column", "split_column", "delimiter", "encoding", "header"), GUESSED),
    "split_folders": GUESSED,
}
"""What an empty default means."""

SOURCES = """
Every option may also be an environment variable (THAW_TRAIN_FROM for --train-from) or a line of the YAML file that
--config names (train_from: block4). A flag comes before the environment, that before the file, that before the default.
THAW_OUTPUT is a folder that runs share: each writes to THAW_OUTPUT/NAME.
"""


def add_options(command: argparse.ArgumentParser, names: Iterable[str], defaults: Mapping[str, str]) -> None:
    """Add a flag for each option, and --config. `defaults` says what stands in for defaults that are empty here."""
    command.epilog = " ".join(filter(None, (command.epilog, SOURCES)))
    reading = command.add_argument_group("how the data are read")
    for name in names:
        place = reading if name in SOURCE else command
        place.add_argument(flag_of(name), help=_help(name, {**IMPLICIT, **defaults}), **_kind(name))
    command.add_argument("--config", metavar="FILE", default="", help="YAML file with options")


def given_flags(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options among the arguments that were parsed."""
    return {
        name: value for name, value in vars(arguments).items() if name in Options.model_fields and value is not None
    }


def _help(name: str, defaults: Mapping[str, str]) -> str:
    field = Options.model_fields[name]
    default = defaults.get(name) or ("no" if field.default is False else str(field.default).removesuffix(".0"))
    return f"{field.description} ({default})" if default else str(field.description)


def _kind(name: str) -> dict[str, Any]:
    """Values stay text: they are checked together with those of the other sources."""
    annotation = Options.model_fields[name].annotation
    if annotation is bool:
        return {"action": argparse.BooleanOptionalAction}
    choices = list(filter(None, get_args(annotation)))
    return {"metavar": f"{{{','.join(choices)}}}" if choices else METAVARS[name]}
