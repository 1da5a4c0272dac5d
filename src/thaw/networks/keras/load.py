"""Networks from folders and hubs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...errors import InputError
from ...records import Preprocessing
from . import hub, precision
from .backend import keras
from .blocks import block_outputs
from .classifier import parts
from .devices import devices
from .functional import (
    as_functional,
    check_form,
    check_weights,
    normalises_itself,
    opened,
    with_rgb_input,
    without_classifier,
)
from .internals.checkpoint import watched
from .internals.encoders import has_attention
from .network import VisionNetwork
from .preprocessing import DEFAULT_SIZE, fitting_size, from_converter, image_preprocessing
from .resize import own_size, resized
from .save import CLASSES, PREPROCESSING, WEIGHTS

BACKBONE = "backbone.keras"
SUPPORTED_FORMS = (
    "give a folder with a KerasHub preset, with a timm or Hugging Face checkpoint (config.json, model.safetensors), "
    f"or with {BACKBONE} and {PREPROCESSING}"
)


def open_network(reference: str, folder: Path | None, extent: float | None, input_size: int | None) -> VisionNetwork:
    """A pretrained network.

    `folder` holds a KerasHub preset, a timm or Hugging Face checkpoint, one `.keras` file with `preprocessing.json`, or
    a model that Thaw saved, or it is a model's file itself; None asks the hub for the preset or handle `reference`. The
    input size is `input_size`, or, where the network is convolutional, follows from `extent`, the median shorter side
    of the images in pixels.

    Raises:
        InputError: There is no such network, the hub cannot be reached, or the size does not fit.
    """
    with devices().scope():
        return _opened(reference, folder, extent, input_size)


def _opened(reference: str, folder: Path | None, extent: float | None, input_size: int | None) -> VisionNetwork:
    backbone, preprocessing = _from_path(folder) if folder else _from_preset(hub.resolve_preset(reference), reference)
    check_form(backbone, reference)
    check_weights(backbone, reference)
    precision.set_policy([backbone], precision.FLOAT32)
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


def _from_path(path: Path) -> tuple[Any, Preprocessing]:
    """The network in a file, or in a folder of one of the supported forms."""
    if path.is_file():
        return _from_file(path)
    if (path / WEIGHTS).exists() and (path / CLASSES).exists():
        return parts(_keras_model(path / WEIGHTS))[0], Preprocessing.read(path / PREPROCESSING)
    files = [path / BACKBONE] if (path / BACKBONE).exists() else sorted(path.glob("*.keras"))
    if len(files) == 1:
        return _from_file(files[0])
    if not (path / "config.json").exists():
        raise InputError(f"{path} holds no image network that Thaw knows", _remedy(path))
    return _from_preset(str(path), str(path))


def _from_file(file: Path) -> tuple[Any, Preprocessing]:
    """A Keras model without its classifier, and `preprocessing.json` beside it unless it normalises itself."""
    model = _keras_model(file)
    check_form(model, str(file))
    backbone = without_classifier(opened(model))
    beside, size = file.with_name(PREPROCESSING), own_size(backbone) or DEFAULT_SIZE
    if beside.exists():
        return backbone, Preprocessing.read(beside)
    if normalises_itself(backbone):
        return backbone, image_preprocessing(size, (0.0,) * 3, (1.0,) * 3)
    raise InputError(
        f"{file} does not say how its images were normalised",
        f"put {PREPROCESSING} beside it, with modality, input_size, mean, scale, layout, resize",
    )


def _remedy(path: Path) -> str:
    """What to do about a folder without a network that can be read."""
    if (path / "saved_model.pb").exists():
        return f"Keras trains no SavedModel: load it where it was made, and save it as {BACKBONE} with {PREPROCESSING}"
    return SUPPORTED_FORMS


def _from_preset(preset: str, reference: str) -> tuple[Any, Preprocessing]:
    import keras_hub

    _require_weights(Path(preset))
    try:
        with watched() as reading:
            backbone = keras_hub.models.Backbone.from_preset(preset)
    except Exception as error:  # KerasHub's converters fail in many ways at what they were not made for
        raise InputError(f"KerasHub cannot load {reference} ({_first_line(error)})", SUPPORTED_FORMS) from error
    if problem := reading.problem(backbone):
        raise InputError(f"{reference} cannot be loaded: {problem}", "give all files of one pretrained network")
    return opened(backbone), _preprocessing(preset, reference, own_size(backbone) or DEFAULT_SIZE)


def _require_weights(folder: Path) -> None:
    """Refuses a folder whose weights are in PyTorch's own format.

    Raises:
        InputError: There are `.bin` files, and no others.
    """
    pickles = sorted(folder.glob("*.bin"))
    if pickles and not any(folder.glob("*.safetensors")):
        raise InputError(
            f"{folder} has its weights in {pickles[0].name} alone",
            "save it as model.safetensors, as save_pretrained does where it is loaded by transformers or timm",
        )


def _preprocessing(preset: str, reference: str, native: int) -> Preprocessing:
    """The user's `preprocessing.json`, else what the preset's image converter does."""
    import keras_hub

    if Path(preset, PREPROCESSING).exists():
        return Preprocessing.read(Path(preset, PREPROCESSING))
    try:
        converter = keras_hub.layers.ImageConverter.from_preset(preset)
    except Exception:  # the preset has none, or KerasHub none for this kind of network
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
