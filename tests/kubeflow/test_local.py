"""Running a pipeline on this machine: what `kubeflow.local` adds to KFP's own runner."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from kfp import dsl

from thaw.errors import InputError
from thaw.kubeflow import local
from thaw.kubeflow.step_process import GRACE_SECONDS
from thaw.kubeflow.watcher import Watcher

step = dsl.component(base_image="any/image:1", install_kfp_package=False)


@step
def branch(name: str, made: dsl.Output[dsl.Model]) -> None:
    from pathlib import Path

    Path(made.path).mkdir(parents=True)
    Path(made.path, "name").write_text(name)


@step
def join(made: dsl.Input[dsl.Model], output: str) -> None:
    from pathlib import Path

    Path(output, "joined").write_text(Path(made.path, "name").read_text())


@step
def say(text: str) -> NamedTuple("Outputs", [("strategy", str), ("luck", str)]):  # type: ignore[valid-type]
    return text, "good"


@step
def refuse(output: str) -> None:
    from thaw.errors import InputError
    from thaw.runtime import step_context

    with step_context.step("refuse", output):
        raise InputError("the 'data' are empty", "add rows")


@step
def crash() -> None:
    raise ValueError("a fault of ours")


@step
def announce(status: dsl.PipelineTaskFinalStatus, output: str) -> None:
    from pathlib import Path

    Path(output, "status").write_text(status.state)


@dsl.pipeline
def branching(strategy: str, output: str) -> None:
    with dsl.ExitHandler(announce(output=output)):
        chosen = say(text=strategy)
        with dsl.If(chosen.outputs["strategy"] == "frozen"):
            frozen = branch(name="frozen")
        with dsl.Elif(chosen.outputs["strategy"] == "partial"):
            partial = branch(name="partial")
        with dsl.Elif(chosen.outputs["strategy"] == "lora"):
            lora = branch(name="lora")
        with dsl.Else():
            full = branch(name="full")
        made = dsl.OneOf(*(task.outputs["made"] for task in (frozen, partial, lora, full)))
        with dsl.If(chosen.outputs["luck"] == "good"):
            join(made=made, output=output)


@dsl.pipeline
def refusing(output: str) -> None:
    with dsl.ExitHandler(announce(output=output)):
        task = refuse(output=output)
        task.set_retry(3, backoff_duration="60s")


@dsl.pipeline
def crashing(output: str) -> None:
    crash().set_retry(3, backoff_duration="60s")


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Path]:
    def act(pipeline: dsl.base_component, **parameters: str) -> Path:
        output = tmp_path / "output"
        local.run(pipeline, {"output": str(output), **parameters}, Watcher())
        return output

    return act


@pytest.mark.parametrize("strategy", ["frozen", "partial", "lora", "full"])
def test_the_join_gets_the_artifact_of_the_branch_that_ran(run: Callable[..., Path], strategy: str) -> None:
    output = run(branching, strategy=strategy)
    assert (output / "joined").read_text() == strategy
    assert (output / "status").read_text() == "SUCCEEDED"


def test_a_path_may_have_the_name_of_the_interpreter_in_it(tmp_path: Path) -> None:
    output = tmp_path / "python3.11" / "output"
    local.run(branching, {"output": str(output), "strategy": "full"}, Watcher())
    assert (output / "joined").read_text() == "full"


def test_a_refusal_reaches_the_caller_and_is_not_tried_again(run: Callable[..., Path], tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(InputError, match="the 'data' are empty: add rows"):
        run(refusing)
    assert time.monotonic() - started < 30
    assert (tmp_path / "output" / "status").read_text() == "FAILED"


def test_an_earlier_refusal_is_not_taken_for_this_runs(run: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(InputError):
        run(refusing)
    with pytest.raises(local.RunFailed):
        run(crashing)
    run(branching, strategy="full")


def test_a_fault_of_ours_names_the_step_and_the_log(run: Callable[..., Path], tmp_path: Path) -> None:
    log = tmp_path / "output" / "run.log"
    with pytest.raises(local.RunFailed, match=rf"the step crash failed \(ValueError: a fault of ours\): see {log}"):
        run(crashing)
    assert "a fault of ours" in log.read_text()


@step
def crash_with_chatter(text: str) -> None:
    import atexit
    import os

    atexit.register(lambda: os.write(2, b"a library's last words\n"))
    print(text, flush=True)
    raise ValueError(f"a fault of ours {text}")


@dsl.pipeline
def chattering(text: str, output: str) -> None:
    crash_with_chatter(text=text)


def test_the_reason_is_the_error_and_not_what_a_library_says_after_it(run: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(local.RunFailed, match=r"\(ValueError: a fault of ours"):
        run(chattering, text="plain")


def test_the_log_has_nothing_that_a_terminal_acts_on(run: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(local.RunFailed) as failed:
        run(chattering, text="\x1b]0;title\x07 \x1b[31m\u202e \udcff"[:-1])
    log = (tmp_path / "output" / "run.log").read_text()
    assert "a library's last words" in log
    assert "\\x1b]0;title\\x07" in log
    assert not {"\x1b", "\x07", "\r", "\u202e"} & {*log, *str(failed.value)}


def test_nothing_is_printed_but_progress(run: Callable[..., Path], capfd: pytest.CaptureFixture[str]) -> None:
    run(branching, strategy="lora")
    assert capfd.readouterr() == ("", "")


SLOW = """
    import sys
    from kfp import dsl
    from thaw.kubeflow import local
    from thaw.kubeflow.watcher import Watcher

    @dsl.component(base_image="any", install_kfp_package=False)
    def endless(output: str):
        import os, subprocess, sys, time
        from pathlib import Path
        from thaw.runtime import step_context

        with step_context.step("endless", output) as scratch:
            worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            (scratch / "large").touch()
            Path(output, "part").write_text(f"{os.getpid()} {worker.pid} {scratch}")
            os.rename(Path(output, "part"), Path(output, "alive"))
            time.sleep(600)

    @dsl.pipeline
    def slow(output: str):
        endless(output=output)

    try:
        local.run(slow, {"output": sys.argv[1]}, Watcher())
    except KeyboardInterrupt:
        sys.exit(130)
