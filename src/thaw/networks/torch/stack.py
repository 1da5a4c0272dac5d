"""The stack of layers in an encoder, found by watching one short pass.

Architectures name their layers in many ways, hand the hidden state on by place or by name, some with the tokens first,
some share one layer among all places, some pad rows to a length of their own. None of this is written down in a
configuration, and all of it shows in a pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from ...errors import InputError

ROWS, TOKENS = 2, 5
"""Shape of the pass that is watched: no architecture has a hidden state whose two first sizes could be mixed up."""


@dataclass(frozen=True)
class Stack:
    """The layers of an encoder, in the order of their first calls."""

    prefix: str
    """Name of the list that holds them."""
    layers: tuple[nn.Module, ...]
    passes: tuple[int, ...]
    """How often each is called in one pass, without another in between: more than once where layers are shared."""
    tuple_lengths: tuple[int, ...]
    """How many values a layer returns; 0 for a bare tensor."""
    hands_on_more: bool
    """Whether the layers hand on tensors beside the hidden state, such as T5's position biases."""
    widths: tuple[int, ...]
    """Numbers of a token's state after each block, the embeddings being the first."""
    tokens_first: bool
    """Whether hidden states are (tokens, rows, width) inside the stack."""
    started: dict[str, int]
    """Modules outside of the layers by name, and how many layers had begun when they were first called."""


@dataclass
class Watch:
    """What was seen of one list of modules: each call's place, its hidden state, and what it returned."""

    layers: nn.ModuleList
    places: list[int] = field(default_factory=list)
    hidden: list[torch.Tensor] = field(default_factory=list)
    outputs: list[Any] = field(default_factory=list)

    @property
    def is_stack(self) -> bool:
        """Every module was called, in order, with a hidden state of the rows that were given."""
        in_order = sorted(set(self.places)) == list(range(len(self.layers))) and self.places == sorted(self.places)
        return in_order and len(self.hidden) == len(self.places) == len(self.outputs)


def find_stack(encoder: nn.Module, arguments: dict[str, Any]) -> tuple[Stack, list[torch.Tensor]]:
    """The stack, and the hidden state that each of its layers was given, then the last one, in a pass of `arguments`.

    Raises:
        InputError: There is no plain stack of layers.
    """
    watches = {name: Watch(encoder.get_submodule(name)) for name in outermost_lists(encoder)}
    started: dict[str, list[str]] = {}
    with torch.inference_mode(), watched(encoder, watches, started):
        last = encoder(**arguments).last_hidden_state
    stacks = {name: watch for name, watch in watches.items() if watch.is_stack}
    if not stacks:
        raise InputError(
            f"the network's architecture ({type(encoder).__name__}) has no plain stack of layers",
            "take an encoder such as BERT, RoBERTa, DeBERTa or ModernBERT",
        )
    prefix = max(stacks, key=lambda name: len(stacks[name].places))
    begun = {name: sum(place == prefix for place in before) for name, before in started.items()}
    return describe(prefix, stacks[prefix], begun, last)


def describe(prefix: str, watch: Watch, started: dict[str, int], last: torch.Tensor) -> Any:
    first = [watch.places.index(place) for place in range(len(watch.layers))]
    outputs = [watch.outputs[call] for call in first]
    given = [watch.hidden[call] for call in first]
    stack = Stack(
        prefix,
        tuple(watch.layers),
        tuple(watch.places.count(place) for place in range(len(watch.layers))),
        tuple(len(output) if isinstance(output, tuple | list) else 0 for output in outputs),
        any(isinstance(value, torch.Tensor) for output in outputs for value in others(output)),
        (*(hidden.shape[-1] for hidden in given), last.shape[-1]),
        given[0].shape[:2] == (TOKENS, ROWS),
        started,
    )
    return stack, [*given, last]


def others(output: Any) -> Any:
    """What a layer returns beside its hidden state."""
    return output[1:] if isinstance(output, tuple | list) else ()


def outermost_lists(encoder: nn.Module) -> list[str]:
    """Names of the lists of modules that lie in no other."""
    names: list[str] = []
    for name, module in encoder.named_modules():
        inside = any(name.startswith(f"{outer}.") for outer in names)
        if isinstance(module, nn.ModuleList) and len(module) and not inside:
            names.append(name)
    return names


@contextmanager
def watched(encoder: nn.Module, watches: dict[str, Watch], started: dict[str, list[str]]) -> Iterator[None]:
    """Fill the watches while the encoder runs, and `started`: the lists whose layers had begun, by module's name."""
    begun: list[str] = []
    with ExitStack() as hooks:
        for name, module in encoder.named_modules():
            owner = next((prefix for prefix in watches if name.startswith(f"{prefix}.")), None)
            if owner is None:
                hook = module.register_forward_pre_hook(lambda m, a, n=name: note_start(started, n, begun))
                hooks.callback(hook.remove)
        for name, watch in watches.items():
            for place, layer in enumerate(watch.layers):
                for hook in watch_layer(watch, place, layer, name, begun):
                    hooks.callback(hook.remove)
        yield


def note_start(started: dict[str, list[str]], name: str, begun: Sequence[str]) -> None:
    started.setdefault(name, list(begun))


def watch_layer(watch: Watch, place: int, layer: nn.Module, name: str, begun: list[str]) -> list[Any]:
    def before(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        hidden = hidden_state(args, kwargs)
        if place not in watch.places:
            begun.append(name)
        watch.places.append(place)
        if hidden is not None:
            watch.hidden.append(hidden.clone())

    def after(module: nn.Module, args: Any, output: Any) -> None:
        watch.outputs.append(output)

    return [layer.register_forward_pre_hook(before, with_kwargs=True), layer.register_forward_hook(after)]


def hidden_state(args: tuple[Any, ...], kwargs: dict[str, Any]) -> torch.Tensor | None:
    """What a layer was given first: a tensor of rows, tokens and width."""
    value = args[0] if args else kwargs.get(hidden_keyword(kwargs))
    if not isinstance(value, torch.Tensor) or value.ndim != 3:
        return None
    return value if value.shape[0] == ROWS or value.shape[:2] == (TOKENS, ROWS) else None


def hidden_keyword(kwargs: dict[str, Any]) -> str:
    """Name of the argument that carries the hidden state, where it is handed on by name."""
    return next((name for name in ("hidden_states", "hidden_state") if name in kwargs), "")
