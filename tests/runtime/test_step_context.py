"""What every component does around its step, in processes of their own as on a cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from thaw import storage
from thaw.errors import InputError
from thaw.records import Champion, StepError
from thaw.runtime import step_context

RESULTS = (
    "error.json",
    "outcome.json",
    "dataset.json",
    "decision.json",
    "evaluation.json",
    "report.html",
    "model/preprocessing.json",
)


def _in_a_process(body: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = f"import sys\nfrom pathlib import Path\nfrom thaw.runtime import step_context\n{textwrap.dedent(body)}"
    environment = {name: value for name, value in os.environ.items() if name not in ("THAW_LOCAL", "THAW_PROGRESS")}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60, env=environment
    )


REFUSING = """
    from thaw.errors import InputError
    with step_context.step("ingest", sys.argv[1]) as scratch:
        print(scratch)
        raise InputError("one class", "add another")
"""


def test_a_refusal_is_one_line_a_file_and_exit_code_2(place: str) -> None:
    done = _in_a_process(REFUSING, place)
    assert done.returncode == 2
    assert done.stderr == "ingest refuses its input: one class: add another\n"
    assert StepError.parse(storage.read(f"{place}/error.json")) == StepError(
        step="ingest", what="one class", do="add another"
    )


def test_a_refusal_that_cannot_be_written_stays_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = _in_a_process(REFUSING, str(tmp_path / "file" / "output"))
    assert done.returncode == 2
    assert "one class: add another" in done.stderr


def test_scratch_is_empty_and_goes(tmp_path: Path) -> None:
    with step_context.step("ingest") as scratch:
        assert list(scratch.iterdir()) == []
        (scratch / "large").write_bytes(b"x")
    assert not scratch.exists()
    with pytest.raises(KeyError), step_context.step("ingest") as scratch:
        raise KeyError
    assert not scratch.exists()


def test_publish_writes_contracts_texts_and_folders(place: str, tmp_path: Path) -> None:
    (tmp_path / "model" / "deep").mkdir(parents=True)
    (tmp_path / "model" / "deep" / "weights").write_bytes(b"w")
    step_context.publish(place, "champion.json", Champion(version="v"))
    step_context.publish(place, "report.html", "<p>ü</p>")
    step_context.publish(place, "model", tmp_path / "model")
    assert Champion.parse(storage.read(f"{place}/champion.json")).version == "v"
    assert storage.read(f"{place}/report.html").decode() == "<p>ü</p>"
    assert storage.listing(f"{place}/model") == ["deep/weights"]


def test_an_empty_output_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    step_context.begin("")
    step_context.publish("", "report.html", "x")
    step_context.accept("")
    assert list(tmp_path.iterdir()) == []


def test_a_model_folder_that_no_run_wrote_stays(place: str) -> None:
    storage.write(f"{place}/model/weights", b"somebody's")
    step_context.accept(place)
    assert storage.listing(place) == ["model/weights"]


def test_results_of_an_earlier_run_stay_until_the_data_prove_good(place: str) -> None:
    for name in (*RESULTS, "registry/models/m/current.json"):
        storage.write(f"{place}/{name}", b"{}")
    step_context.begin(place)
    assert storage.listing(place) == [
        "decision.json",
        "evaluation.json",
        "model/preprocessing.json",
        "registry/models/m/current.json",
        "report.html",
    ]
    step_context.accept(place)
    assert storage.listing(place) == ["registry/models/m/current.json"], "what a run did not write is not its own"


def test_a_run_does_not_begin_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        step_context.begin(str(tmp_path / "file"))


def test_progress_is_appended_to_the_channel(tmp_path: Path) -> None:
    channel = tmp_path / "channel"
    body = f"""
        import os
        os.environ["THAW_PROGRESS"] = {str(channel)!r}
        from thaw.progress import stage
        with step_context.step("ingest"):
            with stage("reading", 4) as counted:
                counted.advance(4)
    """
    assert _in_a_process(body).returncode == 0
    reports = [json.loads(line) for line in channel.read_text().splitlines()]
    told = [(report["step"], report["stage"], report["done"], report["finished"]) for report in reports]
    assert told[:2] == [("ingest", "", 0, False), ("ingest", "reading", 0, False)]
    assert told[-2:] == [("ingest", "reading", 4, True), ("ingest", "", 0, True)]
