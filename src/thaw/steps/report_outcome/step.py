"""How a run ended, read from what its steps wrote to `output`."""

from __future__ import annotations

from typing import TypeVar

import requests

from ... import storage
from ...printable import printable
from ...records import Dataset, Decision, Document, Evaluation, Outcome, Release, StepError
from ...runtime import results

AnyDocument = TypeVar("AnyDocument", bound=Document)

FAILED = {"FAILED", "CANCELED", "CANCELLED"}
"""States of KFP that are a bad end. A good one is `COMPLETE` on a cluster and `SUCCEEDED` locally, and may still read
`RUNNING` while the exit handler runs: so whether a run reached its end is read from its files."""

WEBHOOK_SECONDS = 10


def run(state: str, run: str, output: str) -> Outcome:
    """The outcome of the run `run`, whose state is `state` and whose results are in `output`.

    Results that lie there are this run's if `dataset.json` does: its first step removed that file, and ingest removed
    the results of earlier runs before it wrote a new one.
    """
    refusal = _read(output, results.ERROR, StepError)
    ours = _read(output, results.DATASET, Dataset) is not None
    decision = _read(output, results.DECISION, Decision) if ours else None
    evaluation = _read(output, results.EVALUATION, Evaluation) if ours else None
    release = _read(output, results.RELEASE, Release) if ours else None
    refused = evaluation is not None and not evaluation.passed
    good = state not in FAILED and refusal is None and (refused or release is not None)
    return Outcome(
        status=("refused" if refused else "succeeded") if good else "failed",
        run=run,
        error="" if good else error_of(refusal, state),
        error_step=refusal.step if refusal else "",
        strategy=decision.strategy if decision else "",
        accuracy=evaluation.accuracy if evaluation else None,
        release_uri=release.uri if release else "",
        output=output,
    )


def error_of(refusal: StepError | None, state: str) -> str:
    """Why a run failed, in one line."""
    return f"{refusal.what}: {refusal.do}" if refusal else f"the run did not come to its end ({state})"


def notify(webhook: str, outcome: Outcome) -> None:
    """POST the outcome to a URL, empty for none. One that does not answer is no fault of the run: it is logged."""
    if not webhook:
        return
    try:
        headers = {"Content-Type": "application/json"}
        requests.post(webhook, data=outcome.to_json(), headers=headers, timeout=WEBHOOK_SECONDS).raise_for_status()
    except (requests.RequestException, ValueError) as error:  # of an address that is none, urllib3's are no Request's
        print(printable(f"the webhook could not be notified: {error}"), flush=True)


def _read(output: str, name: str, record: type[AnyDocument]) -> AnyDocument | None:
    uri = storage.join(output, name)
    try:
        return record.parse(storage.read(uri), uri)
    except FileNotFoundError:
        return None
