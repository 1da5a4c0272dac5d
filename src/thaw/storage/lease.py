"""The right to write one small document, for one writer at a time, wherever the writers run.

After a lost node, or a local parent that was killed, two processes may believe that they train the same thing. The
document names its holder, who renews it; another may take it when it was given back, when its holder is known to be
dead, or when nothing was renewed for LEASE seconds *by the newcomer's own clock*, so that clocks need not agree. Every
write is a compare-and-swap: a holder that was overtaken while it slept cannot write any more, and learns of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .. import storage
from ..errors import InputError

LEASE = 30.0
"""Seconds without a sign of life after which a holder counts as dead: what a retried pod may have to wait."""
POLL = 0.5


class Lease:
    """`content` of the document at `uri`, JSON, while this process holds it."""

    def __init__(self, uri: str, seconds: float = LEASE) -> None:
        self.uri, self.seconds, self.me = uri, seconds, {"id": uuid.uuid4().hex, **process()}
        self.content: dict[str, Any] = {}
        self._generation, self._beat, self._lost = "", 0, False
        self._lock, self._ended = threading.Lock(), threading.Event()

    def take(self, waiting: Callable[[str], None] = lambda whom: None) -> dict[str, Any]:
        """Hold the document, and give what stands in it. Calls `waiting` with the holder's name while there is one."""
        seen, since = None, time.monotonic()
        while True:
            document, generation = read(self.uri)
            if generation != seen:
                seen, since = generation, time.monotonic()
            holder = document.get("holder")
            if not holder or dead(holder) or time.monotonic() - since >= self.seconds:
                self.content, self._generation = document.get("content", {}), generation
                if self._swap():
                    threading.Thread(target=self._renew, name="lease", daemon=True).start()
                    return self.content
            else:
                waiting(f"{holder.get('host')}, process {holder.get('process')}")
            time.sleep(POLL if seen else 0)

    def put(self, content: dict[str, Any]) -> None:
        """Write the document. InputError when another has taken it."""
        with self._lock:
            before, self.content = self.content, content
            if self._lost or not self._swap():
                self.content, self._lost = before, True
        self.check()

    def check(self) -> None:
        """InputError when another has taken the document."""
        if self._lost:
            raise InputError(
                f"another run has taken over this training (see {self.uri}), which had shown no sign of life",
                "let that run finish, or start this one again: it goes on from where that one stands",
            )

    def release(self) -> None:
        """Give the document back, for another to take at once."""
        self._ended.set()
        with self._lock:
            if not self._lost:
                storage.swap(self.uri, encode({"holder": None, "content": self.content}), self._generation)
                self._lost = True

    def _renew(self) -> None:
        while not self._ended.wait(self.seconds / 3):
            with self._lock, contextlib.suppress(InputError, OSError):  # a store out of reach may be back for the next
                if self._ended.is_set() or self._lost:
                    return
                self._lost = not self._swap()

    def _swap(self) -> bool:
        self._beat += 1  # so that the generation changes
        document = encode({"holder": {**self.me, "beat": self._beat}, "content": self.content})
        if not storage.swap(self.uri, document, self._generation):
            return False
        written, self._generation = storage.read_versioned(self.uri)
        return written == document  # else this process slept between the two, for longer than a lease lasts


def read(uri: str) -> tuple[dict[str, Any], str]:
    """The document and its generation; empty where there is none. InputError when it is not one of ours."""
    data, generation = storage.read_versioned(uri)
    try:
        document = json.loads(data or b"{}")
        if not isinstance(document, dict):
            raise ValueError("not an object")
    except ValueError as error:
        what = f"{uri}, which says where the training stands, cannot be read ({error})"
        raise InputError(what, "delete it to start this training anew") from error
    return document, generation


def encode(document: dict[str, Any]) -> bytes:
    return json.dumps(document, indent=2).encode() + b"\n"


def process() -> dict[str, Any]:
    """This process, told apart from any other that had or will have its number."""
    return {"host": platform.node(), "space": _space(), "process": os.getpid(), "began": _began(os.getpid())}


def dead(holder: dict[str, Any]) -> bool:
    """Whether the holder ran where this process runs, and is no more. Of other machines nothing is known."""
    here = process()
    if any(holder.get(key) != here[key] for key in ("host", "space")) or not here["space"]:
        return False
    return _began(holder["process"]) != holder["began"]


def _space() -> str:
    """The running kernel and the space in which process numbers are counted: pods of a node may share its name."""
    try:
        return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def _began(number: int) -> str:
    """Clock ticks at which a process began; empty when there is none, or only what a parent has yet to collect."""
    try:
        state, *fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if state in "ZX" else fields[18]
