"""The blocks of a transformers encoder, and running only those above a cut.

Every encoder of the library keeps its layers in one ModuleList as long as `config.num_hidden_layers` says, and hands a
hidden state from one to the next. Masks, rotary embeddings and relative positions are made by the encoder around them;
so instead of rewriting each architecture's forward pass, the frozen layers hand on what they are given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from ...errors import InputError
from .internals import layers_skipped


class StopForward(Exception):
    """Raised inside the encoder when nothing above is needed."""


class EncoderBlocks:
    """Block 0 is the embeddings, block k layer k − 1; what follows the last layer (a final norm) belongs to it."""

    def __init__(self, encoder: nn.Module) -> None:
        self.encoder = encoder
        self.prefix, self.layers = find_layers(encoder)
        self.tuple_lengths = [0] * len(self.layers)
        """How many values a layer returns; 0 for a bare tensor."""

    @property
    def names(self) -> list[str]:
        return ["embeddings", *(f"{self.prefix.rsplit('.', 1)[-1]}.{i}" for i in range(len(self.layers)))]

    def block_of(self, parameter: str) -> int:
        """The block that the encoder's parameter of this name belongs to."""
        if parameter.startswith(self.prefix + "."):
            return 1 + int(parameter[len(self.prefix) + 1 :].split(".", 1)[0])
        # Behind the layers stands at most a final norm; shared embeddings and their norms feed every layer.
        behind = "final" in parameter or "norm" in parameter.split(".", 1)[0].lower()
        return len(self.layers) if behind else 0

    def modules(self, start: int, stop: int) -> Iterator[nn.Module]:
        """The modules of blocks start to stop − 1, whole layers; block 0 is all outside of them."""
        if start == 0 < stop:
            layer_modules = set(self.layers.modules())
            around = {m for m in self.encoder.modules() if self.layers in m.modules()}
            yield from (m for m in self.encoder.modules() if m not in layer_modules | around)
        yield from self.layers[max(start - 1, 0) : max(stop - 1, 0)]

    @contextmanager
    def hidden_states_observed(self, depths: set[int], observe: Callable[[int, torch.Tensor], None]) -> Iterator[None]:
        """Call `observe(depth, hidden)` for each depth below the last while the encoder runs."""
        hooks = []
        for depth in depths - {len(self.layers) + 1}:

            def hook(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], depth: int = depth) -> None:
                observe(depth, args[0] if args else kwargs["hidden_states"])

            hooks.append(self.layers[depth - 1].register_forward_pre_hook(hook, with_kwargs=True))
        try:
            yield
        finally:
            for hook_handle in hooks:
                hook_handle.remove()

    @contextmanager
    def started_from(self, cut: int, hidden: torch.Tensor) -> Iterator[None]:
        """Run the encoder from block `cut` up: layers below are skipped, the first above is given `hidden`."""

        def replaced(
            module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
        ) -> tuple[tuple[Any, ...], dict[str, Any]]:
            if args:
                return (hidden, *args[1:]), kwargs
            return args, {**kwargs, "hidden_states": hidden}

        hook_handle = self.layers[cut - 1].register_forward_pre_hook(replaced, with_kwargs=True)
        try:
            with layers_skipped(self.layers[: cut - 1], self.tuple_lengths[: cut - 1]):
                yield
        finally:
            hook_handle.remove()

    @torch.inference_mode()
    def measure_tuple_lengths(self, token: int) -> None:
        """Find out whether the layers of this architecture return tensors or tuples (how long), by one short pass."""

        def hook(module: nn.Module, args: Any, output: Any, index: int = 0) -> None:
            self.tuple_lengths[index] = len(output) if isinstance(output, tuple) else 0

        hooks = [
            layer.register_forward_hook(lambda m, a, o, i=i: hook(m, a, o, i)) for i, layer in enumerate(self.layers)
        ]
        ids = torch.full((1, 4), token, device=next(self.encoder.parameters()).device)
        self.encoder(input_ids=ids, attention_mask=torch.ones_like(ids))
        for hook_handle in hooks:
            hook_handle.remove()


def find_layers(encoder: nn.Module) -> tuple[str, nn.ModuleList]:
    """The name and list of the encoder's layers."""
    count = getattr(encoder.config, "num_hidden_layers", 0)
    for name, module in encoder.named_modules():
        if isinstance(module, nn.ModuleList) and len(module) == count > 0:
            return name, module
    raise InputError(
        f"the network's architecture ({type(encoder).__name__}) has no plain stack of layers",
        "take an encoder such as BERT, RoBERTa, DeBERTa or ModernBERT",
    )
