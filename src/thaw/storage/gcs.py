"""Objects in Google Cloud Storage, or in an emulator of it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from google.api_core.exceptions import Forbidden, NotFound, PreconditionFailed, Unauthorized
from google.auth.exceptions import GoogleAuthError
from google.cloud import storage

from ..errors import InputError

MAX_TRANSFERS = 8
"""Transfers at a time; the client's connection pool holds ten."""


def exists(uri: str) -> bool:
    bucket, key = _bucket_and_key(uri)
    with _explained_errors(uri):
        if key and _blob(uri).exists():
            return True
        return any(_blobs_below(bucket, _prefix(key), page=1))


def read(uri: str) -> bytes:
    with _explained_errors(uri):
        try:
            return _blob(uri).download_as_bytes()
        except NotFound as error:
            _require_bucket(uri)
            raise FileNotFoundError(uri) from error


def read_versioned(uri: str) -> tuple[bytes, str]:
    blob = _blob(uri)
    with _explained_errors(uri):
        try:
            # The generation comes with the response, so that it belongs to these bytes.
            data = blob.download_as_bytes()
            return data, str(blob.generation)
        except NotFound:
            _require_bucket(uri)
            return b"", ""


def write(uri: str, data: bytes) -> None:
    with _explained_errors(uri):
        _blob(uri).upload_from_string(data, content_type="application/octet-stream")


def compare_and_swap(uri: str, data: bytes, generation: str) -> bool:
    blob = _blob(uri)
    # The client repeats a request whose answer was lost: then the first one may have written. The mark of the writer
    # tells such a write of ours from one of another writer.
    writer = uuid.uuid4().hex
    blob.metadata = {"writer": writer}
    with _explained_errors(uri):
        try:
            blob.upload_from_string(
                data, content_type="application/octet-stream", if_generation_match=int(generation or 0)
            )
            return True
        except PreconditionFailed:
            with suppress(NotFound):
                blob.reload()
                return (blob.metadata or {}).get("writer") == writer
            return False


def sizes(uri: str) -> dict[str, int]:
    bucket, key = _bucket_and_key(uri)
    prefix = _prefix(key)
    with _explained_errors(uri):
        return {blob.name.removeprefix(prefix): blob.size for blob in _blobs_below(bucket, prefix)}


def versions(uri: str) -> list[str]:
    """A line for the object of this name, and for every one below, with its generation: no content is read."""
    bucket, key = _bucket_and_key(uri)
    prefix = _prefix(key)
    with _explained_errors(uri):
        below = [f"{blob.name.removeprefix(prefix)}\0{blob.generation}" for blob in _blobs_below(bucket, prefix)]
        own = _client().bucket(bucket).get_blob(key) if key else None
        return [*([f"\0{own.generation}"] if own else []), *below]


def upload(folder: Path, names: list[str], uri: str) -> None:
    def send(name: str) -> None:
        _blob(f"{uri.rstrip('/')}/{name}").upload_from_filename(str(folder / name))

    with _explained_errors(uri):
        _in_parallel(send, names)


def remove(uri: str) -> None:
    bucket, key = _bucket_and_key(uri)
    with _explained_errors(uri):
        for blob in (_blob(uri), *_blobs_below(bucket, _prefix(key))):
            with suppress(NotFound):
                blob.delete()


def download(uri: str, folder: Path) -> Path:
    bucket, key = _bucket_and_key(uri)
    folder.mkdir(parents=True, exist_ok=True)
    with _explained_errors(uri):
        if key and not key.endswith("/") and _blob(uri).exists():
            path = folder / PurePosixPath(key).name
            _blob(uri).download_to_filename(str(path))
            return path
        prefix = _prefix(key)
        names = [blob.name.removeprefix(prefix) for blob in _blobs_below(bucket, prefix)]
        if not names:
            raise FileNotFoundError(uri)
        _in_parallel(lambda name: _download_blob(bucket, prefix, name, folder), names)
        return folder


def check_writable(uri: str) -> None:
    bucket, key = _bucket_and_key(uri)
    probe = _client().bucket(bucket).blob(f"{_prefix(key)}.{uuid.uuid4().hex}.thaw-part")
    with _explained_errors(uri):
        probe.upload_from_string(b"")
        with suppress(Forbidden, NotFound):  # who may create need not be allowed to delete
            probe.delete()


def _download_blob(bucket: str, prefix: str, name: str, folder: Path) -> None:
    path = folder / name
    if name.startswith("/") or ".." in PurePosixPath(name).parts:
        raise InputError(f"the object gs://{bucket}/{prefix}{name} lies outside its folder", "rename or delete it")
    path.parent.mkdir(parents=True, exist_ok=True)
    _client().bucket(bucket).blob(prefix + name).download_to_filename(str(path))


def _in_parallel(act: Callable[[str], None], names: Iterable[str]) -> None:
    with ThreadPoolExecutor(MAX_TRANSFERS) as pool:
        try:
            for _ in pool.map(act, names):
                pass
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _blobs_below(bucket: str, prefix: str, page: int | None = None) -> Iterator[Any]:
    """Blobs below a prefix, without the empty ones that stand for folders; `page` is the number in one request."""
    pages = _client().list_blobs(
        bucket, prefix=prefix, page_size=page, fields="items(name,size,generation),nextPageToken"
    )
    return (blob for blob in pages if not blob.name.endswith("/"))


def _bucket_and_key(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("gs://").partition("/")
    if not bucket:
        raise InputError(f"{uri} names no bucket", "write gs://bucket/key")
    return bucket, key


def _prefix(key: str) -> str:
    return f"{key.rstrip('/')}/" if key.strip("/") else ""


def _blob(uri: str) -> Any:
    bucket, key = _bucket_and_key(uri)
    if not key:
        raise InputError(f"{uri} names a bucket and no object", "write gs://bucket/key")
    with _explained_errors(uri):
        return _client().bucket(bucket).blob(key)


def _client() -> Any:
    return _client_for(os.environ.get("STORAGE_EMULATOR_HOST", ""), os.getpid())


@lru_cache(maxsize=2)
def _client_for(emulator: str, process: int) -> Any:
    """One client for each process: connections do not survive a fork."""
    return storage.Client(project=None)  # objects need no project, and not every credential names one


def _require_bucket(uri: str) -> None:
    """Raise NotFound when the bucket is missing: an absent object is an answer, an absent bucket is a mistake."""
    any(_blobs_below(_bucket_and_key(uri)[0], "", page=1))


@contextmanager
def _explained_errors(uri: str) -> Iterator[None]:
    bucket, _ = _bucket_and_key(uri)
    try:
        yield
    except NotFound as error:
        raise InputError(f"{uri}: there is no bucket {bucket!r}", "create it or correct its name") from error
    except (Forbidden, Unauthorized) as error:
        do = "give this account the role Storage Object User on the bucket"
        raise InputError(f"{uri}: access denied ({error.message})", do) from error
    except GoogleAuthError as error:
        do = "run `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS"
        raise InputError(f"{uri}: no Google Cloud credentials ({error})", do) from error
