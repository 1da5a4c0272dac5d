"""Thaw trains on all GPUs of one node. On several, each node would train the whole model alone: they are refused."""

from __future__ import annotations

import json
import os

from ..errors import InputError


def require_single_node() -> None:
    """InputError when the environment names several nodes, as torchrun and Kubeflow's training jobs tell of them."""
    if max(_workers(), _nodes()) > 1 or _number("WORLD_SIZE") > _number("LOCAL_WORLD_SIZE"):
        raise InputError(
            "several nodes were asked for, and Thaw trains on the GPUs of one node",
            "ask for one node with several GPUs",
        )


def _workers() -> int:
    """Of a TensorFlow job."""
    cluster = json.loads(os.environ.get("TF_CONFIG") or "{}").get("cluster", {})
    return sum(len(cluster.get(kind, [])) for kind in ("chief", "master", "worker"))


def _nodes() -> int:
    """Of torchrun: a number, or a range, 1:4, of which as many may come as its end says."""
    most = os.environ.get("PET_NNODES", "").split(":")[-1]
    return int(most) if most.isdecimal() else 1


def _number(name: str) -> int:
    return int(os.environ.get(name) or 1)
