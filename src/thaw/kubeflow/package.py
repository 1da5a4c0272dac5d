"""A compiled pipeline: its parameters, and its version on an endpoint."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import kfp_server_api
import yaml

from ..errors import InputError
from ..runtime.option_sources import variable_of
from .kfp_patches import Client


def fill_parameters(package: Path, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a run's parameters. Text that is not given is taken from the environment: THAW_STORE for `store`.

    Raises:
        InputError: The package has no such parameter, or one without a value or with one that a cluster would replace
            placeholders in; or it is no package.
    """
    declared = _spec(package)["root"].get("inputDefinitions", {}).get("parameters", {})
    for name in values:
        if name not in declared:
            raise InputError(f"the pipeline has no parameter '{name}'", f"use those it has: {', '.join(declared)}")
    shared = {name: os.environ.get(variable_of(name)) for name in declared if _is_text(declared[name])}
    complete = {**{name: value for name, value in shared.items() if value}, **values}
    for name, value in complete.items():
        if "{{" in json.dumps(value):
            raise InputError(
                f"the value of '{name}' has '{{{{' in it, which Kubeflow Pipelines and Argo would replace on a cluster",
                "give one without: rename the path, or take single braces",
            )
    for name, parameter in declared.items():
        if name not in complete and "defaultValue" not in parameter and not parameter.get("isOptional"):
            raise InputError(f"the pipeline's parameter '{name}' has no value", "give one")
    return complete


def upload_once(client: Client, package: Path, namespace: str) -> kfp_server_api.V2beta1PipelineVersion:
    """The package's version on the endpoint, uploaded if it is not there. Its name is that of its content."""
    name = _spec(package)["pipelineInfo"]["name"]
    pipeline = _get_or_create(
        lambda: list_by_name(client.list_pipelines, "pipelines", name, namespace=namespace or None),
        lambda: client.pipelines.pipeline_service_create_pipeline(
            kfp_server_api.V2beta1Pipeline(name=name, display_name=name, namespace=namespace or None)
        ),
    )
    version = f"{name}-{hashlib.sha256(package.read_bytes()).hexdigest()[:12]}"
    scope = {"pipeline_id": pipeline.pipeline_id}
    return _get_or_create(
        lambda: list_by_name(client.list_pipeline_versions, "pipeline_versions", version, **scope),
        lambda: client.upload_pipeline_version(str(package), version, **scope),
    )


def list_by_name(listing: Callable[..., Any], field: str, name: str, **scope: str | None) -> list[Any]:
    """Everything of that display name, over all pages of a listing."""
    predicate = {"operation": "EQUALS", "key": "display_name", "stringValue": name}
    records: list[Any] = []
    token = ""
    while True:
        page = listing(page_token=token, page_size=100, filter=json.dumps({"predicates": [predicate]}), **scope)
        records += getattr(page, field) or []
        token = page.next_page_token
        if not token:
            return records


def _spec(package: Path) -> dict[str, Any]:
    try:
        spec = next(yaml.safe_load_all(package.read_text()))
        spec["pipelineInfo"]["name"]
    except (OSError, yaml.YAMLError, StopIteration, TypeError, KeyError) as error:
        raise InputError(f"{package} is no compiled pipeline", "write one with: thaw compile --output FILE") from error
    return dict(spec)


def _is_text(parameter: Mapping[str, Any]) -> bool:
    return parameter.get("parameterType") == "STRING"


def _get_or_create(find: Callable[[], list[Any]], create: Callable[[], Any]) -> Any:
    if records := find():
        return records[0]
    try:
        return create()
    except kfp_server_api.ApiException as error:
        if error.status != 409:  # somebody else created it meanwhile
            raise
    return find()[0]
