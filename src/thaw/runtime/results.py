"""The results of a run in its `output`, a folder or `gs://` that the command line and people read.

A refused input must not cost the results of an earlier run that lie there, and results of two runs must not lie beside
each other. So `begin` removes what an earlier run said of its end, and `accept`, called when the data have proved good,
removes everything else. An empty `output` keeps nothing: a component in somebody else's pipeline needs none.
"""

from __future__ import annotations

from pathlib import Path

from .. import storage
from ..records import Document, StepError, Strategy

ERROR = "error.json"
OUTCOME = "outcome.json"
DATASET = "dataset.json"
PROFILE = "profile.json"
SUSPECTS = "suspects.parquet"
DECISION = "decision.json"
TRAINING = "training.json"
EVALUATION = "evaluation.json"
RELEASE = "release.json"
REPORT = "report.html"
COMPARISON = "comparison.json"
COMPARISON_PAGE = "comparison.html"
MODEL = "model"
TENSORBOARD = "tensorboard"
RUNS = "runs"
RESULTS = (
    PROFILE,
    SUSPECTS,
    DECISION,
    TRAINING,
    TENSORBOARD,
    MODEL,
    EVALUATION,
    REPORT,
    RELEASE,
    RUNS,
    COMPARISON,
    COMPARISON_PAGE,
)


def publish(output: str, name: str, result: Document | str | bytes | Path) -> None:
    """Write a record, a text, a file's bytes or a folder to `output`."""
    if not output:
        return
    uri = storage.join(output, name)
    if isinstance(result, Path):
        storage.upload(result, uri)
    else:
        content = result.to_json() if isinstance(result, Document) else result
        storage.write(uri, content.encode() if isinstance(content, str) else content)


def begin(output: str) -> None:
    """Remove what says how an earlier run ended.

    Raises:
        InputError: `output` cannot be written.
    """
    if output:
        storage.check_writable(output)
        _remove(output, ERROR, OUTCOME, DATASET)


def accept(output: str) -> None:
    """Remove the results of an earlier run. A folder `model` that no run wrote stays."""
    if output:
        ours = storage.exists(storage.join(output, MODEL, "preprocessing.json"))
        _remove(output, *(name for name in RESULTS if name != MODEL or ours))


def withdraw_error(output: str, step: str) -> None:
    """Remove the error of an earlier attempt of this step: what it refused may be right by now, a permission say."""
    uri = storage.join(output, ERROR) if output else ""
    if uri and storage.exists(uri) and StepError.parse(storage.read(uri), uri).step == step:
        storage.remove(uri)


def run_folder(shared: str, strategy: Strategy, seed: int) -> str:
    """The folder of one run of a comparison in its store or output; empty to keep nothing.

    >>> run_folder("gs://bucket/output", "full", 1), run_folder("", "full", 1)
    ('gs://bucket/output/runs/full-1', '')
    """
    return storage.join(shared, RUNS, f"{strategy}-{seed}") if shared else ""


def _remove(output: str, *names: str) -> None:
    for name in names:
        storage.remove(storage.join(output, name))
