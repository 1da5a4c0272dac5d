"""Networks on Hugging Face: whether one exists, and whether the hub can be reached, before a framework asks for it.

The frameworks' own downloads try a hub that is away again and again, for up to a minute; so it is asked once before.
"""

from __future__ import annotations

import json
from pathlib import Path

from ..errors import InputError
from ..records import Modality
from .presets import nearest_name

TIMEOUT_SECONDS = 5
KAGGLE = "https://api.kaggle.com"
"""Where KerasHub's presets are."""
REMEDY = "give a local folder or gs://… with the network's files instead"
WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin")


def check(modality: Modality, handle: str, reference: str) -> None:
    """Ask the modality's hub for a network that it is known to have.

    Raises:
        InputError: It does not answer.
    """
    if modality == "image":
        http_status(KAGGLE, reference)
    else:
        hugging_face(handle, reference)


def hugging_face(name: str, reference: str) -> Path | None:
    """The folder of the network `name` where the local cache has it whole; None where the hub has it.

    Raises:
        InputError: The hub does not know it, or does not answer.
    """
    from huggingface_hub import constants

    folder = cached_folder(name)
    if folder:
        return folder
    if constants.HF_HUB_OFFLINE:
        raise InputError(
            f"{reference}{nearest_name(reference)} has to come from the Hugging Face hub, and HF_HUB_OFFLINE is set",
            REMEDY,
        )
    status = http_status(f"{constants.ENDPOINT}/{name}/resolve/main/config.json", reference)
    if status in (401, 403, 404):
        raise InputError(
            f"Hugging Face has no network {name}{nearest_name(reference)} that may be read from here",
            f"check its name, log in where it is a private one, or {REMEDY}",
        )
    return None


def cached_folder(name: str) -> Path | None:
    """The folder of the local cache that has the network's configuration and weights."""
    config = cached_file(name, "config.json")
    return config.parent if config and any(is_cached(name, weights) for weights in WEIGHT_FILES) else None


def is_cached(name: str, weights: str) -> bool:
    """Whether the local cache has a file of weights, or its index and every shard that this lists."""
    if cached_file(name, weights):
        return True
    index = cached_file(name, f"{weights}.index.json")
    shards = set(json.loads(index.read_text())["weight_map"].values()) if index else set()
    return bool(shards) and all(cached_file(name, shard) for shard in shards)


def cached_file(name: str, file: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    path = try_to_load_from_cache(name, file)
    return Path(path) if isinstance(path, str) else None


def http_status(address: str, reference: str) -> int:
    """HTTP status of an address.

    Raises:
        InputError: Nobody answers.
    """
    import requests

    try:
        return requests.head(address, timeout=TIMEOUT_SECONDS, allow_redirects=True).status_code
    except requests.RequestException as error:
        host = address.split("/")[2]
        raise InputError(
            f"{reference}{nearest_name(reference)} has to come from {host}, which cannot be reached from here", REMEDY
        ) from error
