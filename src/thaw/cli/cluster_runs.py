"""The commands that need a Kubeflow Pipelines endpoint, or compile for one."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .. import storage
from ..errors import InputError
from ..printable import printable
from ..runtime.options import PLACES, SOURCE_OPTIONS, pipeline_parameters
from . import defaults
from .resolve_options import resolve_options


def compile(arguments: argparse.Namespace) -> int:
    from ..kubeflow.compilation import compile_to

    written = compile_to(arguments.pipeline, Path(arguments.file or f"{arguments.pipeline}.yaml"))
    print(printable(f"wrote {written}"))
    if arguments.components:
        from ..kubeflow.catalogue import write_components

        for path in write_components(Path(arguments.components)):
            print(printable(f"wrote {path}"))
    return 0


def submit(arguments: argparse.Namespace) -> int:
    from ..kubeflow import cluster

    _on_cluster(arguments, cluster.submit)
    return 0


def schedule(arguments: argparse.Namespace) -> int:
    from ..kubeflow import cluster

    def scheduled(endpoint: str, package: Path, parameters: Mapping[str, Any], **where: str) -> cluster.Submitted:
        return cluster.schedule(endpoint, package, arguments.cron, parameters, **where)

    _on_cluster(arguments, scheduled)
    return 0


def status(arguments: argparse.Namespace) -> int:
    from ..kubeflow import run_status

    ask = run_status.watch if arguments.watch else run_status.status
    now = ask(arguments.endpoint, arguments.run, namespace=arguments.namespace)
    if not arguments.watch:
        for line in run_status.changes({}, now):
            print(printable(line))
    print(now.url)
    return 0


def _on_cluster(arguments: argparse.Namespace, act: Callable[..., Any]) -> None:
    """Compile the pipeline, hand it to `act` with the options given, and print where to look."""
    from ..kubeflow.compilation import compile_to

    given = resolve_options(arguments, arguments.pipeline)
    values = {**given.values, "name": given.values.get("name") or defaults.name_of(given.values["data"])}
    name = defaults.run_name(arguments.pipeline, values["name"])
    if arguments.pipeline != "adaptive":
        del values["name"]  # of the model in the registry; the others release none
    parameters = pipeline_parameters(values) | dict(parameter(text) for text in arguments.set)
    check_reach(parameters)
    with tempfile.TemporaryDirectory() as folder:
        package = compile_to(arguments.pipeline, Path(folder, f"{arguments.pipeline}.yaml"))
        submitted = act(
            arguments.endpoint,
            package,
            parameters,
            name=name,
            experiment=arguments.experiment,
            namespace=arguments.namespace,
            service_account=arguments.service_account,
        )
    print(f"{submitted.id}  {submitted.url}")
    print(printable(f"options: {given}"), file=sys.stderr)  # what reads the line above gets no other


def check_reach(parameters: Mapping[str, Any]) -> None:
    """Pods see no disk of this machine."""
    places = {name: parameters.get(name, "") for name in ("data", *PLACES)}
    places["labels"] = parameters.get(SOURCE_OPTIONS, {}).get("labels", "")
    for place, uri in places.items():
        if uri and not storage.is_remote(uri) and (place != "data" or "://" not in uri):
            raise InputError(f"--{place} {uri} is a local path, which pods cannot see", "give a gs:// address")
    if Path(parameters.get("model") or "/").name and Path(parameters.get("model", "")).exists():
        raise InputError(
            f"--model {parameters['model']} is a local path, which pods cannot see",
            "copy it to gs:// and give that, or take a known name",
        )


def parameter(text: str) -> tuple[str, Any]:
    """Name and value of a parameter of the pipeline. A value that is no JSON object or list stays text.

    >>> parameter("lora_accelerator_count=2")
    ('lora_accelerator_count', '2')
    >>> parameter('full_node_selector={"pool": "a100"}')
    ('full_node_selector', {'pool': 'a100'})
    """
    name, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"'--set {text}' sets nothing", "write --set PARAMETER=VALUE")
    try:
        return name, json.loads(value) if value[:1] in ("{", "[") else value
    except json.JSONDecodeError as error:
        raise InputError(f"'{value}' is no JSON ({error})", f"correct the value of {name}") from error
