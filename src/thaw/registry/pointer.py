"""Where a registry keeps the models of a name, and which of them is current."""

from __future__ import annotations

import re
from pathlib import Path

from .. import storage
from ..errors import InputError
from ..records import Champion, Release

SLUG = re.compile(r"[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?")


def read(registry: str, name: str) -> Champion:
    """What `current.json` names now; all empty when nothing has been released under this name.

    The URI is where the version lies in this registry, so a registry that was moved or copied stays readable.
    """
    data, generation = storage.read_versioned(pointer(registry, name))
    if not generation:
        return Champion()
    release = Release.parse(data, pointer(registry, name))
    return Champion(version=release.version, uri=version_uri(registry, name, release.version), generation=generation)


def pointer(registry: str, name: str) -> str:
    return storage.join(_models(registry, name), "current.json")


def version_uri(registry: str, name: str, version: str) -> str:
    return storage.join(_models(registry, name), "versions", version)


def _models(registry: str, name: str) -> str:
    if not SLUG.fullmatch(name):
        raise InputError(
            f"'{name}' is no name for a model",
            "use at most 63 lower-case letters, digits, dots, hyphens and underscores, beginning and ending with a "
            "letter or digit",
        )
    root = registry if storage.is_remote(registry) else str(Path(registry).absolute())
    return storage.join(root, "models", name)
