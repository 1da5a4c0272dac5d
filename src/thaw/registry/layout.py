"""URIs of a registry's files."""

from __future__ import annotations

import re
from pathlib import Path

from .. import storage
from ..errors import InputError

NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?")


def pointer_uri(registry: str, name: str) -> str:
    """URI of the file that names the current version."""
    return storage.join(model_uri(registry, name), "current.json")


def version_uri(registry: str, name: str, version: str) -> str:
    """URI of the folder of one version."""
    return storage.join(model_uri(registry, name), "versions", version)


def model_uri(registry: str, name: str) -> str:
    """URI of the folder of all versions of a name, absolute.

    Raises:
        InputError: `name` is no name for a model.
    """
    if not NAME.fullmatch(name):
        raise InputError(
            f"'{name}' is no name for a model",
            "use at most 63 lower-case letters, digits, dots, hyphens and underscores, beginning and ending with a "
            "letter or digit",
        )
    root = registry if storage.is_remote(registry) else str(Path(registry).absolute())
    return storage.join(root, "models", name)
