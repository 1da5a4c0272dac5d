from __future__ import annotations

import doctest
import importlib
import json
import time
from pathlib import Path

import pytest

from benchmarks.training import __main__ as benchmark
from benchmarks.training import sides, thaw_side
from benchmarks.training.latency import SECONDS, far_server
from benchmarks.training.prepared import Prepared
from benchmarks.training.results import Results
from benchmarks.training.rows import Line, Row, ratio_line
from benchmarks.training.table import table
from tests.networks import harness, tiny
from thaw.networks.loading import open_network
from thaw.records import Dataset
from thaw.training.inputs import load_inputs

QUICK, SLOW = (f"tests.benchmarks.quick_sides:{name}" for name in ("quick", "slow"))
ROW = Row("quick", "", (SLOW, QUICK), lambda runs, facts: [ratio_line("quick", runs, SLOW, QUICK, 3)], once=(SLOW,))


def measure(folder: Path, repeats: int, again: bool = False) -> list[Line]:
    prepared = Prepared(folder, "", "")
    prepared.options_of = lambda modality: {"log": str(folder / "log")}  # type: ignore[method-assign]
    return benchmark.measure(ROW, prepared, Results(folder / "results.json"), repeats, again)


def test_rounds_are_interleaved_kept_and_not_repeated(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert measure(tmp_path, 2) == measure(tmp_path, 2)
    assert log.read_text().split() == ["slow", "quick", "quick"]
    (line,) = measure(tmp_path, 3)
    assert log.read_text().split() == ["slow", "quick", "quick", "quick"]
    assert (line.ratio, line.reached) == (4.0, True)
    measure(tmp_path, 1, again=True)
    assert log.read_text().split()[4:] == ["slow", "quick"]
    entry = json.loads((tmp_path / "results.json").read_text())["rows"]["quick"]
    assert {"machine", "versions", "command", "date"} <= entry.keys()
    assert not Path(entry["sides"][QUICK][0]["details"]["scratch"]).exists()


def test_a_side_that_fails_says_how(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="it broke"):
        sides.run("tests.benchmarks.quick_sides:broken", tmp_path, {})


def test_memory_is_seen_from_outside(tmp_path: Path) -> None:
    small = sides.run(QUICK, tmp_path, {"log": str(tmp_path / "log")})["peak_rss_anon"]
    large = sides.run("tests.benchmarks.quick_sides:large", tmp_path, {})["peak_rss_anon"]
    assert 250 * 2**20 < large - small < 350 * 2**20


def test_every_request_to_the_far_server_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    from thaw import storage

    with far_server() as (bucket, environment):
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", environment["STORAGE_EMULATOR_HOST"])
        storage.write(f"{bucket}/file", b"content")
        started = time.perf_counter()
        assert [storage.read(f"{bucket}/file") for _ in range(10)] == [b"content"] * 10
        assert 10 * SECONDS <= time.perf_counter() - started < 20 * SECONDS


def test_the_table_is_aligned() -> None:
    lines = [
        Line("one", 80.0, 10.0, 8.0, "≥ 8", True, accuracies=(0.9, 0.91), noise=0.1),
        Line("another", 1.0, 2.0, 2.0, "≤ 1.1", False, unit="MiB"),
    ]
    assert table(lines).splitlines() == [
        "row        rival     Thaw  ratio     ±  target  accuracy rival   Thaw  reached",
        "one       80.0 s   10.0 s   8.00  0.10     ≥ 8           0.900  0.910  yes",
        "another  1.0 MiB  2.0 MiB   2.00         ≤ 1.1                         no",
    ]


def test_opening_a_network_is_timed_apart(texts: Dataset, tiny_text_model: Path, tmp_path: Path) -> None:
    network = open_network("text", str(tiny_text_model), tmp_path, extent=16.0)
    plan = harness.plan(network, 0, "text").model_copy(update={"dataset": texts.fingerprint})
    with thaw_side.record_opening() as seconds:
        load_inputs(texts, plan, tmp_path)
    assert len(seconds) == 1


@pytest.mark.parametrize("module", ["rows", "workload"])
def test_examples_run(module: str) -> None:
    result = doctest.testmod(importlib.import_module(f"benchmarks.training.{module}"))
    assert result.attempted
    assert not result.failed


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_other_data_and_another_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network, data = tiny.text_folder(tmp_path / "network"), tmp_path / "texts.csv"
    rows = zip(*tiny.texts(300), strict=True)
    data.write_text("text,label\n" + "".join(f"{text} {i},{label}\n" for i, (text, label) in enumerate(rows)))
    out = tmp_path / "results.json"
    benchmark.main(["--data", str(data), "--network", str(network), "--repeats", "1", "--out", str(out)])
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in printed[-2:]] == ["bert", "trainer"]
    assert all(0.4 < run["accuracy"] <= 1 for run in json.loads(out.read_text())["rows"]["bert"]["sides"]["bert:thaw"])
