"""What each command of the command line does: it takes parsed arguments and returns the exit code."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import storage
from ..errors import InputError
from ..records import Outcome
from ..runtime.step_context import OUTCOME, RESULTS
from . import defaults, summary
from .terminal import Terminal

JOB = (
    "data",
    "model",
    "strategy",
    "train_from",
    "head",
    "prefer",
    "max_seconds",
    "augment",
    "seed",
    "seeds",
    "name",
    "webhook",
)
PLACES = ("output", "store", "registry")
REFUSED = 3


def run(given: argparse.Namespace) -> int:
    return _job(_asked(given, JOB + PLACES))


def example(given: argparse.Namespace) -> int:
    """The main job on real data; without a name on both, and the worse exit code of the two."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # a network is converted in this process
    codes = []
    for name in [given.name] if given.name else defaults.EXAMPLES:
        network = defaults.EXAMPLES[name]
        print(f"{name} with {network}: downloaded and prepared in {defaults.CACHE}, once", flush=True)
        asked = {"data": _prepared(name), "model": _prepared(network)}
        codes.append(_job({**asked, "name": name, "output": str(Path(given.output, name))}))
    return max(codes)


def _prepared(example: str) -> str:
    return str(importlib.import_module(f"thaw.examples.{example}").prepare(defaults.CACHE))


def profile(given: argparse.Namespace) -> int:
    terminal = Terminal(sys.stdout)
    asked = _asked(given, ("data", "model", "output", "store"))
    asked.setdefault("output", defaults.output_of(defaults.name_of(asked["data"]) + "-profile"))
    parameters = _placed(asked)
    _check(parameters)
    _locally("profile", parameters, terminal)
    summary.show_profile(parameters["output"], terminal)
    summary.show_blocks(parameters["output"], terminal)
    return 0


def compare(given: argparse.Namespace) -> int:
    terminal = Terminal(sys.stdout)
    asked = _asked(given, ("data", "model", "seeds", "output", "store"))
    name = defaults.name_of(asked["data"])
    asked.setdefault("output", defaults.output_of(name + "-compare"))
    parameters = _placed(asked)
    _check(parameters)
    terminal.line(f"{terminal.bold(name)}  {asked['data']} → {parameters['output']}")
    _locally("compare", parameters, terminal)
    summary.show_comparison(parameters["output"], terminal)
    return 0


def compile(given: argparse.Namespace) -> int:
    file = Path(given.output or f"{given.pipeline}.yaml")
    _package(given.pipeline, file)
    print(f"wrote {file}")
    if given.components:
        from ..kubeflow.catalogue import write_components

        for path in write_components(Path(given.components)):
            print(f"wrote {path}")
    return 0


def submit(given: argparse.Namespace) -> int:
    from ..kubeflow import cluster

    print(_on_cluster(given, cluster.submit))
    return 0


def schedule(given: argparse.Namespace) -> int:
    from ..kubeflow import cluster

    def scheduled(endpoint: str, package: Path, parameters: Mapping[str, Any], **options: str) -> cluster.Submitted:
        return cluster.schedule(endpoint, package, given.cron, parameters, **options)

    print(_on_cluster(given, scheduled))
    return 0


def status(given: argparse.Namespace) -> int:
    from ..kubeflow import cluster

    ask = cluster.watch if given.watch else cluster.status
    now = ask(given.endpoint, given.run, namespace=given.namespace)
    if not given.watch:
        for line in cluster.changes({}, now):
            print(line)
    print(now.url)
    return 0


def _job(asked: dict[str, Any]) -> int:
    """The adaptive pipeline on this machine, and what came of it."""
    terminal = Terminal(sys.stdout)
    name = asked.setdefault("name", defaults.name_of(asked["data"]))
    parameters = _placed(asked)
    _check(parameters)
    terminal.line(f"{terminal.bold(name)}  {asked['data']} → {parameters['output']}")
    parameters.setdefault("registry", storage.join(parameters["output"], "registry"))
    _locally("adaptive", parameters, terminal)
    uri = storage.join(parameters["output"], OUTCOME)
    outcome = Outcome.parse(storage.read(uri), uri)
    if outcome.status == "failed":
        raise _fault(f"{outcome.error}: see {storage.join(parameters['output'], 'run.log')}")
    summary.show(outcome, terminal)
    return REFUSED if outcome.status == "refused" else 0


