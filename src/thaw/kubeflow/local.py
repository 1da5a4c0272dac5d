"""Run a pipeline on this machine: the function that is compiled for a cluster, each task a process of its own.

KFP 2.17 does this but for a few things, which `_mended` and `_without_retries` put right for the time of a run: paths
with `python3` in them, OneOf of artifacts, conditions on the named outputs of a task, what happens to a task when its
command line ends, and retries of what cannot heal.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import tempfile
import traceback
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import kfp.local
from kfp.local import pipeline_orchestrator, subprocess_task_handler
from kfp.local.orchestrator.enhanced_dag_orchestrator import ConditionEvaluator
from kfp.local.orchestrator.orchestrator_utils import OrchestratorUtils
from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineSpec

from thaw.pipelines.resources import THREADS

from .. import storage
from ..cli.display import Display
from ..errors import InputError
from ..progress import CHANNEL
from ..records import StepError
from ..runtime.step_context import ERROR, LIFELINE

LOG = "run.log"
GRACE = 20.0
"""Seconds that an interrupted step may take to end."""


class RunFailed(Exception):
    """A fault that is not the user's input; the log says more."""


def run(pipeline: Any, parameters: Mapping[str, Any], display: Display) -> None:
    """Run a pipeline to its end, showing progress. Results, and its log as `run.log`, are in the parameter `output`.

    Raises InputError when a step refused its input, RunFailed when one broke.
    """
    output = parameters["output"]
    storage.remove(storage.join(output, ERROR))
    with tempfile.TemporaryDirectory(prefix="thaw-run-") as folder, _log(output, Path(folder)) as log:
        scratch = Path(folder)
        channel = scratch / "progress.jsonl"
        with _mended(_environment(scratch, channel), log) as last_words, display.following(channel):
            fault = _run(pipeline, parameters, scratch, log)
    refusal = storage.join(output, ERROR)
    if storage.exists(refusal):
        error = StepError.parse(storage.read(refusal), refusal)
        raise InputError(error.what, error.do)
    if fault:
        why = f" ({last_words[0]})" if last_words else ""
        raise RunFailed(f"{fault}{why}: see {storage.join(output, LOG)}")


def _run(pipeline: Any, parameters: Mapping[str, Any], scratch: Path, log: IO[str]) -> str:
    """What went wrong, if anything. What KFP prints, logs and warns of goes to the log."""
    kfp.local.init(
        runner=kfp.local.SubprocessRunner(use_venv=False),
        pipeline_root=str(scratch / "artifacts"),
        workspace_root=str(scratch / "workspace"),
    )
    with contextlib.redirect_stdout(log), contextlib.redirect_stderr(log), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # an image whose name lacks "python"
        try:
            pipeline_orchestrator.run_local_pipeline(_without_retries(pipeline.pipeline_spec), dict(parameters))
        except Exception as error:  # of KFP's own faults, too, the log has the whole story
            traceback.print_exc()
            task = re.search(r"Inner task failed: \W*(?:\x1b\[\d+m)?'([\w-]+)'", str(error))
            return f"the step {task[1]} failed" if task else f"the run failed ({error})"
    return ""


def _without_retries(spec: PipelineSpec) -> PipelineSpec:
    """Retries are for lost nodes. Here a step that failed would fail again, after minutes of waiting."""
    once = PipelineSpec()
    once.CopyFrom(spec)
    for component in (once.root, *once.components.values()):
        for task in component.dag.tasks.values():
            task.ClearField("retry_policy")
    return once


def _environment(scratch: Path, channel: Path) -> dict[str, str]:
    """Of every step. Its temporary files lie below `scratch`, so that nothing is left when a run is broken off."""
    temporary = scratch / "tmp"
    temporary.mkdir()
    channel.touch()
    return {"TMPDIR": str(temporary), CHANNEL: str(channel), "PYTHONUNBUFFERED": "1"}


@contextlib.contextmanager
def _log(output: str, scratch: Path) -> Iterator[IO[str]]:
    """The log, written in place where `output` is local, else copied there at the end."""
    place = scratch / LOG if storage.is_remote(output) else Path(output, LOG)
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        with place.open("w", buffering=1) as log:
            yield log
    finally:
        if storage.is_remote(output):
            storage.write(storage.join(output, LOG), place.read_bytes())


