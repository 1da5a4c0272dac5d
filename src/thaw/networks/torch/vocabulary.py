"""Words and vectors: every id that a tokenizer can give has a row of the embedding."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ...errors import InputError


def embedding_rows(encoder: Any) -> int | None:
    """Rows of the input embedding; None where there is no table."""
    try:
        table = encoder.get_input_embeddings()
    except (NotImplementedError, AttributeError):
        return None
    weight = getattr(table, "weight", None)
    return len(weight) if isinstance(weight, torch.Tensor) and weight.ndim == 2 else None


def grow_embedding(reference: str, model: Any, tokenizer: Any) -> None:
    """Give each token that was added to the vocabulary a vector, the mean of all others'.

    Raises:
        InputError: The vocabulary itself is larger than the embedding, or the architecture's cannot grow.
    """
    rows, words = embedding_rows(model), largest_id(tokenizer) + 1
    if rows is None or words <= rows:
        return
    own = [i for i in tokenizer.get_vocab().values() if i >= rows and i not in tokenizer.added_tokens_decoder]
    if own:
        raise InputError(
            f"the tokenizer in {reference} has a vocabulary of {words} tokens, the network vectors for {rows}",
            "give the tokenizer that belongs to the network",
        )
    try:
        model.resize_token_embeddings(words, mean_resizing=False)
        table = model.get_input_embeddings().weight
    except (
        Exception
    ) as error:  # each architecture resizes in a way of its own, or says in one of its own that it cannot
        raise cannot_grow(reference, words, rows) from error
    if len(table) != words or not isinstance(model.get_input_embeddings(), nn.Embedding):
        raise cannot_grow(reference, words, rows)
    with torch.no_grad():
        table[rows:] = table[:rows].mean(0)


def cannot_grow(reference: str, words: int, rows: int) -> InputError:
    return InputError(
        f"the tokenizer in {reference} has {words - rows} added tokens beyond the network's {rows} vectors, and this "
        "architecture's embedding cannot grow",
        "remove the added tokens, or give a network that was saved with vectors for them",
    )


def largest_id(tokenizer: Any) -> int:
    return max(tokenizer.get_vocab().values(), default=-1)
