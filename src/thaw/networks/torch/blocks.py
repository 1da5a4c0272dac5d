"""The blocks of a transformers encoder, and running only those above a cut.

Every encoder that is taken hands a hidden state from one layer of a list to the next. Masks, rotary embeddings and
relative positions are made by the encoder around them; so instead of rewriting each architecture's forward pass, the
frozen layers hand on what they are given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from .internals import layers_skipped
from .stack import Stack, hidden_keyword


class StopForward(Exception):
    """Raised inside the encoder when nothing above is needed."""


class EncoderBlocks:
    """Block 0 is the embeddings, block k layer k − 1; what follows a layer (a final norm) belongs to it.

    A layer that stands in several places, as ALBERT's one does in all twelve, is one block of as many passes: its
    weights cannot be frozen in one place and trained in another.
    """

    def __init__(self, encoder: nn.Module, stack: Stack) -> None:
        self.encoder, self.stack = encoder, stack
        self.prefix, self.layers = stack.prefix, stack.layers

    @property
    def names(self) -> list[str]:
        return ["embeddings", *(f"{self.prefix.rsplit('.', 1)[-1]}.{i}" for i in range(len(self.layers)))]

    def width(self, depth: int) -> int:
        """Numbers of a token's state after so many blocks."""
        return self.stack.widths[depth - 1]

    def block_of(self, parameter: str) -> int:
        """The block that the encoder's parameter of this name belongs to."""
        if parameter.startswith(self.prefix + "."):
            return 1 + int(parameter[len(self.prefix) + 1 :].split(".", 1)[0])
        module = parameter
        while module and module not in self.stack.started:
            module = module.rpartition(".")[0]
        return self.stack.started.get(module, 0)

    def modules(self, start: int, stop: int) -> Iterator[nn.Module]:
        """The modules of blocks start to stop − 1, whole layers; block 0 is all outside of them."""
        if start == 0 < stop:
            layer_modules = {m for layer in self.layers for m in layer.modules()}
            around = set(self.around())
            yield from (m for m in self.encoder.modules() if m not in layer_modules | around)
        yield from self.layers[max(start - 1, 0) : max(stop - 1, 0)]

    def around(self) -> Iterator[nn.Module]:
        """The modules that the list of layers lies in, and itself."""
        layers = self.encoder.get_submodule(self.prefix)
        return (m for m in self.encoder.modules() if layers in m.modules())

    @contextmanager
    def hidden_states_observed(self, depths: set[int], observe: Callable[[int, torch.Tensor], None]) -> Iterator[None]:
        """Call `observe(depth, hidden)` for each depth below the last while the encoder runs once.

        `hidden` is (rows, tokens, width), with more tokens where the encoder pads rows by itself.
        """
        seen: set[int] = set()
        hooks = []
        for depth in depths - {len(self.layers) + 1}:

            def hook(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], depth: int = depth) -> None:
                if depth not in seen:  # a shared layer is given a hidden state more than once
                    seen.add(depth)
                    observe(depth, self.turned(args[0] if args else kwargs[hidden_keyword(kwargs)]))

            hooks.append(self.layers[depth - 1].register_forward_pre_hook(hook, with_kwargs=True))
        try:
            yield
        finally:
            for hook_handle in hooks:
                hook_handle.remove()

    @contextmanager
    def started_from(self, cut: int, hidden: torch.Tensor) -> Iterator[None]:
        """Run the encoder once from block `cut` up: layers below are skipped, the first above is given `hidden`."""
        replaced: list[bool] = []

        def replace(
            module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
        ) -> tuple[tuple[Any, ...], dict[str, Any]]:
            if replaced:
                return args, kwargs
            replaced.append(True)
            keyword = hidden_keyword(kwargs)
            given = padded(self.turned(hidden), args[0] if args else kwargs[keyword])
            return ((given, *args[1:]), kwargs) if args else (args, {**kwargs, keyword: given})

        hook_handle = self.layers[cut - 1].register_forward_pre_hook(replace, with_kwargs=True)
        skipped, lengths = self.layers[: cut - 1], self.stack.tuple_lengths[: cut - 1]
        try:
            with layers_skipped(skipped, lengths, self.stack.hands_on_more):
                yield
        finally:
            hook_handle.remove()

    def turned(self, hidden: torch.Tensor) -> torch.Tensor:
        """Rows first to the stack's own order, and back."""
        return hidden.transpose(0, 1) if self.stack.tokens_first else hidden


def padded(hidden: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """`hidden` with zeros behind its last token, where the encoder has padded the rows by itself."""
    missing = like.shape[1] - hidden.shape[1]
    return functional.pad(hidden, (0, 0, 0, missing)) if missing > 0 else hidden
