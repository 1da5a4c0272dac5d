from __future__ import annotations

import importlib.util
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from thaw.networks import package_index as packages


def test_built_once_and_whole(tmp_path: Path) -> None:
    built: list[Path] = []

    def build(folder: Path) -> None:
        folder.mkdir()
        (folder / "file").write_text("x")
        built.append(folder)

    target = tmp_path / "cache" / "thing"
    assert packages.build_once(target, build) == packages.build_once(target, build) == target
    assert len(built) == 1
    assert [path.name for path in target.parent.iterdir()] == ["thing"]


def test_a_failed_build_leaves_nothing(tmp_path: Path) -> None:
    def build(path: Path) -> None:
        path.write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        packages.build_once(tmp_path / "cache" / "thing", build)
    assert list((tmp_path / "cache").iterdir()) == []


def test_builders_may_race(tmp_path: Path) -> None:
    def build(folder: Path) -> None:
        folder.mkdir()
        (folder / "file").write_text("x")

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: packages.build_once(tmp_path / "thing", build), range(8))) == {tmp_path / "thing"}
    assert [path.name for path in tmp_path.iterdir()] == ["thing"]


def test_a_cache_lies_where_the_user_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert packages.cache_folder(tmp_path / "scratch") == tmp_path / "cache" / "thaw"


@pytest.mark.parametrize("home", ["/proc/nowhere", None])
def test_without_a_home_to_write_to_the_cache_is_scratch(
    home: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def home_of_nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if home:
        monkeypatch.setenv("HOME", home)
    else:
        monkeypatch.setattr(Path, "home", home_of_nobody)  # what it raises for a user id without an account
    assert packages.cache_folder(tmp_path) == tmp_path / "cache"


def test_python_brings_a_pip_where_the_environment_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    command = packages._pip()
    version = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True).stdout
    assert "ensurepip" in version
