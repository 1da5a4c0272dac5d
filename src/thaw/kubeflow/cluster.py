"""Submit and schedule runs on a Kubeflow Pipelines endpoint. Whatever the endpoint refuses is an InputError."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kfp_server_api

from .cron import check_cron
from .endpoint import connect
from .kfp_patches import Client
from .package import fill_parameters, list_by_name, upload_once
from .run_status import page

EXPERIMENT = "thaw"


@dataclass(frozen=True)
class Submitted:
    """A run, or a recurring one, that the endpoint has accepted, and its page."""

    id: str
    url: str


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
    for endpoints that serve several.

    Raises:
        InputError: There is no such endpoint, or it refuses the credentials or parameters.
    """
    values = fill_parameters(package, parameters)
    with connect(endpoint, namespace) as client, contextlib.redirect_stdout(io.StringIO()):  # kfp prints links
        version = upload_once(client, package, namespace)
        run = client.run_pipeline(
            client.create_experiment(experiment, namespace=namespace or None).experiment_id,
            name,
            params=values,
            pipeline_id=version.pipeline_id,
            version_id=version.pipeline_version_id,
            service_account=service_account or None,
        )
    return Submitted(run.run_id, page(endpoint, "runs", run.run_id))


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
    cron, values = check_cron(cron), fill_parameters(package, parameters)
    with connect(endpoint, namespace) as client, contextlib.redirect_stdout(io.StringIO()):
        of_that_name = list_by_name(client.list_recurring_runs, "recurring_runs", name, namespace=namespace or None)
        version = upload_once(client, package, namespace)
        replaced = [old for old in of_that_name if _pipeline_of(old) == version.pipeline_id]
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
    return Submitted(recurring.recurring_run_id, page(endpoint, "recurringrun", recurring.recurring_run_id))


def _pipeline_of(recurring: kfp_server_api.V2beta1RecurringRun) -> str:
    """Empty for a schedule that carries its pipeline in itself."""
    reference = recurring.pipeline_version_reference
    return reference.pipeline_id if reference else ""


def _delete(client: Client, recurring_run_id: str) -> None:
    try:
        client.delete_recurring_run(recurring_run_id)
    except kfp_server_api.ApiException as error:
        if error.status != 404:  # deleted meanwhile
            raise
