"""Builds the smallest image for real and looks inside; needs buildah and a base image, see images/README.md."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BASE = os.environ.get("THAW_TEST_BASE", "localhost/thaw-base")
PIP_SETTINGS = [path for path in ("/etc/pip.conf", "/etc/ssl/certs") if os.path.exists(path)]
TAG = "localhost/thaw-core:test"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def buildah(*arguments: str) -> str:
    # chroot needs neither cgroups nor a network of its own, so it builds inside containers and virtual machines too
    environment = {**os.environ, "BUILDAH_ISOLATION": "chroot"}
    done = subprocess.run(["buildah", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout.strip()


@pytest.fixture(scope="module")
def container() -> Iterator[str]:
    if shutil.which("buildah") is None:
        pytest.skip("buildah is not installed")
    if subprocess.run(["buildah", "inspect", "--type", "image", BASE], capture_output=True).returncode:
        pytest.skip(f"there is no image {BASE} to build on (THAW_TEST_BASE)")
    mounts = [f"--volume={path}:{path}:ro" for path in PIP_SETTINGS]
    buildah(
        "bud", "--network=host", *mounts, f"--build-arg=BASE={BASE}", "-f", "images/core.Dockerfile", "-t", TAG, "."
    )
    name = buildah("from", "--pull-never", TAG)
    yield name
    buildah("rm", name)
    buildah("rmi", TAG)


def inside(container: str, *command: str) -> str:
    return buildah("run", container, "--", *command)


def test_steps_import_as_an_ordinary_user(container: str) -> None:
    assert inside(container, "id", "-u") == "10001"
    code = "import thaw.steps.ingest.step, sys; print({'kfp', 'torch', 'tensorflow'} & set(sys.modules))"
    assert inside(container, "python", "-c", code) == "set()"


def test_home_is_writable_and_holds_no_cache(container: str) -> None:
    assert inside(container, "sh", "-c", "touch ~/file && ls -A ~") == ".bash_logout\n.bashrc\n.profile\nfile"


def test_command_line_and_component_runner_are_on_the_path(container: str) -> None:
    assert "usage: thaw submit" in inside(container, "thaw", "submit", "--help")
    assert "--executor_input" in inside(container, "python3", "-m", "kfp.dsl.executor_main", "--help")


INSTALLED = "from importlib.metadata import distributions; print(*(each.name.lower() for each in distributions()))"


def test_neither_framework_nor_pip_is_inside(container: str) -> None:
    installed = set(inside(container, "python", "-c", INSTALLED).split())
    assert {"thaw", "kfp"} <= installed
    assert not installed & {"torch", "tensorflow", "keras", "scipy", "pip", "setuptools"}


def test_nothing_of_the_builder_stays(container: str) -> None:
    # a mounted file leaves its empty mount point
    assert (
        inside(container, "sh", "-c", "cat /etc/pip.conf 2>/dev/null; ls -d /src /root/.cache 2>/dev/null || true")
        == ""
    )
    assert "PIP" not in inside(container, "env")
