"""The pointer `current.json`: which version of a model is the current one."""

from __future__ import annotations

from .. import storage
from ..errors import InputError
from ..records import Champion, Release
from .layout import pointer_uri, version_uri


def current(registry: str, name: str) -> Champion:
    """The current version of a model; all empty when there is none.

    The URI is built from the place of this registry, so that one that was moved or copied stays readable.
    """
    release, generation = _read(pointer_uri(registry, name))
    if release is None:
        return Champion()
    return Champion(version=release.version, uri=version_uri(registry, name, release.version), generation=generation)


def check_current(registry: str, release: Release, champion: Champion) -> None:
    """Check that `champion`, or the version of `release`, is still current.

    Raises:
        InputError: Another version is current by now.
    """
    now = current(registry, release.name)
    if now.version != release.version and now.generation != champion.generation:
        raise conflict_error(now.version, release.name)


def move(registry: str, release: Release, champion: Champion) -> Release:
    """Make `release` the current one if `champion` still is; the release that is current afterwards.

    Where it is current already, a retried run has moved the pointer, or another run with the very same model: then
    nothing is written.

    Raises:
        InputError: Another version is current by now.
    """
    uri = pointer_uri(registry, release.name)
    content = release.to_json().encode()
    if champion.version != release.version and storage.compare_and_swap(uri, content, champion.generation):
        return release
    now, _ = _read(uri)
    if now is None or now.version != release.version:
        raise conflict_error(now.version if now else "", release.name)
    return now


def conflict_error(version: str, name: str) -> InputError:
    """The error of a run whose champion is no longer current: `version` is, empty for none."""
    event = f"another run released {version[:12]} as '{name}'" if version else f"the release of '{name}' was withdrawn"
    return InputError(f"{event} since this one started", "run again, so that this model is compared with what is there")


def _read(uri: str) -> tuple[Release | None, str]:
    data, generation = storage.read_versioned(uri)
    return (Release.parse(data, uri), generation) if generation else (None, "")
