"""References to KerasHub's presets and to networks on the Hugging Face hub."""

from __future__ import annotations

from ...errors import InputError
from ..hub import KAGGLE, http_status, hugging_face
from ..presets import nearest_name


def resolve_preset(reference: str) -> str:
    """What KerasHub's `from_preset` takes: the name of a preset, or the folder of a Hugging Face snapshot."""
    import keras_hub

    if reference in keras_hub.models.Backbone.presets:
        http_status(KAGGLE, reference)
        return reference
    if "://" in reference and not reference.startswith("hf://"):
        return reference
    name = reference.removeprefix("hf://")
    if name.count("/") != 1 or not all(name.split("/")):
        raise InputError(
            f"there is no network called {reference!r}{nearest_name(reference, keras_hub.models.Backbone.presets)}",
            "use a known name, a KerasHub preset, hf://OWNER/NAME, a folder or gs://…",
        )
    return str(hugging_face(name, reference) or f"hf://{name}")
