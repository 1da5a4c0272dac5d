"""What the engine takes from the insides of torch and transformers: names that no documentation promises.

Tried with torch 2.13.0, transformers 5.23.0 and peft 0.21.2. `tests/networks/torch/test_torch_internals.py` holds each
one to what is expected of it, and fails as soon as it has changed or is no longer needed. `modeling.py` has two hooks
of its own (`_supports_sdpa`, `_init_weights`), because saved models carry a copy of that file; they are tested there
too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from inspect import signature
from typing import Any

import torch
from torch import nn

OPTIMIZER_STATE = {"adamw": ("exp_avg", "exp_avg_sq"), "sgd": ("momentum_buffer",)}
"""Keys of the tensors that torch's optimizers keep for a parameter, beside `step`: checkpoints hold them by these."""

KEEP_BUFFERS: dict[str, Any] = {
    "forward_sync_buffers"
    if "forward_sync_buffers" in signature(nn.parallel.DistributedDataParallel).parameters
    else "broadcast_buffers": False
}
"""Keeps DistributedDataParallel from copying rank 0's buffers to the others before every forward pass: torch 2.13
deprecates the older of these names, and torch 2.8, the oldest that is allowed, does not have the newer."""

POSITION_OFFSETS = {"roberta": 2, "xlm-roberta": 2, "camembert": 2}
"""Rows of the position embeddings that no token uses, by `model_type`: these number positions from behind the padding
index, 1, and their configurations count the rows (https://github.com/huggingface/transformers/issues/1363)."""


def cpu_multiplies_bfloat16() -> bool:
    """Whether matrix products in bfloat16 are faster than in float32 on this CPU.

    The public `torch.cpu.get_capabilities` says the same, but torch 2.8, the oldest that is allowed, does not have it.
    """
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def remove_pooler(encoder: Any) -> None:
    """Drop the dense layer on the first token, which the mean of hidden states does not read.

    `add_pooling_layer=False` would do it, but most architectures' constructors raise TypeError for it; those that have
    a pooler look whether it is None.
    """
    if hasattr(encoder, "pooler"):
        encoder.pooler = None


@contextmanager
def layers_skipped(layers: Sequence[nn.Module], tuple_lengths: Sequence[int]) -> Iterator[None]:
    """Let layers hand on the hidden state that they are given.

    Masks, rotary embeddings and relative positions are made by the encoder around its layers, in a way of each
    architecture's own, so that none can be run from its middle; forward hooks can change what a layer takes and gives,
    but not keep it from computing.
    """
    for layer, length in zip(layers, tuple_lengths, strict=True):
        layer.forward = identity_forward(length)
    try:
        yield
    finally:
        for layer in layers:
            del layer.forward


def identity_forward(length: int) -> Callable[..., Any]:
    """A layer's forward that returns its input, first of a tuple of `length` (0: the bare tensor)."""

    def forward(hidden_states: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        return (hidden_states, *[None] * (length - 1)) if length else hidden_states

    return forward
