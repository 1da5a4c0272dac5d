"""Tokenizers of every kind that transformers reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from transformers import AutoTokenizer

from ...errors import InputError
from .adapters import base_reference, is_adapter
from .internals import let_sentencepiece_be_read
from .reading import is_saved_model, load_pretrained, saved_encoder

ROWS_PER_CHUNK = 1000
"""Rows that are tokenised at a time."""

UNLIMITED = 10**9
"""Tokens, more than any row has: what stands for no limit."""

SETTINGS = "tokenizer_config.json"
"""What every saved tokenizer has; an adapter without one reads as its base does."""
OTHER_FILES = ("tokenizer.json", "tiktoken.model", "tokenizer.model", "tekken.json")
"""Files of a vocabulary beside those that a tokenizer's class names."""


def load_tokenizer(reference: str, folder: Path | None) -> Any:
    """The tokenizer, which pads on the right with a token that it has.

    Raises:
        InputError: There is none, or it needs what is not installed.
    """
    if folder and is_adapter(folder):
        base, base_folder = base_reference(reference, folder)
        if not (folder / SETTINGS).is_file():
            return load_tokenizer(base, base_folder)
    options: dict[str, Any] = {}
    if folder and is_saved_model(folder):  # its config names code that need not be run to know the tokenizer
        options["config"] = saved_encoder(reference, folder)
    let_sentencepiece_be_read()
    tokenizer = load_pretrained(AutoTokenizer.from_pretrained, reference, folder, **options)
    if len(tokenizer) <= len(tokenizer.all_special_tokens) or not (folder is None or has_vocabulary(tokenizer, folder)):
        raise InputError(
            f"{reference} has no vocabulary",
            "add the tokenizer's files to the folder, such as tokenizer.json or a SentencePiece model",
        )
    tokenizer.padding_side = "right"
    if tokenizer.pad_token is None:
        tokenizer.pad_token = padding_token(tokenizer)
    return tokenizer


def has_vocabulary(tokenizer: Any, folder: Path) -> bool:
    """Whether one of the tokenizer's files is there; a tokenizer of bytes has none."""
    names = set((getattr(tokenizer, "vocab_files_names", None) or {}).values())
    return not names or any((folder / name).is_file() for name in names | set(OTHER_FILES))


def padding_token(tokenizer: Any) -> str:
    """What fills up shorter rows where the tokenizer names nothing: masked, so that any will do."""
    named = (tokenizer.eos_token, tokenizer.unk_token, tokenizer.bos_token)
    return next((token for token in named if token is not None), None) or str(tokenizer.convert_ids_to_tokens(0))


def token_counts(reference: str, folder: Path | None, raw: Sequence[str]) -> np.ndarray:
    """Tokens of each text, (rows,) int, special tokens included, without truncation."""
    tokenizer = load_tokenizer(reference, folder)
    tokenizer.model_max_length = UNLIMITED
    counts = np.empty(len(raw), np.int64)
    for start in range(0, len(raw), ROWS_PER_CHUNK):
        rows = range(start, min(start + ROWS_PER_CHUNK, len(raw)))
        counts[rows.start : rows.stop] = [len(ids) for ids in tokenizer([raw[i] for i in rows])["input_ids"]]
    return counts
