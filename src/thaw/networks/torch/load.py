"""Open a pretrained encoder, or a model that Thaw saved."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InputError
from ...records import Preprocessing
from ..hub import hugging_face

BUCKETS = (32, 64, 128, 256)
"""Most tokens of a row, rounded up to one of these: past 256 a row costs more than it brings in most tasks."""


def tokenizer_of(reference: str, folder: Path | None) -> Any:
    from transformers import AutoConfig, AutoTokenizer

    if folder and is_ours(folder):  # its config names code that need not be run to know the tokenizer
        encoder = json.loads((folder / "config.json").read_text())["encoder"]
        return AutoTokenizer.from_pretrained(folder, config=AutoConfig.for_model(**encoder))
    tokenizer = loading(AutoTokenizer.from_pretrained, reference, folder)
    if len(tokenizer) <= len(tokenizer.all_special_tokens):
        raise InputError(f"{reference} has no vocabulary", "add the tokenizer's files to the folder")
    return tokenizer


def loading(load: Any, reference: str, folder: Path | None, **options: Any) -> Any:
    """Load from a folder or the hub; what fails is the user's to mend."""
    name = reference.removeprefix("hf://")
    try:
        return load(str(folder or hugging_face(name, reference) or name), **options)
    except InputError:
        raise
    except Exception as error:  # of transformers, tokenizers and safetensors: a damaged file has many ways to show
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]
        raise InputError(
            f"{reference} holds no text network that can be loaded ({reason})",
            "give an encoder as save_pretrained writes it: config.json, model.safetensors and the tokenizer's files",
        ) from error


def extents(reference: str, folder: Path | None, raw: Sequence[str]) -> np.ndarray:
    """Tokens of each text, (rows,) int, special tokens included, without truncation."""
    tokenizer = tokenizer_of(reference, folder)
    tokenizer.model_max_length = int(1e9)
    found = np.empty(len(raw), np.int64)
    for start in range(0, len(raw), 1000):
        rows = range(start, min(start + 1000, len(raw)))
        found[rows.start : rows.stop] = [len(ids) for ids in tokenizer([raw[i] for i in rows])["input_ids"]]
    return found


def open_network(reference: str, folder: Path | None, extent: float | None, input_size: int | None) -> Any:
    """`extent` is the 98th percentile of the rows' tokens; `input_size` overrules what would follow from it."""
    from transformers import AutoModel

    from .modeling import MeanPooledClassifier, MeanPooledConfig
    from .network import TextNetwork

    tokenizer = tokenizer_of(reference, folder)
    if folder and is_ours(folder):
        encoder = loading(MeanPooledClassifier.from_pretrained, reference, folder, use_safetensors=True).encoder
    else:
        encoder = loading(AutoModel.from_pretrained, reference, folder, use_safetensors=True)
        if hasattr(encoder, "pooler"):
            encoder.pooler = None
    most = most_tokens(tokenizer, encoder)
    size = min(input_size or bucket(extent), most)
    config = MeanPooledConfig(encoder.config.to_dict(), num_labels=2)
    return TextNetwork(reference, MeanPooledClassifier(config, encoder), tokenizer, size)


def load_model(folder: Path) -> Any:
    from .modeling import MeanPooledClassifier
    from .network import TextNetwork

    classifier = MeanPooledClassifier.from_pretrained(folder, use_safetensors=True)
    input_size = Preprocessing.read(folder / "preprocessing.json").input_size
    return TextNetwork(str(folder), classifier, tokenizer_of(str(folder), folder), input_size)


def is_ours(folder: Path) -> bool:
    from .modeling import MeanPooledConfig

    try:
        return json.loads((folder / "config.json").read_text())["model_type"] == MeanPooledConfig.model_type
    except (OSError, ValueError, KeyError, TypeError):
        return False


def bucket(extent: float | None) -> int:
    """
    >>> bucket(40), bucket(3000)
    (64, 256)
    """
    return next((size for size in BUCKETS if extent is not None and extent <= size), BUCKETS[-1])


def most_tokens(tokenizer: Any, encoder: Any) -> int:
    """What the position embeddings reach; RoBERTa's begin behind the padding index."""
    positions = getattr(encoder.config, "max_position_embeddings", 512)
    offset = 2 if encoder.config.model_type in ("roberta", "xlm-roberta", "camembert") else 0
    return int(min(positions - offset, tokenizer.model_max_length))
