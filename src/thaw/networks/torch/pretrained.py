"""Encoders from a local folder or the hub."""

from __future__ import annotations

import re
from inspect import signature
from pathlib import Path
from typing import Any

import torch
from transformers import MODEL_MAPPING, AutoConfig, AutoModel, PretrainedConfig

from ...errors import InputError
from .adapters import base_reference, is_adapter, merge_adapter
from .examples import padded_length
from .internals import position_offset
from .modeling import MeanPooledClassifier, remove_pooler, text_encoder
from .reading import is_saved_model, load_pretrained, saved_encoder
from .tokenizers import UNLIMITED
from .vocabulary import grow_embedding
from .weights import check_weights, refuse_without_weights

DEFAULT_POSITIONS = 512
"""Tokens of the longest row where an architecture sets no limit (relative positions): T5 was trained on so many."""


SENSES = re.compile("vision|image|video|audio|speech|acoustic|codec|protein|backbone|vq_")
"""Names of a configuration's parts that describe what sees or hears."""


def load_encoder(reference: str, folder: Path | None, tokenizer: Any) -> tuple[Any, dict[str, Any]]:
    """The encoder in float32, every tensor of it from the files, with a vector for each of the tokenizer's tokens.

    Beside it the settings of the model that it is, or a part of: what the same modules can be built by.

    Raises:
        InputError: There is none that can be read, or not all of it.
    """
    if folder and is_saved_model(folder):
        classifier = load_classifier(reference, folder)
        return classifier.encoder, classifier.config.encoder
    if folder and is_adapter(folder):
        base, base_folder = base_reference(reference, folder)
        model = merge_adapter(reference, load_model(base, base_folder), folder)
    else:
        model = load_model(reference, folder)
    grow_embedding(reference, model, tokenizer)
    return encoder_of(model), model.config.to_dict() | {"model_type": model.config.model_type}


def load_classifier(reference: str, folder: Path) -> MeanPooledClassifier:
    """A model that `Network.save` wrote, by this package's class whatever code lies beside it."""
    saved_encoder(reference, folder)
    options = {"use_safetensors": True, "output_loading_info": True, "ignore_mismatched_sizes": True}
    model, loading = load_pretrained(MeanPooledClassifier.from_pretrained, reference, folder, **options)
    check_weights(reference, model, model, loading)
    return model


def load_model(reference: str, folder: Path | None) -> Any:
    """The whole model that the files are of, its weights checked as far as the encoder goes."""
    refuse_unless_it_reads_text(reference, load_pretrained(AutoConfig.from_pretrained, reference, folder))
    if folder:
        refuse_without_weights(reference, folder)
    model, loading = load_pretrained(
        AutoModel.from_pretrained,
        reference,
        folder,
        dtype=torch.float32,
        weights_only=True,
        ignore_mismatched_sizes=True,  # refused below, where the tensors are used
        output_loading_info=True,
    )
    if not hasattr(encoder_of(model), "config"):
        raise InputError(f"{reference} has an encoder that cannot be saved by itself", "take one such as BART or T5")
    check_weights(reference, model, encoder_of(model), loading)
    return model


def refuse_unless_it_reads_text(reference: str, config: Any) -> None:
    """Raises InputError for a network that takes something else than tokens, before its weights are read."""
    kind = load_pretrained(lambda *place, **options: model_class(config), reference, Path())
    senses = [name for name, part in vars(config).items() if isinstance(part, PretrainedConfig) and SENSES.search(name)]
    if kind is None or senses or "input_ids" not in signature(kind.forward).parameters:
        raise InputError(
            f"{reference} is a network of the kind {config.model_type}, which does not read text alone",
            "give an encoder of text, such as BERT, or the part of this one that reads text",
        )


def model_class(config: Any) -> Any:
    """The class that `AutoModel` takes for the configuration; None where there is none."""
    model = MODEL_MAPPING.get(type(config), None)
    return model[0] if isinstance(model, tuple) else model


def encoder_of(model: Any) -> Any:
    """The part of the model that is used, without what stands on top of it."""
    encoder = text_encoder(model)
    remove_pooler(encoder)
    return encoder


def max_tokens(tokenizer: Any, encoder: Any) -> int:
    """Tokens of the longest row that the encoder can read as it is padded, special tokens included."""
    positions = getattr(encoder.config.get_text_config(), "max_position_embeddings", None)
    limited = isinstance(positions, int) and positions > 0
    longest = int(positions or 0) - position_offset(encoder) if limited else DEFAULT_POSITIONS
    fitting = next(size for size in range(longest, 0, -1) if padded_length(size) <= longest)
    return int(min(fitting, tokenizer.model_max_length or UNLIMITED))
