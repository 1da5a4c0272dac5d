"""Publish a model that passed the gate, and make it the current one.

A version is named by its content and never changes: `release.json` is written last and only where there is none.
`current.json` moves only if it still names the champion that the model was compared with.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from ... import storage
from ...errors import InputError
from ...records import Champion, Dataset, Evaluation, Release, Training
from ...registry.pointer import pointer, read, version_uri
from ...storage import checksums


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

    Raises InputError when the gate refused the model, when the files are not those that were evaluated, when the
    version exists with other content, or when another run has released since `champion` was read.
    """
    files = checksums.file_checksums(model)
    version = checksums.folder_checksum(files)
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
    now = read(registry, name)
    if now.version != version and now.generation != champion.generation:
        raise _lost(now.version, name)
    publish(model, release, evaluation, training)
    return point(release, champion, registry)


def publish(model: Path, release: Release, evaluation: Evaluation, training: Training) -> None:
    """Write the version and read it back, or find it there with the same content."""
    target = storage.join(release.uri, "model")
    complete = storage.exists(storage.join(release.uri, "release.json"))
    if not complete:
        storage.upload(model, target)
    with tempfile.TemporaryDirectory() as scratch:
        if checksums.file_checksums(storage.download(target, Path(scratch))) != release.checksums:
            raise _damaged(release)
    if not complete:
        for file, contract in (("evaluation", evaluation), ("training", training), ("release", release)):
            storage.compare_and_swap(storage.join(release.uri, f"{file}.json"), contract.to_json().encode(), "")


def point(release: Release, champion: Champion, registry: str) -> Release:
    """Move `current.json` from the champion to the release, unless it names this version already: then a retried
    run, or another one with the very same model, has done it."""
    current = pointer(registry, release.name)
    if champion.version != release.version and storage.compare_and_swap(
        current, release.to_json().encode(), champion.generation
    ):
        return release
    data, generation = storage.read_versioned(current)
    now = Release.parse(data, current) if generation else None
    if now is None or now.version != release.version:
        raise _lost(now.version if now else "", release.name)
    return now


def _check(evaluation: Evaluation, version: str, dataset: Dataset) -> None:
    if not evaluation.passed:
        raise InputError(f"the gate refused this model ({' '.join(evaluation.gate)})", "release a model that passes")
    if evaluation.model != version or evaluation.dataset != dataset.fingerprint:
        raise InputError(
            "the evaluation is of another model or another dataset",
            "push the model folder and the dataset that were evaluated",
        )


def _damaged(release: Release) -> InputError:
    return InputError(
        f"{release.uri} holds other files than the model it is named after",
        "find out who changed it, and delete that version's folder",
    )


def _lost(version: str, name: str) -> InputError:
    event = f"another run released {version[:12]} as '{name}'" if version else f"the release of '{name}' was withdrawn"
    return InputError(f"{event} since this one started", "run again, so that this model is compared with what is there")
