"""The options of a run, from the command line, the environment and a file."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace

from .. import storage
from ..errors import InputError
from ..runtime.option_sources import ENVIRONMENT, ResolvedOptions, read
from ..runtime.options import OF_PIPELINE
from .defaults import name_of, run_name
from .flags import given_flags


def resolve_options(arguments: argparse.Namespace, pipeline: str) -> ResolvedOptions:
    """The options of a run of this pipeline. THAW_OUTPUT is a folder for many runs: this one gets its own below it.

    Raises:
        InputError: A value is wrong, or there are no data.
    """
    given = read(OF_PIPELINE[pipeline], given_flags(arguments), os.environ, arguments.config)
    if not given.values.get("data"):
        raise InputError("there are no data", "give --data, THAW_DATA, or data in the file of --config")
    if given.sources.get("output") != ENVIRONMENT:
        return given
    name = run_name(pipeline, given.values.get("name") or name_of(given.values["data"]))
    return replace(given, values={**given.values, "output": storage.join(given.values["output"], name)})
