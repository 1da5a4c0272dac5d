"""Submit, schedule and watch runs on a Kubeflow Pipelines endpoint.

Whatever the endpoint refuses is an InputError. Text parameters that are not given are taken from the environment
(THAW_STORE for `store`), so that one ConfigMap can hold what everybody's runs share.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kfp_server_api
import yaml

from ..errors import InputError
from .cron import check_cron
from .endpoint import Client, connect

EXPERIMENT = "thaw"
FINISHED = ("SUCCEEDED", "FAILED", "SKIPPED", "CANCELED")
POLL_SECONDS = 10.0
UI_ENDPOINT = "KF_PIPELINES_UI_ENDPOINT"  # kfp's own variable, for where the pages are not at the API's address


@dataclass(frozen=True)
class Submitted:
    """A run, or a recurring one, that the endpoint has accepted, and its page."""

    id: str
    url: str


@dataclass(frozen=True)
class Task:
    id: str
    name: str
    state: str
    error: str


@dataclass(frozen=True)
class Status:
    """Where a run stands. States are KFP's: PENDING, RUNNING, SUCCEEDED, SKIPPED, FAILED, CANCELED, …"""

    id: str
    name: str
    state: str
    error: str
    url: str
    tasks: tuple[Task, ...]

    @property
    def finished(self) -> bool:
        return self.state in FINISHED


def submit(
    endpoint: str,
    package: Path,
    parameters: Mapping[str, Any],
    *,
    name: str,
    experiment: str = EXPERIMENT,
    namespace: str = "",
    service_account: str = "",
) -> Submitted:
    """Start one run of a compiled pipeline.

    The package is uploaded as a version named after its content: once, however often it is submitted. `namespace` is
    for endpoints that serve several. InputError: no such endpoint, credentials or parameters refused.
    """
    values = _parameters(_spec(package), parameters)
    with connect(endpoint, namespace) as client, contextlib.redirect_stdout(io.StringIO()):  # kfp prints links
        version = _version(client, package, namespace)
        run = client.run_pipeline(
            client.create_experiment(experiment, namespace=namespace or None).experiment_id,
            name,
            params=values,
            pipeline_id=version.pipeline_id,
            version_id=version.pipeline_version_id,
            service_account=service_account or None,
        )
    return Submitted(run.run_id, _page(endpoint, "runs", run.run_id))


def schedule(
    endpoint: str,
    package: Path,
    cron: str,
    parameters: Mapping[str, Any],
    *,
    name: str,
    experiment: str = EXPERIMENT,
    namespace: str = "",
    service_account: str = "",
) -> Submitted:
    """Run a compiled pipeline whenever the six-field `cron` says, in the cluster's time zone, one run at a time.

    Schedules of this pipeline with the same name are replaced: the new one is created before the old ones go, so that a
    refusal leaves things as they were. Times that the cluster missed are not made up for.
    """
    cron, values = check_cron(cron), _parameters(_spec(package), parameters)
    with connect(endpoint, namespace) as client, contextlib.redirect_stdout(io.StringIO()):
        named = _named(client.list_recurring_runs, "recurring_runs", name, namespace=namespace or None)
        version = _version(client, package, namespace)
        replaced = [old for old in named if _pipeline_of(old) == version.pipeline_id]
        recurring = client.create_recurring_run(
            client.create_experiment(experiment, namespace=namespace or None).experiment_id,
            name,
            cron_expression=cron,
            no_catchup=True,
            params=values,
            pipeline_id=version.pipeline_id,
            version_id=version.pipeline_version_id,
            service_account=service_account or None,
        )
        for old in replaced:
            _delete(client, old.recurring_run_id)
    return Submitted(recurring.recurring_run_id, _page(endpoint, "recurringrun", recurring.recurring_run_id))


def status(endpoint: str, run_id: str, *, namespace: str = "") -> Status:
    with connect(endpoint, namespace) as client:
        return _status(endpoint, client.get_run(run_id))


def watch(
    endpoint: str,
    run_id: str,
    *,
    namespace: str = "",
    say: Callable[[str], None] = print,
    every: float = POLL_SECONDS,
) -> Status:
    """Say each change of state of the run and its tasks, until it has finished."""
    told: dict[str, str] = {}
    with connect(endpoint, namespace) as client:
        while True:
            now = _status(endpoint, client.get_run(run_id))
            for line in changes(told, now):
                say(line)
            if now.finished:
                return now
            time.sleep(every)


def changes(told: dict[str, str], now: Status) -> Iterator[str]:
    """A line for each state that is not the one in `told`, which is brought up to date."""
    for task in (*now.tasks, Task(now.id, now.name, now.state, now.error)):
        if told.get(task.id) != task.state:
            told[task.id] = task.state
            yield f"{task.name}: {task.state.lower()}" + (f" ({task.error})" if task.error else "")


