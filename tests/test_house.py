"""The house rules that a machine can check: floors, circles, sizes, and where frameworks may be imported."""

from __future__ import annotations

import ast
import doctest
import importlib
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PLACES = {"src": "src/thaw", "components": "components", "pipelines": "pipelines"}
SOURCES = sorted(path for folder in PLACES.values() for path in (ROOT / folder).rglob("*.py"))
STEPS = sorted(path.parent.name for path in (ROOT / "components").glob("*/component.py"))
FRAMEWORKS = {"tensorflow", "keras", "keras_hub", "torch", "transformers", "peft"}

# From the ground up; what stands on one line does not know each other, but for `within` one room.
FLOORS = (
    ("printable",),
    ("errors", "cores", "progress", "records_v1"),
    ("records",),
    ("report",),
    ("storage",),
    ("data", "metrics", "registry"),
    ("heads",),
    ("networks",),
    ("training",),
    ("runtime",),
    ("steps",),
    ("components",),
    ("pipelines",),
    ("kubeflow", "examples"),
    ("cli",),
)
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
MAX_LINES, MAX_MEDIAN_LINES, MAX_MEDIAN_FUNCTION = 300, 80, 8
JUNK_DRAWERS = {"core", "common", "utils", "util", "misc", "helpers", "base"}


def module_of(path: Path) -> str:
    relative = path.relative_to(ROOT)
    parts = relative.parts[1:] if relative.parts[0] == "src" else ("thaw", *relative.parts)
    return ".".join(parts).removesuffix(".py").removesuffix(".__init__")


MODULES = {module_of(path): path for path in SOURCES}


def imported(path: Path) -> Iterator[str]:
    """Names that a file imports at any depth, late and for type checkers too, relative ones resolved."""
    name = module_of(path)
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def own_module(name: str) -> str | None:
    """The module of ours that an imported name is, or lies in."""
    return next((each for each in (name, name.rpartition(".")[0]) if each in MODULES), None)


IMPORTS = {
    name: {own for each in imported(path) if (own := own_module(each)) and own != name}
    for name, path in MODULES.items()
}


def room(module: str) -> str:
    return [*module.split("."), ""][1]


@pytest.mark.parametrize("module", sorted(set(MODULES) - {"thaw"}))
def test_nothing_imports_upwards(module: str) -> None:
    own = room(module)
    others = {room(each) for each in IMPORTS[module]} - {own, ""}
    assert not {each for each in others if LEVEL[each] >= LEVEL[own]}


@pytest.mark.parametrize("module", sorted(name for name in MODULES if name.startswith("thaw.steps.")))
def test_steps_do_not_know_each_other(module: str) -> None:
    own = module.split(".")[2]
    assert not {each for each in IMPORTS[module] if each.startswith("thaw.steps.") and each.split(".")[2] != own}


def test_there_is_no_circle() -> None:
    """Removing whatever imports nothing that is left removes everything. A package is not its modules'."""
    left = {name: {each for each in imports if not name.startswith(f"{each}.")} for name, imports in IMPORTS.items()}
    while free := [name for name, imports in left.items() if not imports & left.keys()]:
        for name in free:
            del left[name]
    assert not left


def test_kfp_stays_in_declarations_and_in_kubeflow() -> None:
    users = {name for name, path in MODULES.items() if any(each.split(".")[0] == "kfp" for each in imported(path))}
    assert {name for name in users if room(name) not in ("components", "pipelines", "kubeflow")} == set()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_frameworks_stay_in_the_engines(path: Path) -> None:
    if {name.split(".")[0] for name in imported(path)} & FRAMEWORKS:
        assert module_of(path).startswith(("thaw.networks.keras", "thaw.networks.torch"))


@pytest.mark.parametrize("module", ["steps.ingest.step", "steps.push.step", "steps.choose.step", "networks.loading"])
def test_a_framework_is_imported_only_when_a_network_is_asked_for(module: str) -> None:
    code = f"import sys, thaw.{module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not set(loaded) & (FRAMEWORKS | {"kfp", "sklearn"})


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_are_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MAX_LINES or path.name == "records.py"


def test_most_files_and_functions_are_short() -> None:
    files = [lines for path in SOURCES if (lines := len(path.read_text().splitlines())) > 1]
    nodes = [node for path in SOURCES for node in ast.walk(ast.parse(path.read_text()))]
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    assert statistics.median(files) <= MAX_MEDIAN_LINES
    assert statistics.median((each.end_lineno or 0) - each.lineno + 1 for each in functions) <= MAX_MEDIAN_FUNCTION


def test_no_folder_is_a_junk_drawer() -> None:
    assert not {path for path in SOURCES if JUNK_DRAWERS & set(path.relative_to(ROOT).parts)}


def test_the_formatter_may_touch_every_line() -> None:
    everything = [*SOURCES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
    assert not [path for path in everything if re.search(r"# fmt: (skip|off)$", path.read_text(), re.MULTILINE)]


@pytest.mark.parametrize("step", STEPS)
def test_a_component_is_a_declaration(step: str) -> None:
    folder = ROOT / "components" / step
    files = {path.name for path in folder.iterdir() if path.name != "__pycache__"}
    assert files == {"__init__.py", "component.py", "metadata.yaml", "README.md"}
    assert not (folder / "__init__.py").read_text()
    metadata = yaml.safe_load((folder / "metadata.yaml").read_text())
    assert metadata["name"] == step
    assert {"stability", "dependencies", "tags", "lastVerified"} <= metadata.keys()
    assert (folder / "README.md").read_text().startswith("# ")


WITH_EXAMPLES = sorted(name for name, path in MODULES.items() if ">>> " in path.read_text())


@pytest.mark.parametrize("module", WITH_EXAMPLES)
def test_examples_in_docstrings_run(module: str) -> None:
    result = doctest.testmod(importlib.import_module(module), extraglobs={"np": importlib.import_module("numpy")})
    assert result.attempted
    assert not result.failed


def documented(path: Path) -> Iterator[tuple[str, ast.AST, str]]:
    """Public names of a file with their docstrings: the module, its classes and functions, and their methods."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (text := ast.get_docstring(node)):
            name = module_of(path) if isinstance(node, ast.Module) else node.name
            if not name.startswith("_"):
                yield name, node, text


def wrong_arguments(node: ast.AST, docstring: str) -> set[str]:
    """Names below `Args:` that the signature has not."""
    section = re.search(r"^Args:\n((?:[ ]{4}.*\n?|\n)+)", docstring, re.MULTILINE)
    named = set(re.findall(r"^ {4}\*{0,2}(\w+)(?: \(.*\))?:", section[1], re.MULTILINE)) if section else set()
    if not isinstance(node, ast.FunctionDef):
        return set()
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return named - {each.arg for each in every if each}


def test_no_docstring_goes_on_from_the_name_above_it() -> None:
    everything = [*SOURCES, *(path for folder in ("tests", "benchmarks") for path in (ROOT / folder).rglob("*.py"))]
    assert not [path for path in everything if re.search(r'^\s*"""Of ', path.read_text(), re.MULTILINE)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_docstrings_stand_alone_and_fit_the_signature(path: Path) -> None:
    for name, node, docstring in documented(path):
        paragraph = docstring.split("\n\n")[0].strip()
        assert paragraph.startswith(">>>") or paragraph.endswith((".", "!", "?", ":", "…")), name
        assert not wrong_arguments(node, docstring), name
