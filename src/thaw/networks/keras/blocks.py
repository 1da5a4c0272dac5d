"""A network's graph cut into blocks at the tensors that everything above depends on and nothing below bypasses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from .backend import keras
from .internals.graph import nodes

ROLE = re.compile(r"_(expand|depthwise|dwconv|dw|project|pw|pwl|se)(_.*)?$", re.IGNORECASE)
"""Names of an inverted bottleneck's parts: where it has no shortcut, each part would be a block of its own."""


@dataclass(frozen=True)
class Segment:
    """Operations between two neighbouring cut points; `output` is the upper one."""

    operations: tuple[Any, ...]
    output: Any

    @property
    def layers(self) -> list[Any]:
        return [operation for operation in self.operations if isinstance(operation, keras.Layer)]

    @property
    def kernels(self) -> list[Any]:
        """Layers with a weight matrix, as normalisation and activation have none."""
        return [layer for layer in self.layers if any(len(weight.shape) > 1 for weight in layer.weights)]


def split(network: Any) -> list[tuple[str, Any]]:
    """(name, Functional model) of each block, from the input up; they share their layers with `network`.

    A block begins at a cut point where a layer with a kernel follows, and takes what has none (normalisation,
    activation, pooling, dropout) up to the next. For ResNets those are the residual units.
    """
    start, result = network.inputs[0], []
    for group in _units(list(_segments(network))):
        end = group[-1].output
        result.append((_name(group), keras.Model(start, end)))
        start = end
    names = _unique([name for name, _ in result])
    return [(name, model) for name, (_, model) in zip(names, result, strict=True)]


def block_outputs(network: Any) -> list[Any]:
    """The tensor after each block, of the network's own graph: the blocks of `split` are copies."""
    return [group[-1].output for group in _units(list(_segments(network)))]


def _segments(network: Any) -> Iterator[Segment]:
    """In topological order, a tensor is a cut point where it alone is still waited for (an articulation point)."""
    calls = nodes(network)
    last_use = {id(tensor): place for place, call in enumerate(calls) for tensor in call.input_tensors}
    last_use |= {id(tensor): len(calls) for tensor in network.outputs}
    waited: set[int] = {id(tensor) for tensor in network.inputs}
    operations: list[Any] = []
    for place, call in enumerate(calls):
        operations.append(call.operation)
        waited |= {id(tensor) for tensor in call.outputs if id(tensor) in last_use}
        waited -= {tensor for tensor in waited if last_use[tensor] <= place}
        here = [tensor for tensor in call.outputs if waited == {id(tensor)}]
        if here:
            yield Segment(tuple(operations), here[0])
            operations = []


def _units(segments: list[Segment]) -> list[list[Segment]]:
    """Segments grouped into blocks of at least one kernel each."""
    groups: list[list[Segment]] = []
    for segment in segments:
        below = [part for part in groups[-1] if part.kernels] if groups else []
        begins = segment.kernels and below and _unit(segment) != _unit(below[-1])
        if begins or not groups:
            groups.append([segment])
        else:
            groups[-1].append(segment)
    return groups


def _unit(segment: Segment) -> str | None:
    """The block that the segment's layers name themselves after, where they name their role in it too."""
    names = [layer.name for layer in segment.layers]
    return next((ROLE.sub("", name) for name in names if ROLE.search(name)), f"{id(segment)}")


def _name(group: list[Segment]) -> str:
    """What the names of its layers have in common, else the first kernel's: "stack2_block0", "block1_conv1"."""
    kernels = [layer.name for segment in group for layer in segment.kernels]
    weighted = [layer.name for segment in group for layer in segment.layers if layer.weights]
    common = _common(weighted) or _common(kernels) or (kernels or weighted or ["input"])[0]
    return common.strip("_")


def _common(names: Iterable[str]) -> str:
    """The longest run of whole words that all names begin with."""
    words = [name.split("_") for name in names]
    same = takewhile(lambda column: len(set(column)) == 1, zip(*words, strict=False))
    return "_".join(column[0] for column in same)


def _unique(names: list[str]) -> list[str]:
    """The second "conv" is called "conv_2"."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return result
