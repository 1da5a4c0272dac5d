"""Tokenizers and encoders from a local folder or the hub."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from transformers import AutoConfig, AutoModel, AutoTokenizer

from ...errors import InputError
from ..hub import hugging_face
from .internals import POSITION_OFFSETS, remove_pooler
from .modeling import MeanPooledClassifier, MeanPooledConfig

ROWS_PER_CHUNK = 1000
"""Rows that are tokenised at a time."""


def load_tokenizer(reference: str, folder: Path | None) -> Any:
    if folder and is_saved_model(folder):  # its config names code that need not be run to know the tokenizer
        encoder = json.loads((folder / "config.json").read_text())["encoder"]
        return AutoTokenizer.from_pretrained(folder, config=AutoConfig.for_model(**encoder))
    tokenizer = load_pretrained(AutoTokenizer.from_pretrained, reference, folder)
    if len(tokenizer) <= len(tokenizer.all_special_tokens):
        raise InputError(f"{reference} has no vocabulary", "add the tokenizer's files to the folder")
    return tokenizer


def load_encoder(reference: str, folder: Path | None) -> Any:
    if folder and is_saved_model(folder):
        return load_pretrained(MeanPooledClassifier.from_pretrained, reference, folder, use_safetensors=True).encoder
    encoder = load_pretrained(AutoModel.from_pretrained, reference, folder, use_safetensors=True)
    remove_pooler(encoder)
    return encoder


def load_pretrained(load: Callable[..., Any], reference: str, folder: Path | None, **options: Any) -> Any:
    """What `load` makes of the folder or of the hub's files.

    Raises:
        InputError: `load` fails: the files are the user's.
    """
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


def is_saved_model(folder: Path) -> bool:
    """Whether `Network.save` wrote the folder."""
    try:
        model_type = json.loads((folder / "config.json").read_text())["model_type"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(model_type == MeanPooledConfig.model_type)


def token_counts(reference: str, folder: Path | None, raw: Sequence[str]) -> np.ndarray:
    """Tokens of each text, (rows,) int, special tokens included, without truncation."""
    tokenizer = load_tokenizer(reference, folder)
    tokenizer.model_max_length = int(1e9)
    counts = np.empty(len(raw), np.int64)
    for start in range(0, len(raw), ROWS_PER_CHUNK):
        rows = range(start, min(start + ROWS_PER_CHUNK, len(raw)))
        counts[rows.start : rows.stop] = [len(ids) for ids in tokenizer([raw[i] for i in rows])["input_ids"]]
    return counts


def max_tokens(tokenizer: Any, encoder: Any) -> int:
    """Tokens of the longest row that the encoder can read, special tokens included."""
    positions = getattr(encoder.config, "max_position_embeddings", 512)
    offset = POSITION_OFFSETS.get(encoder.config.model_type, 0)
    return int(min(positions - offset, tokenizer.model_max_length))
