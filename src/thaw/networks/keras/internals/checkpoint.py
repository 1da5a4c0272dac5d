"""Which tensors of a checkpoint KerasHub read, and which weights of the network it set.

Its converters for timm and Hugging Face take a tensor by the end of its name: where `bn1.weight` is missing, another
layer's `layer1.0.bn1.weight` serves without a word, and what no converter asks for is left in the file. KerasHub has no
strict way to load, so the loader's look-up is watched, and so is every assignment to a variable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ..backend import keras

HEAD = re.compile(
    r"(^|\.)(head|heads|head_dist|fc|classifier|\w+_classifier|pre_logits|conv_head|pooler|decoder|mask_token|last_conv)\."
    r"|(^|\.)mask_token$"
)
"""Parts of a checkpoint above the features, or for another task: they may be left unread."""
COUNTER = re.compile(r"(^|\.)(num_batches_tracked|relative_position_index|position_ids|attn_mask|inv_freq)$")
"""What is no weight: buffers that follow from the configuration, and counters."""
FLOATS = frozenset(["F64", "F32", "F16", "BF16"])


@dataclass
class Reading:
    """What was read, by the time that the load has ended."""

    asked: dict[str, set[str]] = field(default_factory=dict)
    """Names that the converter asked for, by the tensor that it was given."""
    dtypes: dict[str, str] = field(default_factory=dict)
    """All tensors of the files that were opened."""
    assigned: set[int] = field(default_factory=set)
    """Variables that were set, by identity."""

    def problem(self, backbone: Any) -> str:
        """Why the network is not what its checkpoint holds; empty where it is."""
        shared = sorted(name for names in self.asked.values() if len(names) > 1 for name in names - self.asked.keys())
        if shared:
            return f"the tensor {shared[0]} is missing from its checkpoint"
        unset = [weight.path for weight in backbone.weights if id(weight) not in self.assigned]
        if unset:
            return f"its files hold no weights for {unset[0]}" + (f" and {len(unset) - 1} others" if unset[1:] else "")
        foreign = [name for name in self.dtypes if name not in self.asked and self._is_weight(name)]
        return f"its checkpoint has tensors of another architecture, such as {foreign[0]}" if foreign else ""

    def _is_weight(self, name: str) -> bool:
        return self.dtypes[name] in FLOATS and not HEAD.search(name) and not COUNTER.search(name)


@contextmanager
def watched() -> Iterator[Reading]:
    """Watch what KerasHub loads in this block."""
    from keras_hub.src.utils.transformers.safetensor_utils import SafetensorLoader

    reading = Reading()
    look_up, assign = SafetensorLoader.get_prefixed_key, keras.Variable.assign
    SafetensorLoader.get_prefixed_key = _watched_look_up(look_up, reading)
    keras.Variable.assign = _watched_assign(assign, reading)
    try:
        yield reading
    finally:
        SafetensorLoader.get_prefixed_key, keras.Variable.assign = look_up, assign


def _watched_look_up(look_up: Callable[..., str], reading: Reading) -> Callable[..., str]:
    def watched_look_up(loader: Any, name: str, names: Any) -> str:
        known = list(names.keys())  # of an open file, or of the index of several
        found, bare = look_up(loader, name, names), name.partition(".")[2]
        if found not in known and bare in known:  # the encoder was saved without a task around it
            found = bare
        if found not in known or not (found in (name, bare) or found.endswith(f".{name}")):
            raise KeyError(f"the tensor {name} is missing from its checkpoint")
        reading.asked.setdefault(found, set()).add(name)
        if found not in reading.dtypes and hasattr(names, "get_slice"):
            reading.dtypes |= _dtypes(names, known)
        return found

    return watched_look_up


def _dtypes(file: Any, names: list[str]) -> dict[str, str]:
    """Number types of a file's tensors, but of those without numbers."""
    slices = {name: file.get_slice(name) for name in names}
    return {name: part.get_dtype() for name, part in slices.items() if 0 not in part.get_shape()}


def _watched_assign(assign: Callable[..., Any], reading: Reading) -> Callable[..., Any]:
    def watched_assign(variable: Any, value: Any) -> Any:
        reading.assigned.add(id(variable))
        return assign(variable, value)

    return watched_assign
