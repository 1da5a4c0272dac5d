"""The graph of a Functional model and the layers within its layers, which Keras keeps to itself.

`Model.layers` and `Model.operations` say what is called but not how it is connected, nor what lies within a layer; the
graph is private by intent (keras-team/keras#19278), and Keras 3 has no `submodules`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def all_layers(model: Any) -> list[Any]:
    """The model, its layers, and the layers within those."""
    return list(model._flatten_layers())


def nodes(model: Any) -> list[Any]:
    """Calls of the model's operations, inputs left out, in topological order.

    Each has an `operation`, its `input_tensors` and its `outputs`.
    """
    by_depth = model._nodes_by_depth
    return [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth] if not node.is_input]


def run(model: Any, x: Any, replacement: Callable[[Any], Callable[..., Any]]) -> Any:
    """The model's output for `x`, with `replacement(operation)` called in place of each operation.

    `keras.models.clone_model` replaces operations too, but makes another graph, which would hold the layers twice.
    """
    return model._run_through_graph(x, operation_fn=replacement)


def random_states(model: Any) -> list[Any]:
    """Variables from which the model's random layers draw, such as dropout's. They are known by their path alone."""
    return [variable for variable in model.variables if variable.path.endswith("seed_generator_state")]
