"""Canaries: each fails as soon as kfp needs a patch no longer, or has changed the function that it stands in for."""

import contextlib
import hashlib
import inspect
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import kfp
import kfp.local
import pytest
from kfp import dsl
from kfp.local import io, pipeline_orchestrator, placeholder_utils, subprocess_task_handler
from kfp.local.orchestrator import enhanced_dag_orchestrator, task_executor
from kfp.local.orchestrator.enhanced_dag_orchestrator import ConditionEvaluator, ParallelExecutor
from kfp.local.orchestrator.orchestrator_utils import OrchestratorUtils
from kfp.local.status import Status
from kfp.pipeline_spec.pipeline_spec_pb2 import DagOutputsSpec

from tests.kubeflow.kfp_stub import Stub
from thaw.kubeflow import kfp_patches

VERSIONS = ("2.17.0",)
SOURCES = {
    # What is replaced, and what is reached into: the first digits of the checksum of its source.
    "subprocess_task_handler.run_local_subprocess": (subprocess_task_handler.run_local_subprocess, "4f82b209ba51"),
    "subprocess_task_handler.replace_python_executable": (
        subprocess_task_handler.replace_python_executable,
        "aec21a2096e1",
    ),
    "OrchestratorUtils.get_dag_output_artifacts": (OrchestratorUtils.get_dag_output_artifacts, "3bd1158f52bb"),
    "ConditionEvaluator._resolve_pipeline_channel": (ConditionEvaluator._resolve_pipeline_channel, "8c061e7b1d2e"),
    "ConditionEvaluator.evaluate_condition": (ConditionEvaluator.evaluate_condition, "9cba57858d00"),
    "OrchestratorUtils.make_task_arguments": (OrchestratorUtils.make_task_arguments, "17a94f18a28c"),
    "placeholder_utils.replace_placeholders": (placeholder_utils.replace_placeholders, "3f648cd42a20"),
    "ParallelExecutor.execute_parallel_tasks": (ParallelExecutor.execute_parallel_tasks, "cee967d75783"),
    "enhanced_dag_orchestrator.execute_task": (enhanced_dag_orchestrator.execute_task, "652a78d0084c"),
    "task_executor.execute_single_task": (task_executor.execute_single_task, "ee78ffed032b"),
    "pipeline_orchestrator.run_local_pipeline": (pipeline_orchestrator.run_local_pipeline, "116991626594"),
    "Client.get_kfp_healthz": (kfp.Client.get_kfp_healthz, "320865fac7c1"),
}


def test_the_installed_kfp_is_one_that_the_patches_were_tried_with() -> None:
    assert kfp.__version__ in VERSIONS


@pytest.mark.parametrize("name", SOURCES)
def test_the_inside_is_the_one_that_the_patch_was_written_for(name: str) -> None:
    function, digits = SOURCES[name]
    assert hashlib.sha256(inspect.getsource(function).encode()).hexdigest()[:12] == digits


def test_kfp_is_left_as_it_was() -> None:
    def insides() -> list[Any]:
        return [vars(owner)[name] for owner, name, _ in replaced]

    replaced = list(kfp_patches.replacements(lambda *_: 0, lambda *_: None))
    before = insides()
    with contextlib.suppress(KeyError), kfp_patches.patched(lambda *_: 0, lambda *_: None):
        assert not any(now is then for now, then in zip(insides(), before, strict=True))
        raise KeyError
    assert insides() == before


COMMAND = ["sh", "-c", 'python3 -m kfp "$program_path/ephemeral_component.py" "$@"', "python3 = 1", "/data/python3.11"]


def test_python3_in_a_users_path() -> None:
    *_, unpatched = subprocess_task_handler.replace_python_executable(COMMAND, "/bin/py")
    assert unpatched == "/data//bin/py.11"
    _, _, script, code, path = kfp_patches.with_interpreter(COMMAND, "/bin/py")
    assert script.startswith("/bin/py -m kfp ")
    assert (code, path) == ("python3 = 1", "/data/python3.11")


def test_an_interpreter_in_a_folder_with_a_space() -> None:
    _, _, script, *_ = kfp_patches.with_interpreter(COMMAND, "/my venv/bin/py")
    assert script.startswith("'/my venv/bin/py' -m kfp ")


def test_placeholders_in_values_and_quotes_in_conditions() -> None:
    """What kfp makes of them by itself; tests of hostile texts have what it makes of them with the patches."""
    given = {"inputs": {"parameterValues": {"text": "{{$}}"}}, "outputs": {"outputFile": ""}}
    names = ("pipeline_resource_name", "task_resource_name", "pipeline_root", "unique_pipeline_id")
    (document,) = placeholder_utils.replace_placeholders(["{{$}}"], given, **dict.fromkeys(names, ""))
    assert json.loads(document)["inputs"]["parameterValues"]["text"] != "{{$}}"
    store = io.IOStore()
    store.put_parent_input("pipelinechannel--text", "it's")
    condition = "inputs.parameter_values['pipelinechannel--text'] != 'its'"
    assert not ConditionEvaluator.evaluate_condition(condition, store), "a value that does not parse counts as false"


