"""The networks known by name. Anything else is a folder, `gs://…`, or a handle of the network's hub (`hf://…`)."""

from __future__ import annotations

from dataclasses import dataclass

from ..records import Modality


@dataclass(frozen=True)
class Known:
    modality: Modality
    handle: str
    """KerasHub preset (images), or Hugging Face model (text)."""


KNOWN: dict[str, Known] = {
    "vgg16": Known("image", "vgg_16_imagenet"),
    "resnet50": Known("image", "resnet_50_imagenet"),
    "efficientnet-lite0": Known("image", "efficientnet_lite0_ra_imagenet"),
    "efficientnet-b0": Known("image", "efficientnet_b0_ra_imagenet"),
    "mobilenet-v3": Known("image", "mobilenet_v3_large_100_imagenet"),
    "densenet121": Known("image", "densenet_121_imagenet"),
    "vit-b16": Known("image", "vit_base_patch16_224_imagenet21k"),
    "deit-s16": Known("image", "deit_small_distilled_patch16_224_imagenet"),
    "dinov2-s14": Known("image", "dinov2_small"),
    "minilm": Known("text", "sentence-transformers/all-MiniLM-L6-v2"),
    "bert-base-uncased": Known("text", "google-bert/bert-base-uncased"),
    "distilbert": Known("text", "distilbert/distilbert-base-uncased"),
    "roberta": Known("text", "FacebookAI/roberta-base"),
    "deberta-v3": Known("text", "microsoft/deberta-v3-base"),
    "modernbert": Known("text", "answerdotai/ModernBERT-base"),
}

DEFAULT: dict[Modality, str] = {"image": "efficientnet-lite0", "text": "minilm"}
