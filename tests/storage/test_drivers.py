"""Files behind addresses: a real server on this machine, and a driver of fsspec."""

from __future__ import annotations

import functools
import http.server
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from thaw.errors import InputError
from thaw.storage import drivers
from thaw.storage.patience import Patience


class Handler(http.server.SimpleHTTPRequestHandler):
    """A server of files, some of which misbehave."""

    def do_GET(self) -> None:
        status = re.search(r"/status/(\d+)", self.path)
        if status:
            self.send_error(int(status[1]))
        elif self.path == "/short.csv":
            self._answer({"Content-Length": "1000"}, b"text,label\n")
        elif self.path.startswith("/named"):
            self._answer({"Content-Disposition": 'attachment; filename="../../reviews.csv"'}, b"content")
        elif self.path.startswith("/typed"):
            self._answer({"Content-Type": "text/csv; charset=utf-8"}, b"content")
        elif self.path == "/huge.csv":
            self._answer({"Content-Length": str(10**18)}, b"")
        elif self.path == "/login":
            self._answer({"Content-Type": "text/html"}, b"<html>")
        else:
            super().do_GET()

    def _answer(self, headers: dict[str, str], content: bytes) -> None:
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "served").mkdir()
    handler = functools.partial(Handler, directory=str(tmp_path / "served"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_schemes() -> None:
    assert all(map(drivers.has_scheme, ("s3://b/x", "https://h/x", "hf://datasets/o/n", "zip://x.csv::s3://b/x.zip")))
    assert not any(map(drivers.has_scheme, ("gs://b/x", "/a/b", "a/s3://b", "C:/x", "x.csv")))


def test_a_file_of_a_server(server: str, tmp_path: Path) -> None:
    (tmp_path / "served" / "a b.csv").write_bytes(b"content")
    got = drivers.fetch(f"{server}/a%20b.csv?x=1", tmp_path / "to")
    assert (got.name, got.read_bytes()) == ("a b.csv", b"content")
    assert drivers.read(f"{server}/a%20b.csv") == b"content"
    first = drivers.versions(f"{server}/a%20b.csv")
    assert first is not None
    assert drivers.versions(f"{server}/a%20b.csv") == first
    (tmp_path / "served" / "a b.csv").write_bytes(b"another one")
    assert drivers.versions(f"{server}/a%20b.csv") != first


def test_a_server_may_name_the_file(server: str, tmp_path: Path) -> None:
    assert drivers.fetch(f"{server}/named?id=3", tmp_path / "to") == tmp_path / "to" / "reviews.csv"
    assert drivers.fetch(f"{server}/typed?id=3", tmp_path / "to").name == "typed.csv"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nothing.csv", "there is nothing at"),
        ("status/403", "is not open to us"),
        ("status/500", "cannot be read"),
        ("short.csv", "cannot be read"),
        ("huge.csv", "is larger than there is room for"),
        ("login", "is a web page, and no file"),
    ],
)
def test_what_a_server_may_answer_else(server: str, tmp_path: Path, path: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as raised:
        drivers.fetch(f"{server}/{path}", tmp_path / "to")
    assert "\n" not in str(raised.value)


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        drivers.fetch("http://127.0.0.1:9/x.csv", tmp_path)


@pytest.fixture
def memory() -> Iterator[str]:
    files = fsspec.filesystem("memory")
    for name in ("a.csv", "sub/b.csv"):
        files.pipe(f"/thaw-tests/{name}", name.encode())
    yield "memory://thaw-tests"
    files.rm("/thaw-tests", recursive=True)


def test_files_and_folders_of_a_driver(memory: str, tmp_path: Path) -> None:
    assert drivers.fetch(f"{memory}/a.csv", tmp_path / "file").read_bytes() == b"a.csv"
    folder = drivers.fetch(memory, tmp_path / "folder")
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.csv"))
    assert names == ["a.csv", "sub/b.csv"]
    assert drivers.read(f"{memory}/sub/b.csv") == b"sub/b.csv"
    assert drivers.fitting(f"{memory}/*.csv") == ["memory:///thaw-tests/a.csv"]
    first = drivers.versions(memory)
    assert len(first or []) == 2
    fsspec.filesystem("memory").pipe("/thaw-tests/a.csv", b"other")
    assert drivers.versions(memory) != first


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("memory://thaw-tests/nothing", "there is nothing at"),
        ("s3://bucket/x.csv", "pip install s3fs"),
        ("nonsense://x/y", "give a local path, or"),
    ],
)
def test_what_no_driver_reads(address: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        drivers.fetch(address, tmp_path)


def test_a_name_outside_of_the_folder(tmp_path: Path) -> None:
    files = fsspec.filesystem("memory")
    files.store["/thaw-evil/../../out.csv"] = files.store.get("x") or fsspec.implementations.memory.MemoryFile()
    files.pseudo_dirs.append("/thaw-evil")
    try:
        with pytest.raises(InputError, match="lies outside of its folder"):
            drivers.fetch("memory://thaw-evil", tmp_path / "in" / "to")
        assert not list(tmp_path.rglob("out.csv"))
    finally:
        del files.store["/thaw-evil/../../out.csv"]


def test_silence_is_given_up() -> None:
    with pytest.raises(TimeoutError, match="no answer"):
        Patience(0.05).call(lambda: time.sleep(5))
    done: list[int] = []
    Patience().each(done.append, range(50))
    assert sorted(done) == list(range(50))
    with pytest.raises(ZeroDivisionError):
        Patience().each(lambda number: done.append(1 // number), [1, 0, 2])
