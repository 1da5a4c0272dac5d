"""Loops of a local run: one iteration after the other, and never two at a time."""

import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from kfp import dsl

from thaw.kubeflow import local
from thaw.kubeflow.watcher import Watcher

step = dsl.component(base_image="any/image:1", install_kfp_package=False)


@step
def items(names: list, output: str) -> list[dict]:
    return [{"name": f"run {name}", "seed": seed, "output": output} for seed, name in enumerate(names)]


@step
def work(seed: int, output: str, made: dsl.Output[dsl.Artifact]) -> None:
    import time
    from pathlib import Path

    with Path(output, "diary").open("a") as diary:
        diary.write(f"begin {seed}\n")
        diary.flush()
        time.sleep(0.3)
        diary.write(f"end {seed}\n")
    if seed == 7:
        raise ValueError("a fault of ours")
    Path(made.path).write_text(str(seed))


@step
def join(made: dsl.Input[list[dsl.Artifact]], output: str) -> None:
    from pathlib import Path

    Path(output, "joined").write_text(" ".join(Path(each.path).read_text() for each in made))


@dsl.pipeline
def looping(names: list, output: str) -> None:
    with dsl.ParallelFor(items(names=names, output=output).output) as item:
        worked = work(seed=item.seed, output=item.output)
    join(made=dsl.Collected(worked.outputs["made"]), output=output)


@dsl.pipeline
def failing(output: str) -> None:
    with dsl.ParallelFor([6, 7, 8]) as seed:
        work(seed=seed, output=output)


def _diary(output: Path) -> list[str]:
    return (output / "diary").read_text().split("\n")[:-1]


class Recorder(Watcher):
    def __init__(self) -> None:
        self.iterations: list[tuple[str, bool]] = []

    def iteration(self, name: str, ended: bool) -> None:
        self.iterations.append((name, ended))


def test_one_iteration_follows_the_other_and_what_they_made_is_collected_in_order(tmp_path: Path) -> None:
    recorder = Recorder()
    local.run(looping, {"output": str(tmp_path), "names": ["a", "b", "c"]}, recorder)
    assert _diary(tmp_path) == [f"{what} {seed}" for seed in range(3) for what in ("begin", "end")]
    assert (tmp_path / "joined").read_text() == "0 1 2"
    assert recorder.iterations == [(f"run {name}", ended) for name in "abc" for ended in (False, True)]


def test_after_a_failure_nothing_else_begins(tmp_path: Path) -> None:
    recorder = Recorder()
    with pytest.raises(local.RunFailed):
        local.run(failing, {"output": str(tmp_path)}, recorder)
    assert _diary(tmp_path) == ["begin 6", "end 6", "begin 7", "end 7"]
    assert [ended for _, ended in recorder.iterations] == [False, True, False]


ENDLESS = """
    import sys
    from kfp import dsl
    from thaw.kubeflow import local
    from thaw.kubeflow.watcher import Watcher

    @dsl.component(base_image="any", install_kfp_package=False)
    def endless(item: str, output: str):
        import time
        from pathlib import Path

        Path(output, item).touch()
        time.sleep(600)

    @dsl.pipeline
    def slow(output: str):
        with dsl.ParallelFor(["a", "b"]) as item:
            endless(item=item, output=output)

    try:
        local.run(slow, {"output": sys.argv[1]}, Watcher())
    except KeyboardInterrupt:
        sys.exit(130)
"""


def test_an_interruption_ends_the_loop(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(textwrap.dedent(ENDLESS))
    runner = subprocess.Popen([sys.executable, str(tmp_path / "slow.py"), str(tmp_path)])
    end = time.monotonic() + 30
    while not (tmp_path / "a").exists():
        assert time.monotonic() < end
        time.sleep(0.05)
    runner.send_signal(signal.SIGINT)
    assert runner.wait(30) == 130
    assert not (tmp_path / "b").exists()
