"""Files behind http:// and https://."""

from __future__ import annotations

import mimetypes
import re
import shutil
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from ..errors import InputError

TIMEOUT_SECONDS = (10, 60)
"""To connect, and between bytes."""
CHUNK = 2**20
MAX_DISK_SHARE = 0.9
MAX_NAME = 200


def download(address: str, folder: Path) -> Path:
    """A copy of the file in `folder`, called as the server calls it; FileNotFoundError when there is none."""
    with _session() as session, _get(session, address) as response:
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        name = _name(response, kind)
        if kind == "text/html":
            raise InputError(f"{address} is a web page, and no file", "give the address of the file itself")
        room = int(MAX_DISK_SHARE * shutil.disk_usage(folder).free)
        if int(response.headers.get("Content-Length") or 0) > room:
            raise InputError(f"{address} is larger than there is room for", f"free space in {folder}")
        with open(folder / name, "wb") as file:
            for chunk in response.iter_content(CHUNK):
                file.write(chunk)
    return folder / name


def read(address: str) -> bytes:
    """The content of a file; FileNotFoundError when there is none."""
    with _session() as session, _get(session, address) as response:
        return bytes(response.content)


def version(address: str) -> str | None:
    """What changes with the content: the entity tag, or the time of the last change; None where neither is known."""
    with _session() as session:
        response = session.head(address, timeout=TIMEOUT_SECONDS, allow_redirects=True)
    tag = response.headers.get("ETag") or response.headers.get("Last-Modified")
    return f"{tag}\0{response.headers.get('Content-Length')}" if response.ok and tag else None


def _session() -> requests.Session:
    session = requests.Session()
    session.headers["Accept-Encoding"] = "identity"  # else some servers' .gz files arrive unpacked under that name
    retry = Retry(total=3, backoff_factor=0.5, status_forcelist=(429, 502, 503, 504), raise_on_status=False)
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    return session


def _get(session: requests.Session, address: str) -> requests.Response:
    response = session.get(address, stream=True, timeout=TIMEOUT_SECONDS)
    if response.status_code in (404, 410):
        response.close()
        raise FileNotFoundError(address)
    if response.status_code in (401, 403):
        response.close()
        raise InputError(f"{address} is not open to us (HTTP {response.status_code})", "download it, and give the copy")
    response.raise_for_status()
    return response


def _name(response: requests.Response, kind: str) -> str:
    """The name that the server gives, else the last part of the address; its suffix by the kind if it has none."""
    given = re.search(r'filename="?([^";]+)', response.headers.get("Content-Disposition", ""))
    name = PurePosixPath((given[1] if given else unquote(urlsplit(response.url).path)).replace("\\", "/")).name
    name = name.replace("\0", "").lstrip(".")[-MAX_NAME:] or "data"
    return name if PurePosixPath(name).suffix else f"{name}{mimetypes.guess_extension(kind) or ''}"
