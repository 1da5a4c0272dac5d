"""Everything that reaches into the insides of kfp, each piece with the behaviour that it answers.

Tried with kfp 2.17.0. tests/kubeflow/test_kfp_patches.py fails as soon as kfp needs one of these no longer, or changes
the function that it stands in for; then it goes, or is read again. https://github.com/kubeflow/pipelines/issues/11793
collects what kfp's local runner lacks.
"""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import kfp
import kfp_server_api
from kfp.local import executor_output_utils, pipeline_orchestrator, placeholder_utils, subprocess_task_handler
from kfp.local.orchestrator import enhanced_dag_orchestrator, task_executor
from kfp.local.orchestrator.enhanced_dag_orchestrator import ConditionEvaluator, ParallelExecutor
from kfp.local.orchestrator.orchestrator_utils import OrchestratorUtils
from kfp.local.status import Status
from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineSpec, PipelineTaskSpec

from ..errors import InputError
from .seal import in_expression, sealed, unsealed

CONNECT_SECONDS, ANSWER_SECONDS = 3, 15

RunCommand = Callable[..., int]
Iteration = Callable[[str, bool], None]


@contextlib.contextmanager
def patched(run_command: RunCommand, iteration: Iteration) -> Iterator[None]:
    """kfp's local runner with all patches, for the time of the block.

    Args:
        run_command: Runs the command line of a step; its exit code. See `run_local_subprocess` below.
        iteration: Called with the name of each iteration of a loop (an item's `name`, or the item) at its beginning
            with False, at its good end with True.
    """
    with contextlib.ExitStack() as patches:
        for owner, name, function in replacements(run_command, iteration):
            patches.enter_context(_replaced(owner, name, function))
        yield


def replacements(run_command: RunCommand, iteration: Iteration) -> Iterator[tuple[Any, str, Any]]:
    """Owner, name and replacement of each function."""
    # A command is a child like any other: what it has started lives on when it or this process is killed, and Ctrl-C
    # reaches all at once, which leaves a training no time for its checkpoint. No issue of kfp's is known.
    yield subprocess_task_handler, "run_local_subprocess", run_command
    # The path of the interpreter is written wherever `python3` stands, the user's paths included.
    # https://github.com/kubeflow/pipelines/pull/14459
    yield subprocess_task_handler, "replace_python_executable", with_interpreter
    # Placeholders are replaced in the users' values, too, and without regard to the JSON that these stand in: a path
    # with `{{$}}` in it ends in a broken document, or as something else. No issue of kfp's is known.
    yield task_executor, "OrchestratorUtils", SealedArguments
    yield placeholder_utils, "replace_placeholders", with_sealed_values(placeholder_utils.replace_placeholders)
    # OneOf of artifacts is refused: "Expected 1 artifact in ArtifactSelectorSpec". Of parameters it works. The
    # cluster's side of it was https://github.com/kubeflow/pipelines/issues/13436
    yield OrchestratorUtils, "get_dag_output_artifacts", staticmethod(artifacts_of_branch)
    # A condition on an output that is not called `Output` finds no value, and counts as false, and a text is evaluated
    # as it comes, with its quotes. https://github.com/kubeflow/pipelines/pull/13313
    yield ConditionEvaluator, "_resolve_pipeline_channel", staticmethod(value_in_condition)
    # Two iterations of a loop run at a time, in threads. Two trainings would share this machine's cores and memory,
    # and neither Ctrl-C nor a failure would keep the iterations that wait from starting. So it is meant:
    # https://github.com/kubeflow/pipelines/pull/12511
    yield ParallelExecutor, "execute_parallel_tasks", run_sequentially(iteration)


def run_pipeline(pipeline: Any, parameters: Mapping[str, Any]) -> None:
    """Run a pipeline with kfp's local runner, which raises what went wrong."""
    pipeline_orchestrator.run_local_pipeline(without_retries(pipeline.pipeline_spec), dict(parameters))


def failed_task(error: Exception) -> str:
    """Name of the task that failed, which kfp tells in the text of its error alone; empty when it names none."""
    task = re.search(r"Inner task failed: \W*(?:\x1b\[\d+m)?'([\w-]+)'", str(error))
    return task[1] if task else ""


def without_retries(spec: PipelineSpec) -> PipelineSpec:
    """A copy of a pipeline in which no task is retried.

    Retries are for lost nodes. kfp's local runner makes them too (2.17.0, with their backoff), and a step that failed
    on this machine would fail again after minutes of waiting.
    """
    once = PipelineSpec()
    once.CopyFrom(spec)
    for component in (once.root, *once.components.values()):
        for task in component.dag.tasks.values():
            task.ClearField("retry_policy")
    return once


def with_interpreter(full_command: list[str], executable: str) -> list[str]:
    """A command line with the interpreter in place of `python3`, in the script that starts the component alone."""
    script = next(i for i, part in enumerate(full_command) if "ephemeral_component.py" in part)
    quoted = shlex.quote(executable)
    return [*(part.replace("python3", quoted) for part in full_command[: script + 1]), *full_command[script + 1 :]]


class SealedArguments(OrchestratorUtils):
    """Seals the arguments of a step, but for artifacts and for the pipeline's constants, which may be placeholders: of
    the run's ID, for one."""

    @classmethod
    def make_task_arguments(cls, task_inputs_spec: Any, io_store: Any) -> dict[str, Any]:
        arguments = super().make_task_arguments(task_inputs_spec, io_store)
        values = {name for name, each in task_inputs_spec.parameters.items() if not each.HasField("runtime_value")}
        return {name: sealed(value) if name in values else value for name, value in arguments.items()}