"""


@step
def count_threads(output: str) -> None:
    import os
    from pathlib import Path

    Path(output, "threads").write_text(os.environ.get("OMP_NUM_THREADS", "") + os.environ["OTHER"])


@dsl.pipeline
def threaded(output: str) -> None:
    task = count_threads(output=output).set_env_variable("OTHER", "kept")
    task.set_env_variable("OMP_NUM_THREADS", "48")


def test_the_threads_of_a_pod_are_not_those_of_this_machine(
    run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert (run(threaded) / "threads").read_text() == "kept"


SAVING = """
    import sys
    from kfp import dsl
    from thaw.kubeflow import local
    from thaw.kubeflow.watcher import Watcher

    @dsl.component(base_image="any", install_kfp_package=False)
    def saving(output: str):
        import time
        from pathlib import Path
        from thaw.training.interrupt import watch_sigterm

        with watch_sigterm() as asked:
            Path(output, "alive").touch()
            while not asked():
                time.sleep(0.05)
        time.sleep(1)
        Path(output, "saved").touch()

    @dsl.pipeline
    def slow(output: str):
        saving(output=output)

    try:
        local.run(slow, {"output": sys.argv[1]}, Watcher())
    except KeyboardInterrupt:
        sys.exit(130)
"""


def test_an_interrupted_step_has_time_to_save(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(textwrap.dedent(SAVING))
    runner = subprocess.Popen([sys.executable, str(tmp_path / "slow.py"), str(tmp_path)])
    _wait((tmp_path / "alive").exists)
    began = time.monotonic()
    runner.send_signal(signal.SIGINT)
    assert runner.wait(30) == 130
    assert (tmp_path / "saved").exists()
    assert time.monotonic() - began < GRACE_SECONDS, "nothing is waited for once the step has ended"


@pytest.mark.parametrize("kill", [signal.SIGINT, signal.SIGKILL])
def test_a_step_and_its_workers_end_with_the_command_line(tmp_path: Path, kill: signal.Signals) -> None:
    (tmp_path / "slow.py").write_text(textwrap.dedent(SLOW))
    runner = subprocess.Popen([sys.executable, str(tmp_path / "slow.py"), str(tmp_path)])
    alive = tmp_path / "alive"
    _wait(alive.exists)
    *processes, scratch = alive.read_text().split()
    runner.send_signal(kill)
    _wait(lambda: not any(_lives(int(process)) for process in processes))
    if kill == signal.SIGINT:
        assert runner.wait(30) == 130
        assert not Path(scratch).exists()
    runner.wait(30)


def _wait(done: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)


def _lives(process: int) -> bool:
    """A zombie whose parent is gone is dead, too: init has yet to notice."""
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
