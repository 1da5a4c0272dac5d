"""The commands that run a pipeline on this machine. Each takes parsed arguments and returns the exit code."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from .. import storage
from ..printable import printable
from ..records import Outcome
from ..runtime.options import pipeline_parameters
from ..runtime.results import OUTCOME
from . import defaults, summary
from .leaderboard import show_comparison
from .places import check_places, fill_locations
from .profile_summary import show_blocks, show_profile
from .resolve_options import resolve_options
from .terminal import console, line, literal

GATE_REFUSED = 3


def run(arguments: argparse.Namespace) -> int:
    given = resolve_options(arguments, "adaptive")
    return _adaptive(given.values, str(given))


def example(arguments: argparse.Namespace) -> int:
    """The main job on real data; without a name on both, and the worse exit code of the two."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # a network is converted in this process
    codes = []
    for name in [arguments.example] if arguments.example else defaults.EXAMPLES:
        network = defaults.EXAMPLES[name]
        print(f"{name} with {network}: downloaded and prepared in {defaults.CACHE}, once", flush=True)
        inputs = {"data": _prepared(name), "model": _prepared(network)}
        codes.append(_adaptive({**inputs, "name": name, "output": str(Path(arguments.folder, name))}))
    return max(codes)


def profile(arguments: argparse.Namespace) -> int:
    given, screen = resolve_options(arguments, "profile"), console(sys.stdout)
    parameters = _run_here("profile", given.values, screen)
    show_profile(parameters["output"], screen)
    show_blocks(parameters["output"], screen)
    summary.show_options(str(given), screen)
    return 0


def compare(arguments: argparse.Namespace) -> int:
    given, screen = resolve_options(arguments, "compare"), console(sys.stdout)
    parameters = _run_here("compare", given.values, screen)
    show_profile(parameters["output"], screen)
    show_comparison(parameters["output"], screen)
    summary.show_options(str(given), screen)
    screen.print()
    return 0


def _adaptive(values: Mapping[str, Any], options: str = "") -> int:
    """The adaptive pipeline on this machine, and what came of it."""
    screen = console(sys.stdout)
    parameters = _run_here("adaptive", {"name": defaults.name_of(values["data"]), **values}, screen)
    uri = storage.join(parameters["output"], OUTCOME)
    outcome = Outcome.parse(storage.read(uri), uri)
    if outcome.status == "failed":
        raise _fault(f"{outcome.error}: see {storage.join(parameters['output'], 'run.log')}")
    show_profile(outcome.output, screen)
    summary.show(outcome, options, screen)
    return GATE_REFUSED if outcome.status == "refused" else 0


def _prepared(module: str) -> str:
    return str(importlib.import_module(f"thaw.examples.{module}").prepare(defaults.CACHE))


def _run_here(pipeline: str, values: Mapping[str, Any], screen: Console) -> dict[str, Any]:
    """Run a pipeline to its end, with its progress on the screen; the parameters that it was run with."""
    parameters = fill_locations(pipeline, values)
    check_places(parameters)
    if pipeline == "adaptive":
        parameters.setdefault("registry", storage.join(parameters["output"], "registry"))
    name = literal(values.get("name") or defaults.name_of(values["data"]), "bold")
    line(screen, name, literal(f"  {values['data']} → {parameters['output']}"))

    from ..kubeflow import local
    from ..kubeflow.compilation import pipeline as declared
    from .display import Display

    try:
        local.run(declared(pipeline), pipeline_parameters(parameters), Display(screen))
    except local.RunFailed as error:
        raise _fault(str(error)) from error
    return parameters


def _fault(what: str) -> SystemExit:
    """The exit for a fault of Thaw itself, not of the input."""
    print(f"thaw: {printable(what)}", file=sys.stderr)
    return SystemExit(1)
