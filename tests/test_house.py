"""The house rules that a machine can check."""

from __future__ import annotations

import ast
import doctest
import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
STEPS = {path.parent.name for path in (ROOT / "components").glob("*/component.py")}
SOURCES = sorted(path for top in ("components", "pipelines") for path in (ROOT / top).rglob("*.py"))
FRAMEWORKS = {"tensorflow", "keras", "keras_hub", "torch", "transformers", "peft"}


def imported(path: Path) -> set[str]:
    """Modules that a file imports at any depth, absolute, relative ones resolved to `thaw.…`."""
    package = ["thaw", *path.parent.relative_to(ROOT).parts]
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = [*base, *([node.module] if node.module else [])]
            found |= {".".join([*module, alias.name]) for alias in node.names}
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_imports_upwards(path: Path) -> None:
    parts = path.relative_to(ROOT).parts
    modules = imported(path)
    if parts[0] == "components":
        assert not {m for m in modules if m.startswith("thaw.pipelines")}
    if parts[:2] == ("components", "core"):
        assert not {m for m in modules if m.startswith("thaw.components.") and not m.startswith("thaw.components.core")}
    elif parts[0] == "components" and path.name not in ("component.py", "__init__.py"):
        others = {f"thaw.components.{step}" for step in STEPS - {parts[1]}}
        assert not {m for m in modules if m.startswith(tuple(others))}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_kfp_and_the_frameworks_stay_in_their_places(path: Path) -> None:
    parts = path.relative_to(ROOT).parts
    roots = {module.split(".")[0] for module in imported(path)}
    if "kfp" in roots:
        assert parts[0] == "pipelines" or path.name == "component.py"
    if roots & FRAMEWORKS:
        assert parts[:3] == ("components", "core", "networks") or path.name == "lite0.py", "it makes a Keras file"


@pytest.mark.parametrize("module", ["ingest.step", "push_model.step", "choose_strategy.step", "core.networks"])
def test_a_framework_is_imported_only_when_a_network_is_asked_for(module: str) -> None:
    code = f"import sys, thaw.components.{module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not set(loaded) & (FRAMEWORKS | {"kfp", "sklearn"})


def test_the_package_list_is_the_tree() -> None:
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    there = {".".join(["thaw", *path.parent.relative_to(ROOT).parts]) for path in SOURCES if path.name == "__init__.py"}
    assert listed == there


@pytest.mark.parametrize("step", sorted(STEPS))
def test_every_component_describes_itself(step: str) -> None:
    metadata = yaml.safe_load((ROOT / "components" / step / "metadata.yaml").read_text())
    assert metadata["name"] == step
    assert {"stability", "dependencies", "tags", "lastVerified"} <= metadata.keys()
    assert (ROOT / "components" / step / "README.md").read_text().startswith("# ")


WITH_EXAMPLES = [path for path in SOURCES if ">>> " in path.read_text()]


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_in_docstrings_run(path: Path) -> None:
    module = importlib.import_module(".".join(["thaw", *path.relative_to(ROOT).with_suffix("").parts]))
    result = doctest.testmod(module, extraglobs={"np": importlib.import_module("numpy")})
    assert result.attempted
    assert not result.failed
