"""`thaw submit`, `schedule` and `status` from the command line, against a strict stub of the API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kubeflow.kfp_stub import Stub
from thaw.cli.main import main

DATA = ("--data", "gs://bucket/Flowers.zip")


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    for name in ("store", "output", "registry"):
        monkeypatch.setenv(f"THAW_{name.upper()}", f"gs://shared/{name}")
    with Stub() as stub:
        yield stub
    assert stub.violations == []


def _submit(stub: Stub, *arguments: str) -> int:
    return main(["submit", *DATA, "--endpoint", stub.url, *arguments])


def test_submit_hands_over_what_was_asked_for_and_says_where_to_look(
    stub: Stub, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        _submit(
            stub,
            "--strategy",
            "lora",
            "--seed",
            "7",
            "--set",
            "lora_accelerator_count=2",
            "--set",
            'lora_node_selector={"pool": "a100"}',
        )
        == 0
    )
    ((run_id, run),) = stub.runs.items()
    assert run["runtime_config"]["parameters"] == {
        "data": "gs://bucket/Flowers.zip",
        "strategy": "lora",
        "seed": 7,
        "name": "flowers",
        "store": "gs://shared/store",
        "output": "gs://shared/output/flowers",
        "registry": "gs://shared/registry",
        "lora_accelerator_count": "2",
        "lora_node_selector": {"pool": "a100"},
    }
    assert f"{run_id}  {stub.url}" in capsys.readouterr().out


def test_the_same_pipeline_is_uploaded_once(stub: Stub) -> None:
    assert [_submit(stub), _submit(stub)] == [0, 0]
    assert (len(stub.runs), len(stub.versions)) == (2, 1)


def test_schedule_keeps_one_schedule_of_a_name(stub: Stub) -> None:
    for cron in ("0 0 2 * * *", "0 0 3 * * *"):
        assert main(["schedule", *DATA, "--cron", cron, "--endpoint", stub.url]) == 0
    (recurring,) = stub.recurring
    assert recurring["trigger"]["cron_schedule"]["cron"] == "0 0 3 * * *"
    assert recurring["display_name"] == "flowers"


def test_status_tells_every_task(stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    _submit(stub)
    (run_id,) = stub.runs
    stub.progress(run_id, "RUNNING", {"ingest": "SUCCEEDED", "profile-dataset": "RUNNING"})
    capsys.readouterr()
    assert main(["status", run_id, "--endpoint", stub.url]) == 0
    out = capsys.readouterr().out
    assert "ingest: succeeded" in out
    assert "profile-dataset: running" in out
    assert f"/details/{run_id}" in out


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("submit", *DATA, "--set", "colour=blue"), "colour"),
        (("schedule", *DATA, "--cron", "0 2 * * *"), "0 0 2 * * *"),
        (("status", "no-such-run"), "no-such-run"),
    ],
)
def test_what_the_endpoint_would_refuse_is_one_line(
    stub: Stub, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], word: str
) -> None:
    assert main([*arguments, "--endpoint", stub.url]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert word in error
