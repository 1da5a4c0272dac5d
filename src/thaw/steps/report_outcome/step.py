"""How a run ended, read from what its steps wrote to `output`."""

from __future__ import annotations

from typing import TypeVar

import requests

from ... import storage
from ...records import Dataset, Decision, Document, Evaluation, Outcome, Release, StepError
from ...runtime.step_context import DATASET, ERROR

Result = TypeVar("Result", bound=Document)

FAILED = {"FAILED", "CANCELED", "CANCELLED"}
"""KFP's words for a bad end. On a cluster the state of a good one is `COMPLETE`, locally `SUCCEEDED`, and it may still
read `RUNNING` while the exit handler runs: so whether a run reached its end is read from its files."""

WEBHOOK_SECONDS = 10


def run(state: str, run: str, output: str) -> Outcome:
    """The outcome of the run whose results are in `output`.

    What lies there is this run's if `dataset.json` does: its first step removed that file, and ingest removed the
    results of earlier runs before writing it anew.
    """
    refusal = _read(output, ERROR, StepError)
    ours = _read(output, DATASET, Dataset) is not None
    decision = _read(output, "decision.json", Decision) if ours else None
    evaluation = _read(output, "evaluation.json", Evaluation) if ours else None
    release = _read(output, "release.json", Release) if ours else None
    refused = evaluation is not None and not evaluation.passed
    good = state not in FAILED and refusal is None and (refused or release is not None)
    return Outcome(
        status=("refused" if refused else "succeeded") if good else "failed",
        run=run,
        error=""
        if good
        else f"{refusal.what}: {refusal.do}"
        if refusal
        else f"the run did not come to its end ({state})",
        error_step=refusal.step if refusal else "",
        strategy=decision.strategy if decision else "",
        accuracy=evaluation.accuracy if evaluation else None,
        release_uri=release.uri if release else "",
        output=output,
    )


def notify(webhook: str, outcome: Outcome) -> None:
    """POST the outcome. A webhook that does not answer is no fault of the run: it is logged."""
    if not webhook:
        return
    try:
        headers = {"Content-Type": "application/json"}
        requests.post(webhook, data=outcome.to_json(), headers=headers, timeout=WEBHOOK_SECONDS).raise_for_status()
    except requests.RequestException as error:
        print(f"the webhook was not told: {error}", flush=True)


def _read(output: str, name: str, contract: type[Result]) -> Result | None:
    uri = storage.join(output, name)
    try:
        return contract.parse(storage.read(uri), uri)
    except FileNotFoundError:
        return None