@contextlib.contextmanager
def _mended(environment: Mapping[str, str], log: IO[str]) -> Iterator[list[str]]:
    """Give KFP's local runner our ways for the time of one run. Yields the last line of each step that fails."""
    lifeline, held = os.pipe()
    last_words: list[str] = []

    def run_step(full_command: list[str], env_vars: Mapping[str, str] | None = None) -> int:
        """In a session of its own, whose processes all end with the step, and with this process, however it ends."""
        began = log.tell()
        running, held_by_step = os.pipe()
        process = subprocess.Popen(
            full_command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment, LIFELINE: str(lifeline), **_of_any_machine(env_vars or {})},
            pass_fds=(lifeline, held_by_step),
            start_new_session=True,
        )
        os.close(held_by_step)
        try:
            if process.wait():
                last_words.extend(Path(log.name).read_bytes()[began:].decode(errors="replace").split("\n")[-2:-1])
            return process.returncode
        finally:
            if process.returncode is None:
                _ask_to_end(process.pid, running)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            os.close(running)

    try:
        with (
            _replaced(subprocess_task_handler, "run_local_subprocess", run_step),
            _replaced(subprocess_task_handler, "replace_python_executable", _with_this_python),
            _replaced(OrchestratorUtils, "get_dag_output_artifacts", staticmethod(_artifacts_of_the_branch_that_ran)),
            _replaced(ConditionEvaluator, "_resolve_pipeline_channel", staticmethod(_value_in_condition)),
        ):
            yield last_words
    finally:
        os.close(lifeline)
        os.close(held)


def _of_any_machine(variables: Mapping[str, str]) -> dict[str, str]:
    """A task's variables but for the numbers of threads, which are those of its pod's cores."""
    return {name: value for name, value in variables.items() if name not in THREADS}


def _ask_to_end(group: int, running: int) -> None:
    """Give a training GRACE seconds to write a checkpoint. `running` is the end of a pipe that closes when the last
    process of the step has gone. To be interrupted again is to be in a hurry."""
    with contextlib.suppress(ProcessLookupError, KeyboardInterrupt):
        os.killpg(group, signal.SIGTERM)
        select.select([running], [], [], GRACE)


@contextlib.contextmanager
def _replaced(owner: Any, name: str, function: Any) -> Iterator[None]:
    original = vars(owner)[name]
    setattr(owner, name, function)
    try:
        yield
    finally:
        setattr(owner, name, original)


def _with_this_python(full_command: list[str], executable: str) -> list[str]:
    """In place of KFP's own, which writes the interpreter wherever `python3` stands, the user's paths included: only
    the script that starts the component means it."""
    script = next(i for i, part in enumerate(full_command) if "ephemeral_component.py" in part)
    return [*(part.replace("python3", executable) for part in full_command[: script + 1]), *full_command[script + 1 :]]


def _artifacts_of_the_branch_that_ran(dag_outputs_spec: Any, io_store: Any) -> dict[str, Any]:
    """In place of KFP's own, which refuses OneOf: each output is that of the one selector whose producer has run."""
    return {
        name: _produced(selection.artifact_selectors, io_store)
        for name, selection in dag_outputs_spec.artifacts.items()
    }


def _produced(selectors: Any, io_store: Any) -> Any:
    found = []
    for selector in selectors:
        with contextlib.suppress(ValueError):  # its producer has not run
            found.append(io_store.get_task_output(selector.producer_subtask, selector.output_artifact_key))
    if len(found) != 1:
        raise ValueError(f"{len(found)} of {len(selectors)} branches have this output")
    return found[0]


def _value_in_condition(channel: str, io_store: Any) -> Any:
    """The value that a condition names `pipelinechannel--NAME`: an input of the group that it stands in, or an output
    of a task beside it, `TASK-OUTPUT`, of which KFP's own knows only outputs called `Output`."""
    name = channel.removeprefix("pipelinechannel--")
    for key in (channel, name):
        with contextlib.suppress(ValueError):
            return io_store.get_parent_input(key)
    for hyphen in re.finditer("-", name):
        with contextlib.suppress(ValueError):
            return io_store.get_task_output(name[: hyphen.start()], name[hyphen.end() :])
    raise ValueError(f"the condition's {name} has no value")
