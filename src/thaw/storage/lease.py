"""A lease: the right to write one small document, for one writer at a time, wherever the writers run.

After a lost node, or a killed parent process, two processes may believe that they train the same thing. The document
names its holder, who renews it. Another writer may take it when it was released, when its holder is known to be dead,
or when it was not renewed for LEASE_SECONDS *by the newcomer's own clock*, so that clocks need not agree. Every write
is a compare-and-swap: a holder that was overtaken while it slept cannot write any more, and is told so.

We have our own because cloud storage has no locks, and a lease of Kubernetes is not there on one machine.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from .. import storage
from ..errors import InputError
from .process import identity, is_dead, is_here

LEASE_SECONDS = 30.0
"""A holder that has not renewed for so long counts as dead: what a retried pod may have to wait."""
POLL_SECONDS = 0.5


class Lease:
    """The document at `uri`, whose `content` (JSON) this process may write between `acquire` and `release`."""

    def __init__(self, uri: str, seconds: float = LEASE_SECONDS) -> None:
        self.uri, self.seconds, self.owner = uri, seconds, {"id": uuid.uuid4().hex, **identity()}
        self.content: dict[str, Any] = {}
        self._generation, self._renewals, self._lost = "", 0, False
        self._lock, self._released = threading.Lock(), threading.Event()

    def acquire(
        self,
        waiting: Callable[[str], None] = lambda holder: None,
        refuse: Callable[[str], InputError] | None = None,
    ) -> dict[str, Any]:
        """Wait for the document and take it; its content. Calls `waiting` with the holder's name while there is one.

        With `refuse`, a holder that is known to be alive, by its process or by having renewed, is not waited for: the
        error that it makes of the holder's name is raised.
        """
        seen, since, renewals = None, time.monotonic(), -1
        while True:
            document, generation = read_document(self.uri)
            if generation != seen:
                seen, since, renewals = generation, time.monotonic(), renewals + 1
            holder = document.get("holder")
            if not holder or is_dead(holder) or time.monotonic() - since >= self.seconds:
                self.content, self._generation = document.get("content", {}), generation
                if self._swap():
                    threading.Thread(target=self._renew, name="lease", daemon=True).start()
                    return self.content
            else:
                name = f"{holder.get('host')}, process {holder.get('pid')}"
                if refuse and (is_here(holder) or renewals > 0):
                    raise refuse(name)
                waiting(name)
            time.sleep(POLL_SECONDS if seen else 0)

    def write(self, content: dict[str, Any]) -> None:
        """Write the document.

        Raises:
            InputError: Another process has taken it.
        """
        with self._lock:
            before, self.content = self.content, content
            if self._lost or not self._swap():
                self.content, self._lost = before, True
        self.check()

    def check(self) -> None:
        """Check that this process still holds the lease.

        Raises:
            InputError: Another process has taken the document.
        """
        if self._lost:
            raise InputError(
                f"another run has taken over this training (see {self.uri}), as this one had not renewed its lease",
                "let that run finish, or start this one again: it goes on from where that one stands",
            )

    def release(self) -> None:
        """Give the document up, so that another process can take it at once."""
        self._released.set()
        with self._lock:
            if not self._lost:
                document = encode({"holder": None, "content": self.content})
                storage.compare_and_swap(self.uri, document, self._generation)
                self._lost = True

    def _renew(self) -> None:
        while not self._released.wait(self.seconds / 3):
            # A store out of reach may be back for the next renewal.
            with self._lock, contextlib.suppress(InputError, OSError):
                if self._released.is_set() or self._lost:
                    return
                self._lost = not self._swap()

    def _swap(self) -> bool:
        self._renewals += 1  # so that the generation changes
        document = encode({"holder": {**self.owner, "renewals": self._renewals}, "content": self.content})
        if not storage.compare_and_swap(self.uri, document, self._generation):
            return False
        written, self._generation = storage.read_versioned(self.uri)
        return written == document  # else this process slept between the two, for longer than a lease lasts


def read_document(uri: str) -> tuple[dict[str, Any], str]:
    """The document and its generation; empty where there is none.

    Raises:
        InputError: It is not one of ours.
    """
    data, generation = storage.read_versioned(uri)
    try:
        document = json.loads(data or b"{}")
        if not isinstance(document, dict):
            raise ValueError("not an object")
    except ValueError as error:
        what = f"{uri}, which says how far the training has come, cannot be read ({error})"
        raise InputError(what, "delete it to start this training anew") from error
    return document, generation


def encode(document: dict[str, Any]) -> bytes:
    """The bytes of a document."""
    return json.dumps(document, indent=2).encode() + b"\n"
