"""Flags, made from the options of a run."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from ..runtime.option_sources import flag_of
from ..runtime.options import Options

METAVARS = {
    "data": "URI",
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
IMPLICIT = {"model": "by modality", "name": "that of the data"}
"""What an empty default means."""

SOURCES = """
Every option may also be an environment variable (THAW_TRAIN_FROM for --train-from) or a line of the YAML file that
--config names (train_from: block4). A flag comes before the environment, that before the file, that before the default.
THAW_OUTPUT is a folder that runs share: each writes to THAW_OUTPUT/NAME.
"""


def add_options(command: argparse.ArgumentParser, names: Iterable[str], defaults: Mapping[str, str]) -> None:
    """Add a flag for each option, and --config. `defaults` says what stands in for defaults that are empty here."""
    command.epilog = " ".join(filter(None, (command.epilog, SOURCES)))
    for name in names:
        command.add_argument(flag_of(name), help=_help(name, {**IMPLICIT, **defaults}), **_kind(name))
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
    choices = get_args(annotation)
    return {"metavar": f"{{{','.join(choices)}}}" if choices else METAVARS[name]}
