"""Run a pipeline on this machine: the very function that is compiled for a cluster, each task a process of its own."""

from __future__ import annotations

import contextlib
import tempfile
import traceback
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import kfp.local

from .. import storage
from ..errors import InputError
from ..progress import CHANNEL
from ..records import StepError
from ..runtime.claims import claimed
from ..runtime.results import ERROR
from . import kfp_patches
from .run_log import LOG, Log, run_log
from .step_process import step_processes
from .watcher import Watcher


class RunFailed(Exception):
    """A fault that is not the user's input; the log says more."""


def run(pipeline: Any, parameters: Mapping[str, Any], watcher: Watcher) -> None:
    """Run a pipeline to its end. Results, and its log as `run.log`, are in the parameter `output`.

    Raises:
        InputError: A step refused its input; or the output is somebody else's, or another run's that is alive.
        RunFailed: A step broke.
    """
    output = parameters["output"]
    with claimed(output):
        _run(pipeline, parameters, output, watcher)


def _run(pipeline: Any, parameters: Mapping[str, Any], output: str, watcher: Watcher) -> None:
    storage.remove(storage.join(output, ERROR))
    with tempfile.TemporaryDirectory(prefix="thaw-run-") as folder, run_log(output, Path(folder)) as log:
        scratch = Path(folder)
        channel = scratch / "progress.jsonl"
        with (
            step_processes(_environment(scratch, channel), log) as processes,
            kfp_patches.patched(processes.run, watcher.iteration),
            watcher.following(channel),
        ):
            fault = _fault_of_run(pipeline, parameters, scratch, log)
    refusal = storage.join(output, ERROR)
    if storage.exists(refusal):
        error = StepError.parse(storage.read(refusal), refusal)
        raise InputError(error.what, error.do)
    if fault:
        why = f" ({processes.last_lines[0]})" if processes.last_lines else ""
        raise RunFailed(f"{fault}{why}: see {storage.join(output, LOG)}")


def _fault_of_run(pipeline: Any, parameters: Mapping[str, Any], scratch: Path, log: Log) -> str:
    """Run it; what went wrong, if anything. What kfp prints, logs and warns of goes to the log."""
    kfp.local.init(
        runner=kfp.local.SubprocessRunner(use_venv=False),
        pipeline_root=str(scratch / "artifacts"),
        workspace_root=str(scratch / "workspace"),
    )
    with contextlib.redirect_stdout(log), contextlib.redirect_stderr(log), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # an image whose name lacks "python"
        try:
            kfp_patches.run_pipeline(pipeline, parameters)
        except Exception as error:  # of kfp's own faults, too, the log has the whole story
            traceback.print_exc()
            task = kfp_patches.failed_task(error)
            return f"the step {task} failed" if task else f"the run failed ({error})"
    return ""


def _environment(scratch: Path, channel: Path) -> dict[str, str]:
    """Environment variables of every step. Temporary files lie below `scratch`: a run broken off leaves none."""
    temporary = scratch / "tmp"
    temporary.mkdir()
    channel.touch()
    return {"TMPDIR": str(temporary), CHANNEL: str(channel), "PYTHONUNBUFFERED": "1"}
