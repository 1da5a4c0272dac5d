"""What the engine takes from the insides of torch and transformers: names that no documentation promises.

Tried with torch 2.13.0, transformers 5.23.0 and peft 0.21.2. `tests/networks/torch/test_torch_internals.py` holds each
one to what is expected of it, and fails as soon as it has changed or is no longer needed. `modeling.py` has two hooks
of its own (`_supports_sdpa`, `_init_weights`), because saved models carry a copy of that file; they are tested there
too.
"""

from __future__ import annotations

import importlib
import sys
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


STATE_SPACE_MODELS = ("mamba", "mamba2", "falcon_mamba", "falcon_h1", "nemotron_h")
"""Types whose `out_proj` PEFT refuses to adapt: their kernels take its weight without calling it."""


def let_sentencepiece_be_read() -> None:
    """Give transformers its own description of SentencePiece files where that of sentencepiece cannot be loaded.

    sentencepiece 0.2.3 brings one that wants protobuf 7, and kfp 2.17 wants protobuf below 7; transformers takes that
    of an installed sentencepiece before its own, and fails with every SentencePiece model.
    """
    try:
        importlib.import_module(SENTENCEPIECE_FILES)
    except ImportError:
        return
    except Exception:  # protobuf's VersionError, which has no base of its own
        sys.modules[SENTENCEPIECE_FILES] = importlib.import_module("transformers.utils.sentencepiece_model_pb2_new")


SENTENCEPIECE_FILES = "sentencepiece.sentencepiece_model_pb2"


def cpu_multiplies_bfloat16() -> bool:
    """Whether matrix products in bfloat16 are faster than in float32 on this CPU.

    The public `torch.cpu.get_capabilities` says the same, but torch 2.8, the oldest that is allowed, does not have it.
    """
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def position_offset(encoder: nn.Module) -> int:
    """Rows of the position embeddings that no token uses.

    RoBERTa and its kin number positions from behind the padding index, 1, and their configurations count the rows
    (https://github.com/huggingface/transformers/issues/1363). Their tables have that index, those of others have none.
    """
    for name, module in encoder.named_modules():
        if isinstance(module, nn.Embedding) and name.endswith("position_embeddings") and module.padding_idx is not None:
            return int(module.padding_idx) + 1
    return 0


@contextmanager
def layers_skipped(
    layers: Sequence[nn.Module], tuple_lengths: Sequence[int], hands_on_more: bool = False
) -> Iterator[None]:
    """Let layers hand on the hidden state that they are given.

    Masks, rotary embeddings and relative positions are made by the encoder around its layers, in a way of each
    architecture's own, so that none can be run from its middle; forward hooks can change what a layer takes and gives,
    but not keep it from computing. Where layers hand on more than the hidden state (T5's first one makes the position
    biases of all), the first runs for that.
    """
    more: list[Any] = []
    for layer, length in zip(layers, tuple_lengths, strict=True):
        layer.forward = identity_forward(length, layer.forward if hands_on_more else None, more)
    try:
        yield
    finally:
        for layer in layers:
            del layer.forward


def identity_forward(length: int, forward: Callable[..., Any] | None, more: list[Any]) -> Callable[..., Any]:
    """A layer's forward that returns its input, first of a tuple of `length` (0: the bare tensor).

    The others are `more`, which `forward` fills where it is given and they are not there yet.
    """

    def identity(*args: Any, **kwargs: Any) -> Any:
        hidden_states = args[0] if args else kwargs.get("hidden_states", kwargs.get("hidden_state"))
        if forward is not None and length and not more:
            with torch.no_grad():
                more.extend(forward(*args, **kwargs)[1:])
        return (hidden_states, *(more or [None] * (length - 1))) if length else hidden_states

    return identity