def _status(endpoint: str, run: kfp_server_api.V2beta1Run) -> Status:
    details = run.run_details.task_details if run.run_details else None
    tasks = [task for task in details or [] if not _plumbing(task.display_name)]
    tasks.sort(key=lambda task: (task.start_time and task.start_time.timestamp()) or math.inf)  # 1970: not yet
    return Status(
        run.run_id,
        run.display_name,
        run.state or "PENDING",
        _error(run),
        _page(endpoint, "runs", run.run_id),
        tuple(Task(task.task_id, task.display_name, task.state or "PENDING", _error(task)) for task in tasks),
    )


def _plumbing(name: str) -> bool:
    """The nodes that KFP itself adds: the root, and each task's driver and executor pod."""
    return name == "root" or name.endswith("driver") or name.partition("(")[0] == "executor"


def _error(record: kfp_server_api.V2beta1Run | kfp_server_api.V2beta1PipelineTaskDetail) -> str:
    return " ".join((record.error.message or "").split()) if record.error else ""


def _page(endpoint: str, kind: str, identifier: str) -> str:
    return f"{os.environ.get(UI_ENDPOINT, endpoint).rstrip('/')}/#/{kind}/details/{identifier}"


def _spec(package: Path) -> dict[str, Any]:
    try:
        spec = next(yaml.safe_load_all(package.read_text()))
        spec["pipelineInfo"]["name"]
    except (OSError, yaml.YAMLError, StopIteration, TypeError, KeyError) as error:
        raise InputError(f"{package} is no compiled pipeline", "write one with: thaw compile --output FILE") from error
    return dict(spec)


def _parameters(spec: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The given values, completed from the environment; InputError for unknown and for missing ones."""
    declared = spec["root"].get("inputDefinitions", {}).get("parameters", {})
    for name in given:
        if name not in declared:
            raise InputError(f"the pipeline has no parameter '{name}'", f"use those it has: {', '.join(declared)}")
    shared = {name: os.environ.get(f"THAW_{name.upper()}") for name in declared if _is_text(declared[name])}
    values = {**{name: value for name, value in shared.items() if value}, **given}
    for name, parameter in declared.items():
        if name not in values and "defaultValue" not in parameter and not parameter.get("isOptional"):
            raise InputError(f"the pipeline's parameter '{name}' has no value", "give one")
    return values


def _is_text(parameter: Mapping[str, Any]) -> bool:
    return parameter.get("parameterType") == "STRING"


def _version(client: Client, package: Path, namespace: str) -> kfp_server_api.V2beta1PipelineVersion:
    """The package's version on the endpoint, uploaded if it is not there."""
    name = _spec(package)["pipelineInfo"]["name"]
    pipeline = _found_or_created(
        lambda: _named(client.list_pipelines, "pipelines", name, namespace=namespace or None),
        lambda: client.pipelines.pipeline_service_create_pipeline(
            kfp_server_api.V2beta1Pipeline(name=name, display_name=name, namespace=namespace or None)
        ),
    )
    content = f"{name}-{hashlib.sha256(package.read_bytes()).hexdigest()[:12]}"
    return _found_or_created(
        lambda: _named(client.list_pipeline_versions, "pipeline_versions", content, pipeline_id=pipeline.pipeline_id),
        lambda: client.upload_pipeline_version(str(package), content, pipeline_id=pipeline.pipeline_id),
    )


def _pipeline_of(recurring: kfp_server_api.V2beta1RecurringRun) -> str:
    """Empty for a schedule that carries its pipeline in itself."""
    reference = recurring.pipeline_version_reference
    return reference.pipeline_id if reference else ""


def _found_or_created(find: Callable[[], list[Any]], create: Callable[[], Any]) -> Any:
    if found := find():
        return found[0]
    try:
        return create()
    except kfp_server_api.ApiException as error:
        if error.status != 409:  # somebody else created it meanwhile
            raise
    return find()[0]


def _named(listing: Callable[..., Any], field: str, name: str, **scope: str | None) -> list[Any]:
    """Everything of that display name, over all pages."""
    wanted = json.dumps({"predicates": [{"operation": "EQUALS", "key": "display_name", "stringValue": name}]})
    found: list[Any] = []
    token = ""
    while True:
        page = listing(page_token=token, page_size=100, filter=wanted, **scope)
        found += getattr(page, field) or []
        token = page.next_page_token
        if not token:
            return found


def _delete(client: Client, recurring_run_id: str) -> None:
    try:
        client.delete_recurring_run(recurring_run_id)
    except kfp_server_api.ApiException as error:
        if error.status != 404:  # deleted meanwhile
            raise