def _one_of() -> DagOutputsSpec:
    spec = DagOutputsSpec()
    for task in ("left", "right"):
        spec.artifacts["made"].artifact_selectors.add(producer_subtask=task, output_artifact_key="model")
    return spec


def test_one_of_artifacts() -> None:
    store = io.IOStore()
    store.put_task_output("right", "model", "weights")
    with pytest.raises(ValueError, match="Expected 1 artifact"):
        OrchestratorUtils.get_dag_output_artifacts(_one_of(), store)
    assert kfp_patches.artifacts_of_branch(_one_of(), store) == {"made": "weights"}
    store.put_task_output("left", "model", "weights")
    with pytest.raises(ValueError, match="2 of 2"):
        kfp_patches.artifacts_of_branch(_one_of(), store)


def test_conditions_on_named_outputs() -> None:
    store = io.IOStore()
    store.put_task_output("choose-strategy", "strategy", "lora")
    store.put_parent_input("pipelinechannel--ready", "yes")
    channel = "pipelinechannel--choose-strategy-strategy"
    assert ConditionEvaluator._resolve_pipeline_channel(channel, store) is None
    assert kfp_patches.value_in_condition(channel, store) == "lora"
    assert kfp_patches.value_in_condition("pipelinechannel--ready", store) == "yes"


@pytest.mark.parametrize("patch", [False, True])
def test_iterations_leave_the_main_thread(monkeypatch: pytest.MonkeyPatch, patch: bool) -> None:
    threads = []

    def execute_task(**_: Any) -> tuple[dict, Status]:
        threads.append(threading.current_thread())
        return {}, Status.SUCCESS

    monkeypatch.setattr(enhanced_dag_orchestrator, "execute_task", execute_task)
    run: Callable[..., Any] = ParallelExecutor.execute_parallel_tasks
    if patch:
        run = kfp_patches.run_sequentially(lambda *_: None)
    spec = kfp_patches.PipelineTaskSpec()
    shared = dict.fromkeys(("pipeline_resource_name", "components", "executors", "pipeline_root", "runner"))
    tasks = [("a", spec), ("b", spec)]
    run(ParallelExecutor(), tasks, io_store=io.IOStore(), fail_stack=[], unique_pipeline_id="", **shared)
    assert [thread is threading.main_thread() for thread in threads] == [patch, patch]


def test_a_step_shares_the_process_group_of_its_runner() -> None:
    code = f"import os, sys; sys.exit(os.getpgrp() != {os.getpgrp()})"
    assert subprocess_task_handler.run_local_subprocess([sys.executable, "-c", code]) == 0


@dsl.component(base_image="python", install_kfp_package=False)
def crash(file: str) -> None:
    with open(file, "a") as attempts:
        attempts.write("x")
    raise ValueError


@dsl.pipeline
def crashing(file: str) -> None:
    crash(file=file).set_retry(1, backoff_duration="0s")


@pytest.fixture
def local_kfp(tmp_path: Path) -> Iterator[None]:
    kfp.local.init(runner=kfp.local.SubprocessRunner(use_venv=False), pipeline_root=str(tmp_path / "root"))
    yield
    logging.getLogger().handlers.clear()


def test_retries_on_this_machine_and_the_name_of_the_task_that_failed(tmp_path: Path, local_kfp: None) -> None:
    with pytest.raises(Exception, match="Inner task failed") as failed:
        pipeline_orchestrator.run_local_pipeline(crashing.pipeline_spec, {"file": str(tmp_path / "kfp")})
    assert (tmp_path / "kfp").read_text() == "xx"
    assert kfp_patches.failed_task(failed.value) == "crash"
    with pytest.raises(Exception, match="Inner task failed"):
        kfp_patches.run_pipeline(SimpleNamespace(pipeline_spec=crashing.pipeline_spec), {"file": str(tmp_path / "us")})
    assert (tmp_path / "us").read_text() == "x"


@pytest.mark.parametrize(("client", "attempts"), [(kfp.Client, 5), (kfp_patches.Client, 1)])
def test_a_client_asks_again_and_again(
    client: type[kfp.Client], attempts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with Stub() as stub:
        asking = client(host=stub.url)
        stub.requests.clear()
        stub.failing = 503
        with pytest.raises(Exception):  # noqa: B017, PT011
            asking.get_kfp_healthz()
        assert stub.requests == ["GET /healthz"] * attempts
