"""Networks from folders and hubs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...errors import InputError
from ...records import Preprocessing
from . import hub
from .backend import keras
from .blocks import block_outputs
from .classifier import parts
from .devices import devices
from .functional import as_functional, check_finite, with_rgb_input
from .internals.encoders import has_attention
from .network import VisionNetwork
from .preprocessing import DEFAULT_SIZE, fitting_size, from_converter
from .resize import own_size, resized
from .save import PREPROCESSING, WEIGHTS

BACKBONE = "backbone.keras"
SUPPORTED_FORMS = (
    "give a folder with a KerasHub preset, with a timm or Hugging Face checkpoint (config.json, model.safetensors), "
    f"or with {BACKBONE} and {PREPROCESSING}"
)


def open_network(reference: str, folder: Path | None, extent: float | None, input_size: int | None) -> VisionNetwork:
    """A pretrained network.

    `folder` holds a KerasHub preset, a timm or Hugging Face checkpoint, `backbone.keras` with `preprocessing.json`, or
    a model that Thaw saved; None asks the hub for the preset or handle `reference`. The input size is `input_size`, or,
    where the network is convolutional, follows from `extent`, the median shorter side of the images in pixels.

    Raises:
        InputError: There is no such network, the hub cannot be reached, or the size does not fit.
    """
    with devices().scope():
        return _opened(reference, folder, extent, input_size)


def _opened(reference: str, folder: Path | None, extent: float | None, input_size: int | None) -> VisionNetwork:
    backbone, preprocessing = _from_folder(folder) if folder else _from_preset(hub.resolve_preset(reference), reference)
    check_finite(backbone, reference)
    if len(backbone.inputs) != 1 or len(backbone.inputs[0].shape) != 4 or len(backbone.outputs) != 1:
        raise InputError(
            f"{reference} is no network from one image to one output", "take an image classifier's backbone"
        )
    backbone = with_rgb_input(backbone)
    native = preprocessing.input_size
    size = input_size or (native if has_attention(backbone) else fitting_size(extent, native))
    fitted = resized(backbone, size)
    if fitted is None and input_size:
        raise InputError(
            f"{reference} takes images of {own_size(backbone)} pixels a side, not {size}", "leave its input size to it"
        )
    size = size if fitted is not None else own_size(backbone) or native
    return VisionNetwork(reference, fitted or backbone, preprocessing.model_copy(update={"input_size": size}))


def load_model(folder: Path) -> VisionNetwork:
    """A model that `Network.save` wrote, with its head."""
    with devices().scope():
        backbone, read, head = parts(_keras_model(folder / WEIGHTS))
        network = VisionNetwork(str(folder), backbone, Preprocessing.read(folder / PREPROCESSING))
    network.head = head
    if len(read) > 1:
        depth_of = {id(tensor): depth for depth, tensor in enumerate(block_outputs(backbone), start=1)}
        network.depths = tuple(depth_of[id(tensor)] for tensor in read)
    return network


def _from_file(file: Path) -> tuple[Any, Preprocessing]:
    """A Keras model with `preprocessing.json` beside it."""
    beside = file.with_name(PREPROCESSING)
    if not beside.exists():
        raise InputError(
            f"{file} does not say how its images were normalised",
            f"put {PREPROCESSING} beside it, with modality, input_size, mean, scale, layout, resize",
        )
    return _keras_model(file), Preprocessing.read(beside)


def _from_folder(folder: Path) -> tuple[Any, Preprocessing]:
    if folder.is_file():
        return _from_file(folder)
    if (folder / BACKBONE).exists():
        return _keras_model(folder / BACKBONE), Preprocessing.read(folder / PREPROCESSING)
    if (folder / WEIGHTS).exists():
        return parts(_keras_model(folder / WEIGHTS))[0], Preprocessing.read(folder / PREPROCESSING)
    if not (folder / "config.json").exists():
        raise InputError(f"{folder} holds no image network that Thaw knows", SUPPORTED_FORMS)
    return _from_preset(str(folder), str(folder))


def _from_preset(preset: str, reference: str) -> tuple[Any, Preprocessing]:
    import keras_hub

    try:
        backbone = keras_hub.models.Backbone.from_preset(preset)
    except (ValueError, TypeError, KeyError, OSError) as error:  # what KerasHub raises for what it cannot convert
        raise InputError(f"KerasHub cannot load {reference} ({_first_line(error)})", SUPPORTED_FORMS) from error
    return backbone, _preprocessing(preset, reference, own_size(backbone) or DEFAULT_SIZE)


def _preprocessing(preset: str, reference: str, native: int) -> Preprocessing:
    """The user's `preprocessing.json`, else what the preset's image converter does."""
    import keras_hub

    if Path(preset, PREPROCESSING).exists():
        return Preprocessing.read(Path(preset, PREPROCESSING))
    try:
        converter = keras_hub.layers.ImageConverter.from_preset(preset)
    except (FileNotFoundError, ValueError):  # the preset has none, or KerasHub none for this kind of network
        converter = None
    if converter is None:
        raise InputError(
            f"{reference} does not say how its images were normalised",
            f"add {PREPROCESSING} with modality, input_size, mean, scale, layout, resize",
        )
    return from_converter(converter, converter.image_size[0] if converter.image_size else native)


def _keras_model(path: Path) -> Any:
    """Keras's safe mode stays on: no code comes out of a file."""
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
        return as_functional(model, path)
    except InputError:
        raise
    except Exception as error:  # a damaged archive and a layer that is not known have many ways to show
        raise InputError(
            f"Keras cannot load {path} ({_first_line(error)})", "save it with model.save('….keras')"
        ) from error


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]
