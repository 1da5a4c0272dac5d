"""A tuned network as one plain Keras model, with what goes before and after it in JSON."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from .backend import keras
from .blocks import ends
from .head import apply
from .pooling import pool
from .precision import plain
from .preprocessing import normalisation

if TYPE_CHECKING:
    from .network import VisionNetwork

WEIGHTS, PREPROCESSING, CLASSES = "model.keras", "preprocessing.json", "classes.json"


def save(network: VisionNetwork, folder: Path, classes: Sequence[str]) -> None:
    """Write the three files aside, then move the folder in place whole; it must be empty or new."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        with plain([network.backbone]):
            pixels_to_logits(network).save(aside / WEIGHTS)
        undated(aside / WEIGHTS)
        network.preprocessing.write(aside / PREPROCESSING)
        (aside / CLASSES).write_text(json.dumps(list(classes), ensure_ascii=False, indent=2) + "\n")
        aside.chmod(0o755)
        aside.replace(folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def undated(path: Path) -> None:
    """Take the day of saving out of a .keras file: the same training gives the same bytes, and the same version."""
    undone = path.with_suffix(".dated")
    path.rename(undone)
    with zipfile.ZipFile(undone) as dated, zipfile.ZipFile(path, "w") as plain:
        for name in sorted(dated.namelist()):
            with dated.open(name) as source, plain.open(zipfile.ZipInfo(name), "w", force_zip64=True) as target:
                if name == "metadata.json":
                    metadata = json.load(source)
                    metadata.pop("date_saved", None)
                    target.write(json.dumps(metadata).encode())
                elif name == "config.json":
                    target.write(renumbered(source.read().decode()).encode())
                else:
                    shutil.copyfileobj(source, target)
    undone.unlink()


def renumbered(config: str) -> str:
    """Keras names shared objects by their address in memory: number them in order instead."""
    addresses = list(dict.fromkeys(re.findall(r'"shared_object_id": (\d+)', config)))
    places = {address: place for place, address in enumerate(addresses)}
    return re.sub(r'"shared_object_id": (\d+)', lambda found: f'"shared_object_id": {places[found[1]]}', config)


def pixels_to_logits(network: VisionNetwork) -> Any:
    """(n, size, size, 3) pixels in 0–255 to (n, classes) logits: any Keras user can load it and predict."""
    size = network.input_size
    pixels = keras.Input((size, size, 3), name="pixels")
    x = normalisation(network.preprocessing)(pixels)
    inner = reading(network)
    named = isinstance(inner.input, dict)
    outputs = inner(dict.fromkeys(inner.input, x) if named else x)
    return keras.Model(pixels, apply(network.head, pooled(network, outputs)), name="classifier")


def reading(network: VisionNetwork) -> Any:
    """The backbone, with an output for each depth that the head reads."""
    if len(network.depths) == 1:
        return network.backbone
    tensors = ends(network.backbone)
    read = [tensors[depth - 1] for depth in network.depths]
    return keras.Model(network.backbone.input, read, name=network.backbone.name)


def pooled(network: VisionNetwork, outputs: Any) -> Any:
    """What the head takes."""
    if len(network.depths) == 1:
        return pool(outputs, network.class_token)
    last = len(network.blocks)
    each = [
        pool(output, network.class_token and depth == last, f"pooling_{depth}")
        for depth, output in zip(network.depths, outputs, strict=True)
    ]
    return keras.layers.Concatenate(name="depths")(each)


def parts(model: Any) -> tuple[Any, list[Any], list[Any]]:
    """The backbone of such a model, the tensors that its head reads, and the head's layers."""
    inner = next(layer for layer in model.layers if isinstance(layer, keras.Model))
    backbone = keras.Model(inner.input, inner.outputs[-1], name=inner.name) if len(inner.outputs) > 1 else inner
    return backbone, inner.outputs, [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
