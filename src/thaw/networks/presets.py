"""Networks with a short name. Others are given as a folder, `gs://…`, or a handle of their hub (`hf://…`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from ..records import Modality


@dataclass(frozen=True)
class Preset:
    modality: Modality
    handle: str
    """KerasHub preset (images), or Hugging Face model (text)."""


PRESETS: dict[str, Preset] = {
    "vgg16": Preset("image", "vgg_16_imagenet"),
    "resnet50": Preset("image", "resnet_50_imagenet"),
    "lite0": Preset("image", "efficientnet_lite0_ra_imagenet"),
    "efficientnet-lite0": Preset("image", "efficientnet_lite0_ra_imagenet"),
    "efficientnet-b0": Preset("image", "efficientnet_b0_ra_imagenet"),
    "mobilenet-v3": Preset("image", "mobilenet_v3_large_100_imagenet"),
    "densenet121": Preset("image", "densenet_121_imagenet"),
    "vit-b16": Preset("image", "vit_base_patch16_224_imagenet21k"),
    "deit-s16": Preset("image", "deit_small_distilled_patch16_224_imagenet"),
    "dinov2-s14": Preset("image", "dinov2_small"),
    "minilm": Preset("text", "sentence-transformers/all-MiniLM-L6-v2"),
    "bert-base-uncased": Preset("text", "google-bert/bert-base-uncased"),
    "distilbert": Preset("text", "distilbert/distilbert-base-uncased"),
    "roberta": Preset("text", "FacebookAI/roberta-base"),
    "deberta-v3": Preset("text", "microsoft/deberta-v3-base"),
    "modernbert": Preset("text", "answerdotai/ModernBERT-base"),
}

DEFAULT: dict[Modality, str] = {"image": "efficientnet-lite0", "text": "minilm"}

Source = Literal["hub", "index"]

SOURCES: dict[str, tuple[tuple[Source, str], ...]] = {
    "minilm": (("hub", "minilm"), ("index", "minilm")),
    "efficientnet-lite0": (("hub", "efficientnet-lite0"), ("index", "lite0")),
    "lite0": (("index", "lite0"), ("hub", "efficientnet-lite0")),
}
"""Where a known name is looked for, in this order, and the name of what is found there.

The two Lite0 were trained apart: a name leads to its own weights first, and where it leads to the other's, the run goes
on by the other's name.
"""


def preset_names(modality: Modality) -> str:
    return ", ".join(name for name, preset in PRESETS.items() if preset.modality == modality)


def nearest_name(name: str, others: Iterable[str] = ()) -> str:
    """A known name, or one of `others`, that is spelled much the same, as a question; empty where there is none.

    >>> nearest_name("MiniML"), nearest_name("efficientnet_b0"), nearest_name("my-own-network")
    (' (did you mean minilm?)', ' (did you mean efficientnet-b0?)', '')
    """
    near = get_close_matches(name.lower(), [*PRESETS, *others], n=1, cutoff=0.75)
    return f" (did you mean {near[0]}?)" if near and near[0] != name else ""
