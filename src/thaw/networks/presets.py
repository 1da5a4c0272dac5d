"""Networks with a short name. Others are given as a folder, `gs://…`, or a handle of their hub (`hf://…`)."""

from __future__ import annotations

from dataclasses import dataclass

from ..records import Modality


@dataclass(frozen=True)
class Preset:
    modality: Modality
    handle: str
    """KerasHub preset (images), or Hugging Face model (text)."""


PRESETS: dict[str, Preset] = {
    "vgg16": Preset("image", "vgg_16_imagenet"),
    "resnet50": Preset("image", "resnet_50_imagenet"),
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