def with_sealed_values(replace_placeholders: Callable[..., list[str]]) -> Callable[..., list[str]]:
    """A function that replaces the placeholders of a command line, and then unseals the values.

    A component's command line takes values in one JSON document alone. Paths and the metadata of artifacts are sealed
    meanwhile, too.
    """

    def replace_sealed(full_command: list[str], executor_input_dict: dict[str, Any], **names: str) -> list[str]:
        inputs = executor_input_dict.get("inputs", {})
        if "artifacts" in inputs:
            inputs = {**inputs, "artifacts": sealed(inputs["artifacts"], keys=False)}
        outputs = sealed(executor_input_dict["outputs"], keys=False)
        sealed_input = {**executor_input_dict, "inputs": inputs, "outputs": outputs}
        command = replace_placeholders(full_command=full_command, executor_input_dict=sealed_input, **names)
        return [unsealed(part) for part in command]

    return replace_sealed


def artifacts_of_branch(dag_outputs_spec: Any, io_store: Any) -> dict[str, Any]:
    """The output artifacts of a group of tasks: of each, that of the one selector whose producer has run."""
    return {
        name: _produced(selection.artifact_selectors, io_store)
        for name, selection in dag_outputs_spec.artifacts.items()
    }


def _produced(selectors: Any, io_store: Any) -> Any:
    produced = []
    for selector in selectors:
        with contextlib.suppress(ValueError):  # its producer has not run
            produced.append(io_store.get_task_output(selector.producer_subtask, selector.output_artifact_key))
    if len(produced) != 1:
        raise ValueError(f"{len(produced)} of {len(selectors)} branches have this output")
    return produced[0]


class ConditionText(str):
    """A text that kfp writes into an expression between single quotes, by formatting it."""

    __slots__ = ()

    def __format__(self, form: str) -> str:
        return in_expression(self)


def value_in_condition(channel: str, io_store: Any) -> Any:
    """The value that a condition names `pipelinechannel--NAME`, a text as one that can be written into it."""
    value = _value_of_channel(channel, io_store)
    return ConditionText(value) if isinstance(value, str) else value


def _value_of_channel(channel: str, io_store: Any) -> Any:
    """An input of the group that the condition stands in, or an output of a task beside it, `TASK-OUTPUT`."""
    name = channel.removeprefix("pipelinechannel--")
    for key in (channel, name):
        with contextlib.suppress(ValueError):
            return io_store.get_parent_input(key)
    for hyphen in re.finditer("-", name):
        with contextlib.suppress(ValueError):
            return io_store.get_task_output(name[: hyphen.start()], name[hyphen.end() :])
    raise ValueError(f"the condition's {name} has no value")


def run_sequentially(iteration: Iteration) -> Callable[..., tuple[dict[str, Any], Status]]:
    """A method that runs the iterations of a loop in their order, in the thread of the caller, until one fails."""

    def execute_parallel_tasks(
        self: ParallelExecutor,
        tasks: Sequence[tuple[str, PipelineTaskSpec]],
        *,
        io_store: Any,
        fail_stack: list[str],
        parallelism_limit: int = 0,
        **shared: Any,
    ) -> tuple[dict[str, Any], Status]:
        all_outputs = {}
        for task, spec in tasks:
            name = _item_name(spec)
            iteration(name, False)
            outputs, status = enhanced_dag_orchestrator.execute_task(
                task_name=task, task_spec=spec, io_store=io_store, fail_stack=fail_stack, **shared
            )
            if status == Status.FAILURE:
                fail_stack.append(task)
                return {}, status
            iteration(name, True)
            all_outputs[task] = outputs
            for key, output in outputs.items():
                io_store.put_task_output(task, key, output)
        return all_outputs, Status.SUCCESS

    return execute_parallel_tasks


def _item_name(iteration: PipelineTaskSpec) -> str:
    items = [
        executor_output_utils.pb2_value_to_python(parameter.runtime_value.constant)
        for channel, parameter in iteration.inputs.parameters.items()
        if channel.endswith("-loop-item")
    ]
    item = items[0] if items else ""
    return str(item.get("name", item)) if isinstance(item, dict) else str(item)


class Client(kfp.Client):
    """kfp's client, which asks once whether the endpoint is there.

    kfp asks five times, five seconds apart, printing a traceback each time. No issue of kfp's is known.
    """

    def get_kfp_healthz(self, sleep_duration: int = 0) -> kfp_server_api.V2beta1GetHealthzResponse:
        health, _, headers = self._healthz_api.healthz_service_get_healthz_with_http_info(
            _request_timeout=(CONNECT_SECONDS, ANSWER_SECONDS)
        )
        if "json" not in headers.get("Content-Type", ""):  # a login page, say
            raise InputError(
                f"{self._existing_config.host} answers, but not as Kubeflow Pipelines does",
                "check the address; behind a login, put a bearer token in KFP_EXISTING_TOKEN",
            )
        return health


@contextlib.contextmanager
def _replaced(owner: Any, name: str, function: Any) -> Iterator[None]:
    original = vars(owner)[name]
    setattr(owner, name, function)
    try:
        yield
    finally:
        setattr(owner, name, original)
