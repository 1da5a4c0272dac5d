"""Progress as a person sees it."""

from __future__ import annotations

import io
import json
import time
from dataclasses import asdict
from pathlib import Path

import pytest
from rich.console import Console

from thaw.cli.display import Display
from thaw.cli.progress_line import description, live_line
from thaw.cli.terminal import console
from thaw.progress import ProgressEvent


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def _report(
    stage: str = "", done: int = 0, total: int = 0, seconds: float = 0.0, finished: bool = False
) -> ProgressEvent:
    return ProgressEvent("fine_tune", stage, done, total, seconds, "", finished)


def _shown(stream: io.StringIO, reports: list[ProgressEvent], channel: Path, pause: float = 0.0) -> str:
    channel.touch()
    with Display(console(stream)).following(channel), channel.open("a") as file:
        for report in reports:
            file.write(json.dumps(asdict(report)) + "\n")
            file.flush()
        time.sleep(pause)
    return stream.getvalue()


STAGE = ProgressEvent("fine_tune", "training", 300, 1200, 10.0, "loss 0.41", False)


def _drawn(stage: ProgressEvent, width: int) -> str:
    stream = io.StringIO()
    Console(file=stream, width=width).print(live_line("fine tune", 83.0, stage, width))
    return stream.getvalue()


def test_rate_and_time_left_are_those_of_the_stage() -> None:
    assert description(STAGE) == "training 300/1,200 · 30/s · 30 s left · loss 0.41"
    assert description(ProgressEvent("fine_tune", "baselines", 0, 0, 1.0, "", False)) == "baselines"
    drawn = " ".join(_drawn(STAGE, 100).split())
    assert "fine tune 0:01:23 training" in drawn
    assert drawn.endswith(" 300/1,200 · 30/s · 30 s left · loss 0.41")


@pytest.mark.parametrize("width", [10, 20, 40, 60, 80, 100, 200])
def test_the_live_line_is_one_line_however_narrow(width: int) -> None:
    drawn = _drawn(STAGE, width)
    assert drawn.count("\n") == 1
    assert len(drawn.rstrip("\n")) <= min(width, 100)


def test_a_finished_step_leaves_one_line_with_its_long_stages(tmp_path: Path) -> None:
    reports = [
        _report(),
        _report("features", 10, 10, 2.0, True),
        _report("head", 0, 0, 0.1, True),
        _report(seconds=2.4, finished=True),
    ]
    assert _shown(io.StringIO(), reports, tmp_path / "c") == "  ✓ fine tune               2.4 s  features 2 s\n"


def test_what_an_earlier_process_did_is_no_part_of_the_rate_and_is_reported(tmp_path: Path) -> None:
    stage = ProgressEvent("fine_tune", "training", 700, 1200, 10.0, "", False, before=400)
    assert description(stage) == "training 700/1,200 · 30/s · 17 s left"
    done = ProgressEvent("fine_tune", "training", 1200, 1200, 1.3, "", True, before=400)
    shown = _shown(io.StringIO(), [_report(), done, _report(seconds=2.4, finished=True)], tmp_path / "c")
    assert shown == "  ✓ fine tune               2.4 s  training from a checkpoint 1.3 s\n"


def test_a_step_that_did_not_end_has_failed(tmp_path: Path) -> None:
    assert _shown(io.StringIO(), [_report()], tmp_path / "c").startswith("  ✗ fine tune")


def test_on_a_terminal_one_line_is_written_over(tmp_path: Path) -> None:
    reports = [_report(), _report("features", 5, 10, 1.0)]
    text = _shown(Screen(), reports, tmp_path / "c", pause=0.7)
    assert "5/10" in text
    assert text.count("\x1b[2K") >= 1, "the live line is erased"
    assert text.count("✗") == 1


@pytest.mark.parametrize(("name", "value"), [("TERM", "dumb"), ("FORCE_COLOR", "1")])
def test_a_pipe_and_a_dumb_terminal_get_plain_lines(
    name: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    stream = Screen() if name == "TERM" else io.StringIO()
    text = _shown(stream, [_report(), _report("features", 5, 10, 1.0)], tmp_path / "c", pause=0.5)
    assert "\x1b" not in text
    assert "\r" not in text


def test_the_steps_of_a_group_leave_one_line_together(tmp_path: Path) -> None:
    def of(step: str, seconds: float = 0.0, finished: bool = False) -> ProgressEvent:
        return ProgressEvent(step, "", 0, 0, seconds, "", finished)

    stream, channel = io.StringIO(), tmp_path / "c"
    channel.touch()
    display = Display(console(stream))
    with display.following(channel):
        display.iteration("full, seed 1", False)
        with channel.open("a") as file:
            for report in (
                of("fine_tune"),
                _report("features", 5, 5, 2.0, True),
                of("fine_tune", 6.0, True),
                of("evaluate"),
                of("evaluate", 3.0, True),
            ):
                file.write(json.dumps(asdict(report)) + "\n")
        display.iteration("full, seed 1", True)
    (line,) = stream.getvalue().splitlines()
    assert line.startswith("  ✓ full, seed 1")
    assert line.endswith("fine tune 6 s · evaluate 3 s")


def test_a_step_that_fails_in_a_group_is_named_with_it(tmp_path: Path) -> None:
    stream, channel = io.StringIO(), tmp_path / "c"
    channel.touch()
    display = Display(console(stream))
    with display.following(channel):
        display.iteration("full, seed 1", False)
        with channel.open("a") as file:
            file.write(json.dumps(asdict(_report())) + "\n")
    assert stream.getvalue().startswith("  ✗ full, seed 1: fine tune")
