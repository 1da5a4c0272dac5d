"""`thaw compile`: what it writes can be loaded and read by others."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from kfp import components

from thaw.cli.main import main
from thaw.kubeflow.catalogue import COMPONENTS


def test_the_pipeline_and_every_component_are_written_and_load(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, folder = tmp_path / "new" / "graph.yaml", tmp_path / "catalogue"
    assert main(["compile", "--output", str(file), "--components", str(folder)]) == 0
    assert str(file) in capsys.readouterr().out
    spec = next(yaml.safe_load_all(file.read_text()))
    assert spec["pipelineInfo"]["name"] == "thaw-adaptive"
    assert {path.stem for path in folder.iterdir()} == set(COMPONENTS)
    for path in folder.iterdir():
        loaded = components.load_component_from_file(str(path))
        assert loaded.name == path.stem.replace("_", "-")
        assert loaded.description


def test_the_same_source_gives_the_same_pipeline(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        assert main(["compile", "--output", str(tmp_path / name)]) == 0
    assert (tmp_path / "a.yaml").read_bytes() == (tmp_path / "b.yaml").read_bytes()


def test_the_profile_alone_is_a_pipeline_too(tmp_path: Path) -> None:
    assert main(["compile", "--pipeline", "profile", "--output", str(tmp_path / "p.yaml")]) == 0
    spec = next(yaml.safe_load_all((tmp_path / "p.yaml").read_text()))
    assert set(spec["root"]["dag"]["tasks"]) == {"ingest", "profile-dataset", "thaw-read-parts"}


def test_a_file_that_cannot_be_written_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["compile", "--output", str(tmp_path / "file" / "x.yaml")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_no_step_is_without_a_docstring_for_each_parameter() -> None:
    for component in COMPONENTS.values():
        spec = component.component_spec
        for name, value in (spec.inputs or {}).items():
            if name != "status":
                assert f"{name}:" in (component.python_func.__doc__ or ""), (component.name, name, value)
