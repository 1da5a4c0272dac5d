"""Thaw trains on all GPUs of one node. On several, each node would train the whole model alone: they are refused."""

from __future__ import annotations

import json
import os

from ..errors import InputError


def require_single_node() -> None:
    """Refuse to train on several nodes.

    Raises:
        InputError: The environment names several nodes, as torchrun and Kubeflow's training jobs do.
    """
    several_ranks = _integer("WORLD_SIZE") > _integer("LOCAL_WORLD_SIZE")
    if max(_tensorflow_workers(), _torchrun_nodes()) > 1 or several_ranks:
        raise InputError(
            "several nodes were asked for, and Thaw trains on the GPUs of one node",
            "ask for one node with several GPUs",
        )


def _tensorflow_workers() -> int:
    cluster = json.loads(os.environ.get("TF_CONFIG") or "{}").get("cluster", {})
    return sum(len(cluster.get(kind, [])) for kind in ("chief", "master", "worker"))


def _torchrun_nodes() -> int:
    """The number of nodes, or of a range such as 1:4 its end."""
    last = os.environ.get("PET_NNODES", "").split(":")[-1]
    return int(last) if last.isdecimal() else 1


def _integer(variable: str) -> int:
    return int(os.environ.get(variable) or 1)
