"""Open a pretrained encoder, or a model that Thaw saved."""

from __future__ import annotations

from pathlib import Path

from ...records import Preprocessing
from .examine import examine
from .make_tuner import make_tuner
from .modeling import MeanPooledClassifier, MeanPooledConfig
from .network import TextNetwork
from .pretrained import load_classifier, load_encoder, max_tokens
from .tokenizers import load_tokenizer

INPUT_SIZES = (32, 64, 128, 256)
"""Tokens that rows are cut at: past 256 a row costs more than it brings in most tasks."""


def open_network(reference: str, folder: Path | None, extent: float | None, input_size: int | None) -> TextNetwork:
    """`extent` is the 98th percentile of the rows' tokens; `input_size` overrules what would follow from it."""
    tokenizer = load_tokenizer(reference, folder)
    encoder, settings = load_encoder(reference, folder, tokenizer)
    examined = examine(reference, encoder, tokenizer)
    size = min(input_size or default_input_size(extent), max_tokens(tokenizer, encoder))
    config = MeanPooledConfig(settings, num_labels=2, width=examined.stack.widths[-1])
    classifier = MeanPooledClassifier(config, encoder)
    return TextNetwork(reference, classifier, tokenizer, size, examined, make_tuner)


def load_model(folder: Path) -> TextNetwork:
    reference = str(folder)
    tokenizer, classifier = load_tokenizer(reference, folder), load_classifier(reference, folder)
    input_size = Preprocessing.read(folder / "preprocessing.json").input_size
    examined = examine(reference, classifier.encoder, tokenizer)
    return TextNetwork(reference, classifier, tokenizer, input_size, examined, make_tuner)


def default_input_size(extent: float | None) -> int:
    """
    >>> default_input_size(40), default_input_size(3000)
    (64, 256)
    """
    return next((size for size in INPUT_SIZES if extent is not None and extent <= size), INPUT_SIZES[-1])
