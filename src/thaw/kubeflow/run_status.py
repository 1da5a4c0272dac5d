"""Where a run on a Kubeflow Pipelines endpoint stands."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import kfp_server_api

from .endpoint import connect

FINISHED = ("SUCCEEDED", "FAILED", "SKIPPED", "CANCELED")
POLL_SECONDS = 10.0
UI_ENDPOINT = "KF_PIPELINES_UI_ENDPOINT"  # kfp's own variable, for where the pages are not at the API's address


@dataclass(frozen=True)
class TaskStatus:
    """Where a task of a run stands."""

    id: str
    name: str
    state: str
    error: str


@dataclass(frozen=True)
class RunStatus:
    """Where a run stands. States are KFP's: PENDING, RUNNING, SUCCEEDED, SKIPPED, FAILED, CANCELED, …"""

    id: str
    name: str
    state: str
    error: str
    url: str
    tasks: tuple[TaskStatus, ...]

    @property
    def finished(self) -> bool:
        return self.state in FINISHED


def status(endpoint: str, run_id: str, *, namespace: str = "") -> RunStatus:
    """Where a run stands now.

    Raises:
        InputError: There is no such endpoint or run, or the credentials are refused.
    """
    with connect(endpoint, namespace) as client:
        return _run_status(endpoint, client.get_run(run_id))


def watch(
    endpoint: str,
    run_id: str,
    *,
    namespace: str = "",
    print_line: Callable[[str], None] = print,
    poll_seconds: float = POLL_SECONDS,
) -> RunStatus:
    """Print a line for each change of state of the run and its tasks, until it has finished."""
    states: dict[str, str] = {}
    with connect(endpoint, namespace) as client:
        while True:
            now = _run_status(endpoint, client.get_run(run_id))
            for line in changes(states, now):
                print_line(line)
            if now.finished:
                return now
            time.sleep(poll_seconds)


def changes(states: dict[str, str], now: RunStatus) -> Iterator[str]:
    """A line for each state that is not the one in `states`, which is brought up to date."""
    for task in (*now.tasks, TaskStatus(now.id, now.name, now.state, now.error)):
        if states.get(task.id) != task.state:
            states[task.id] = task.state
            yield f"{task.name}: {task.state.lower()}" + (f" ({task.error})" if task.error else "")


def page(endpoint: str, kind: str, identifier: str) -> str:
    """Address of the page of a run, or of another kind of thing."""
    return f"{os.environ.get(UI_ENDPOINT, endpoint).rstrip('/')}/#/{kind}/details/{identifier}"


def _run_status(endpoint: str, run: kfp_server_api.V2beta1Run) -> RunStatus:
    details = run.run_details.task_details if run.run_details else None
    tasks = [task for task in details or [] if not _is_internal(task.display_name)]
    tasks.sort(key=lambda task: (task.start_time and task.start_time.timestamp()) or math.inf)  # 1970: not yet
    return RunStatus(
        run.run_id,
        run.display_name,
        run.state or "PENDING",
        _error(run),
        page(endpoint, "runs", run.run_id),
        tuple(TaskStatus(task.task_id, task.display_name, task.state or "PENDING", _error(task)) for task in tasks),
    )


def _is_internal(name: str) -> bool:
    """Whether a task is a node that KFP itself adds: the root, and each task's driver and executor pod."""
    return name == "root" or name.endswith("driver") or name.partition("(")[0] == "executor"


def _error(record: kfp_server_api.V2beta1Run | kfp_server_api.V2beta1PipelineTaskDetail) -> str:
    return " ".join((record.error.message or "").split()) if record.error else ""
