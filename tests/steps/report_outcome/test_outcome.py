"""The exit handler: what it says of a run, and to whom."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests import factories
from thaw.records import Outcome, StepError
from thaw.steps.report_outcome import step

DATASET, EVALUATION = factories.dataset(), factories.evaluation(0.9)
RELEASE = factories.release(uri="registry/v")


def _outcome(state: str, output: Path) -> Outcome:
    return step.run(state, "run-1", str(output))


@pytest.mark.parametrize("state", ["SUCCEEDED", "COMPLETE", "RUNNING"])
def test_a_released_model_is_a_success_in_the_words_of_every_backend(tmp_path: Path, state: str) -> None:
    DATASET.write(tmp_path / "dataset.json")
    EVALUATION.write(tmp_path / "evaluation.json")
    RELEASE.write(tmp_path / "release.json")
    outcome = _outcome(state, tmp_path)
    assert (outcome.status, outcome.accuracy, outcome.release_uri) == ("succeeded", 0.9, "registry/v")


def test_a_refused_model_is_no_failure(tmp_path: Path) -> None:
    DATASET.write(tmp_path / "dataset.json")
    EVALUATION.model_copy(update={"passed": False}).write(tmp_path / "evaluation.json")
    assert _outcome("SUCCEEDED", tmp_path).status == "refused"


def test_a_model_that_passed_and_was_not_pushed_is_a_failure(tmp_path: Path) -> None:
    DATASET.write(tmp_path / "dataset.json")
    EVALUATION.write(tmp_path / "evaluation.json")
    assert _outcome("RUNNING", tmp_path).status == "failed"
    RELEASE.write(tmp_path / "release.json")
    assert _outcome("FAILED", tmp_path).status == "failed"


def test_a_refused_input_is_reported_with_its_step(tmp_path: Path) -> None:
    StepError(step="ingest", what="one class", do="add another").write(tmp_path / "error.json")
    outcome = _outcome("FAILED", tmp_path)
    assert (outcome.status, outcome.error, outcome.error_step) == ("failed", "one class: add another", "ingest")


def test_results_of_an_earlier_run_are_not_this_runs(tmp_path: Path) -> None:
    EVALUATION.write(tmp_path / "evaluation.json")
    RELEASE.write(tmp_path / "release.json")
    outcome = _outcome("RUNNING", tmp_path)
    assert (outcome.status, outcome.accuracy, outcome.release_uri) == ("failed", None, "")


@pytest.fixture
def server() -> Iterator[tuple[str, list[dict]]]:
    received: list[dict] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append({"type": self.headers["Content-Type"], **json.loads(body)})
            self.send_response(200 if self.path == "/hook" else 500)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Print nothing, to keep the tests' output clean."""

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}", received
        http.shutdown()


def test_the_webhook_gets_the_outcome_as_json(tmp_path: Path, server: tuple[str, list[dict]]) -> None:
    address, received = server
    outcome = _outcome("FAILED", tmp_path)
    step.notify(f"{address}/hook", outcome)
    assert received == [{"type": "application/json", **json.loads(outcome.to_json())}]


def test_a_webhook_that_fails_is_only_logged(
    tmp_path: Path, server: tuple[str, list[dict]], capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = _outcome("FAILED", tmp_path)
    for url in (f"{server[0]}/broken", "http://127.0.0.1:9/closed", "no address"):
        step.notify(url, outcome)
    assert capsys.readouterr().out.count("the webhook could not be notified") == 3
    step.notify("", outcome)
