"""What surrounds a step, in processes of its own as on a cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from thaw import storage
from thaw.records import StepError
from thaw.runtime import step_context


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


def test_the_next_attempt_withdraws_the_error_of_its_own_step_alone(place: str) -> None:
    for name, error in (("profile_dataset", "ingest"), ("ingest", "")):
        _in_a_process(REFUSING, place)
        with step_context.step(name, place):
            pass
        left = StepError.parse(storage.read(f"{place}/error.json")).step if storage.listing(place) else ""
        assert left == error


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
    stages = [(report["step"], report["stage"], report["done"], report["finished"]) for report in reports]
    assert stages[:2] == [("ingest", "", 0, False), ("ingest", "reading", 0, False)]
    assert stages[-2:] == [("ingest", "reading", 4, True), ("ingest", "", 0, True)]