def _placed(asked: dict[str, Any]) -> dict[str, Any]:
    """The parameters with their places filled in, absolute where local."""
    places = {"output": defaults.output_of(defaults.name_of(asked["data"])), "store": defaults.STORE}
    placed = {**places, **asked}
    return {
        key: str(Path(value).expanduser().absolute()) if key in PLACES and not storage.is_remote(value) else value
        for key, value in placed.items()
    }


def _check(parameters: Mapping[str, Any]) -> None:
    """Nothing is started that could not write what it finds, or would clear away what it is to read."""
    for read in ("data", "model"):
        if _inside(parameters.get(read, ""), parameters["output"]):
            raise InputError(
                f"--{read} lies in the output folder, whose results give way to the new run's",
                "choose another --output",
            )
    for place in PLACES:
        if place in parameters:
            storage.check_writable(parameters[place])


def _inside(uri: str, folder: str) -> bool:
    """Does `uri` lie in one of the folder's places for results?"""
    if storage.is_remote(uri) or storage.is_remote(folder):
        return any(f"{uri.rstrip('/')}/".startswith(f"{storage.join(folder, name)}/") for name in RESULTS)
    return any(Path(uri).expanduser().absolute().is_relative_to(Path(folder, name)) for name in RESULTS)


def _locally(pipeline: str, parameters: Mapping[str, Any], terminal: Terminal) -> None:
    from ..kubeflow import local
    from ..kubeflow.loops import one_after_another
    from .display import Display

    display = Display(terminal)
    try:
        with one_after_another(display.announce):
            local.run(_pipeline(pipeline), parameters, display)
    except local.RunFailed as error:
        raise _fault(str(error)) from error


def _fault(what: str) -> SystemExit:
    """Of ours, not of the input."""
    print(f"thaw: {what}", file=sys.stderr)
    return SystemExit(1)


def _on_cluster(given: argparse.Namespace, act: Any) -> str:
    """Compile the pipeline, hand it to `act` with what was asked for, and say where to look."""
    parameters = _asked(given, JOB + PLACES)
    name = parameters.pop("name", defaults.name_of(given.data))
    if given.pipeline == "adaptive":
        parameters["name"] = name  # of the model in the registry; the others release none
    else:
        name = f"{name}-{given.pipeline}"
    if shared := os.environ.get("THAW_OUTPUT"):
        parameters.setdefault("output", storage.join(shared, name))
    parameters |= dict(_assignment(text) for text in given.set)
    _for_pods(parameters)
    with tempfile.TemporaryDirectory() as folder:
        package = _package(given.pipeline, Path(folder, f"{given.pipeline}.yaml"))
        submitted = act(
            given.endpoint,
            package,
            parameters,
            name=name,
            experiment=given.experiment,
            namespace=given.namespace,
            service_account=given.service_account,
        )
    return f"{submitted.id}  {submitted.url}"


def _for_pods(parameters: Mapping[str, Any]) -> None:
    """Pods see no disk of this machine."""
    for place in ("data", *PLACES):
        uri = parameters.get(place, "")
        if uri and not storage.is_remote(uri):
            raise InputError(f"--{place} {uri} is a local path, which pods cannot see", "give a gs:// address")
    if Path(parameters.get("model") or "/").name and Path(parameters.get("model", "")).exists():
        raise InputError(
            f"--model {parameters['model']} is a local path, which pods cannot see",
            "copy it to gs:// and give that, or take a known name",
        )


def _assignment(text: str) -> tuple[str, Any]:
    """`lora_accelerator_count=2`: the counts are text, and everything that is no JSON object or list stays text."""
    name, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"'--set {text}' sets nothing", "write --set PARAMETER=VALUE")
    try:
        return name, json.loads(value) if value[:1] in ("{", "[") else value
    except json.JSONDecodeError as error:
        raise InputError(f"'{value}' is no JSON ({error})", f"correct the value of {name}") from error


def _asked(given: argparse.Namespace, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(given, name, None)) is not None}


def _pipeline(name: str) -> Any:
    function = defaults.PIPELINES[name]
    return getattr(importlib.import_module(f"thaw.pipelines.{function}"), function)


def _package(name: str, file: Path) -> Path:
    from kfp import compiler

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        compiler.Compiler().compile(_pipeline(name), str(file))
    except (OSError, ValueError) as error:
        raise InputError(f"{file} cannot be written ({error})", "give a file NAME.yaml that can be") from error
    return file
