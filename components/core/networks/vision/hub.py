"""Names of networks that live in a hub: told apart from mistakes, and quick to fail where no hub can be reached."""

from __future__ import annotations

from pathlib import Path

from ...errors import InputError

SECONDS = 10
AWAY = "give a local folder or gs://… with the network's files instead"


def at_hand(reference: str) -> str:
    """What KerasHub's `from_preset` takes: the name of a preset, or the folder of a Hugging Face snapshot."""
    import keras_hub

    if reference in keras_hub.models.Backbone.presets:
        _reach("https://api.kaggle.com", reference)
        return reference
    if "://" in reference and not reference.startswith("hf://"):
        return reference
    owner_name = reference.removeprefix("hf://")
    if owner_name.count("/") != 1 or not all(owner_name.split("/")):
        raise InputError(f"there is no network called {reference!r}",
                         "use a known name, a KerasHub preset, hf://OWNER/NAME, a folder or gs://…")  # fmt: skip
    return _snapshot(owner_name, reference)


def _snapshot(owner_name: str, reference: str) -> str:
    """Ask once before KerasHub does: its own downloads try a hub that is away again and again."""
    from huggingface_hub import constants, try_to_load_from_cache

    cached = try_to_load_from_cache(owner_name, "config.json")
    if isinstance(cached, str):
        return str(Path(cached).parent)
    status = _reach(f"{constants.ENDPOINT}/{owner_name}/resolve/main/config.json", reference)
    if status in (401, 403, 404):
        raise InputError(f"Hugging Face has no network {owner_name} that may be read from here",
                         "check its name, or log in where it is a private one")  # fmt: skip
    return f"hf://{owner_name}"


def _reach(address: str, reference: str) -> int:
    """HTTP status of an address. InputError when nobody answers."""
    import requests

    try:
        return requests.head(address, timeout=SECONDS, allow_redirects=True).status_code
    except requests.RequestException as error:
        host = address.split("/")[2]
        raise InputError(f"{reference} has to come from {host}, which cannot be reached from here", AWAY) from error
