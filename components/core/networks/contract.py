"""A pretrained network as ordered blocks with a cut: the handful of questions that an engine answers.

Blocks are counted from the input. *Depth* `k` is the state after the first `k` blocks. The *cut* of a plan is the
number of blocks that stay as they are: they always run in inference mode (no dropout, BatchNorm on its running
statistics), so activations kept at the cut equal recomputed ones. Everything that is neither a forward nor a backward
pass (heads, schedules, early stopping, the order of rows, metrics) lives outside the engines and knows only this file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np

from ..contracts import Plan, Preprocessing
from ..heads import Head

Advance = Callable[[int], None]
"""Called with the number of rows just finished."""

State = dict[str, np.ndarray]
"""Variables by their path."""


def silent(rows: int) -> None:
    """An `Advance` that tells nobody."""


@dataclass(frozen=True)
class Block:
    name: str
    parameters: int


class Examples(Protocol):
    """Encoded rows, at the network's input (`cut` 0) or as activations kept after block `cut`.

    The arrays behind it may be memory maps: nothing is copied until a batch is taken.
    """

    @property
    def cut(self) -> int: ...

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each row, shape (rows,); ones for images. Batches are built of rows of like length."""

    def __len__(self) -> int: ...

    def take(self, rows: np.ndarray) -> Self:
        """The given rows, in the given order."""


class Tuner(Protocol):
    """One training of the network's blocks above the plan's cut, and of its head."""

    trained_parameters: int

    def step(self, batch: Examples, labels: np.ndarray, weights: np.ndarray, rate: float) -> float:
        """One optimizer step with the head's rate at `rate` × `training.head_rate` and the topmost block's at
        `rate` × `training.rate`, deeper blocks' decayed; the weighted mean cross-entropy before the step.
        `labels` (rows,) int, `weights` (rows,) float."""

    def variables(self) -> State:
        """A copy of what is trained: blocks above the cut and the head, their BatchNorm statistics included."""

    def assign(self, variables: State) -> None:
        """Put such a copy back."""

    def finish(self) -> None:
        """Merge adapters into the weights they adapt, so that the network is saved as a plain one."""


class Network(Protocol):
    reference: str
    fingerprint: str
    blocks: tuple[Block, ...]
    supports_lora: bool
    input_size: int
    device: str
    number_type: str
    """Of forward and backward passes; variables are float32."""

    @property
    def total_parameters(self) -> int: ...

    @property
    def preprocessing(self) -> Preprocessing: ...

    def encode(self, raw: Sequence[Any], scratch: Path, advance: Advance = silent) -> Examples:
        """Raw rows (encoded image files as bytes, or strings) as inputs, in files below `scratch`."""

    def features(self, examples: Examples, depths: Sequence[int], advance: Advance = silent) -> dict[int, np.ndarray]:
        """Pooled activations after each of `depths` blocks, in one pass: (rows, width of the depth) float32.
        The last depth is what the head takes."""

    def activations(self, examples: Examples, cut: int, scratch: Path, advance: Advance = silent) -> Examples:
        """`examples` after block `cut`, in float16 files below `scratch`."""

    def activation_bytes(self, examples: Examples, cut: int) -> int:
        """Disk that `activations` would take."""

    def set_head(self, head: Head) -> None:
        """Put a head fitted on the features of the last depth on top, in place of any other."""

    def scale_head(self, factor: float) -> None:
        """Multiply the logits by a constant, inside the weights."""

    def logits(self, examples: Examples, advance: Advance = silent) -> np.ndarray:
        """(rows, classes) float32, in inference mode, from any cut."""

    def tuner(self, plan: Plan) -> Tuner: ...

    def save(self, folder: Path, classes: Sequence[str]) -> None:
        """Weights, `preprocessing.json` and `classes.json` in an empty or new folder; no pickle."""
