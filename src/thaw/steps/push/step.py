"""Publish a model that passed the gate, and make it the current one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from ...errors import InputError
from ...records import Champion, Dataset, Evaluation, Release, Training
from ...registry import pointer, versions
from ...registry.layout import version_uri
from ...storage.checksums import file_checksums, folder_checksum


def run(
    model: Path,
    evaluation: Evaluation,
    training: Training,
    dataset: Dataset,
    champion: Champion,
    registry: str,
    name: str,
) -> Release:
    """Release the model folder under `name`; the release that is current afterwards.

    Raises:
        InputError: When the gate refused the model, when the files are not those that were evaluated, when the version
            exists with other content, or when another run has released since `champion` was read.
    """
    files = file_checksums(model)
    version = folder_checksum(files)
    _check(evaluation, version, dataset)
    release = Release(
        name=name,
        version=version,
        uri=version_uri(registry, name, version),
        previous=champion.version,
        checksums=files,
        dataset=dataset.fingerprint,
        strategy=training.strategy,
        network=training.plan.network,
        accuracy=evaluation.accuracy,
        released_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    pointer.check_current(registry, release, champion)
    versions.publish(model, release, {"evaluation.json": evaluation, "training.json": training})
    return pointer.move(registry, release, champion)


def _check(evaluation: Evaluation, version: str, dataset: Dataset) -> None:
    if not evaluation.passed:
        raise InputError(
            f"the gate refused this model ({' '.join(rule.text for rule in evaluation.gate)})",
            "release a model that passes",
        )
    if evaluation.model != version or evaluation.dataset != dataset.fingerprint:
        raise InputError(
            "the evaluation is of another model or another dataset",
            "push the model folder and the dataset that were evaluated",
        )
