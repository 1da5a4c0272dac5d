"""Where options come from: a flag before an environment variable before a file before the default."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..errors import InputError
from .options import Options

PREFIX = "THAW_"
FLAGS, ENVIRONMENT = "flags", "environment"
MAX_CHARACTERS = 8192
"""Twice the longest path; all options together are one argument of a process, of 131,072 bytes at most."""


@dataclass(frozen=True)
class ResolvedOptions:
    """The options that are set anywhere, and the source that each was taken from."""

    values: dict[str, Any]
    sources: dict[str, str]

    def __str__(self) -> str:
        """
        >>> print(ResolvedOptions({}, {"data": "flags", "store": "environment", "seed": "flags"}))
        data, seed (flags) · store (environment)
        """
        by_source: dict[str, list[str]] = {}
        for name, source in self.sources.items():
            by_source.setdefault(source, []).append(name)
        return " · ".join(f"{', '.join(names)} ({source})" for source, names in by_source.items())


def read(
    names: Iterable[str], flags: Mapping[str, Any], environment: Mapping[str, str], file: str = ""
) -> ResolvedOptions:
    """The options `names`, as far as flags, environment or file set them.

    Flags are taken whatever they are. A file may hold other options too, so that one serves several commands.

    Raises:
        InputError: A value is wrong, or the file has an unknown key; the error names the place.
    """
    names = tuple(names)
    variables = {name: environment[variable] for name in names if environment.get(variable := variable_of(name))}
    sources = {
        file: {name: value for name, value in from_file(file).items() if name in names} if file else {},
        ENVIRONMENT: _checked(variables, variable_of),
        FLAGS: _checked({name: str(value) for name, value in flags.items()}, flag_of),
    }
    values = {name: value for options in sources.values() for name, value in options.items()}
    source_of = {name: source for source, options in sources.items() for name in options}
    return ResolvedOptions(
        values, {name: Path(source_of[name]).name for name in Options.model_fields if name in values}
    )


def from_file(file: str) -> dict[str, Any]:
    """The options in a YAML file. A key without a value counts as not there."""
    values = {name: value for name, value in _mapping(file).items() if value is not None}
    for key in values:
        if key not in Options.model_fields:
            nearest = difflib.get_close_matches(str(key), Options.model_fields, n=1, cutoff=0)
            raise InputError(f"{file} has an unknown key '{key}'", f"did you mean '{nearest[0]}'?")
    return _checked(values, lambda name: f"{name} in {file}", strict=True)


def flag_of(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def variable_of(name: str) -> str:
    return f"{PREFIX}{name.upper()}"


def _check_text(place: str, value: Any) -> None:
    """Check that a text can be part of a command line, of a path and of JSON.

    Raises:
        InputError: It has a NUL or what is no Unicode (bytes of a name that is not in UTF-8), or is far too long.
    """
    if not isinstance(value, str):
        return
    if "\0" in value or (not value.isprintable() and re.search("[\ud800-\udfff]", value)):
        raise InputError(f"{place} is {value!r}, with characters that are no text", "rename it in UTF-8")
    if len(value) > MAX_CHARACTERS:
        raise InputError(f"{place} has {len(value):,} characters", f"give at most {MAX_CHARACTERS:,}")


def _mapping(file: str) -> dict[str, Any]:
    import yaml

    try:
        content = yaml.safe_load(Path(file).read_text())
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror})", "give a YAML file that can be") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: of a date, or of the encoding
        raise InputError(f"{file} is no YAML ({error})", "correct it") from error
    if not isinstance(content or {}, dict):
        raise InputError(f"{file} holds no options", "write a line for each, such as `seed: 3`")
    return content or {}


def _checked(values: Mapping[str, Any], place: Callable[[str], str], strict: bool = False) -> dict[str, Any]:
    """The values with their types; `strict` where they have types already, else they are text."""
    for name, value in values.items():
        _check_text(place(name), value)
    try:
        options = Options.model_validate(values, strict=True) if strict else Options.model_validate_strings(values)
    except ValidationError as error:
        first = error.errors()[0]
        name, reason = str(first["loc"][0]), first["msg"].replace("Input should", "it should")
        raise InputError(f"{place(name)} is {first['input']!r}", reason) from error
    return options.model_dump(exclude_unset=True)
