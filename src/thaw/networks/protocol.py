"""A pretrained network as ordered blocks with a cut: what an engine implements.

Blocks are counted from the input. *Depth* `k` is the state after the first `k` blocks. The *cut* of a plan is the
number of blocks that stay as they are: they always run in inference mode (no dropout, BatchNorm on its running
statistics), so activations kept at the cut equal recomputed ones. Everything that is neither a forward nor a backward
pass (heads, schedules, early stopping, the order of rows, metrics) lives outside the engines and knows only this file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self, SupportsFloat

import numpy as np

from ..heads.head import Head
from ..records import Plan, Preprocessing

Advance = Callable[[int], None]
"""Called with the number of rows just finished."""

StateDict = dict[str, np.ndarray]
"""Variables by their path."""


Allocate = Callable[[int, tuple[int, int]], np.ndarray]
"""Makes the array for the features of a depth, in memory or mapped, of the shape (rows, width)."""


def no_progress(rows: int) -> None:
    """An `Advance` that does nothing."""


def allocate_in_memory(depth: int, shape: tuple[int, int]) -> np.ndarray:
    """A `Allocate` for few rows."""
    return np.empty(shape, np.float32)


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

    def prepare(self, batch: Examples) -> Any:
        """The batch's arrays as `update` takes them. Called from another thread while an update runs."""

    def update(self, prepared: Any, labels: np.ndarray, weights: np.ndarray, schedule_factor: float) -> SupportsFloat:
        """One optimizer update, the head at `schedule_factor` × `training.head_learning_rate`, the topmost block at
        `schedule_factor` × `training.learning_rate`, deeper blocks at decayed rates.

        `labels` (rows,) int, `weights` (rows,) float.

        Returns the weighted mean cross-entropy before the update; to take its float is to wait for the device.
        """

    def variables(self) -> StateDict:
        """A copy of what is trained: blocks above the cut and the head, their BatchNorm statistics included."""

    def assign(self, variables: StateDict) -> None:
        """Set what is trained to such a copy."""

    def state_dict(self) -> StateDict:
        """A copy of all that later updates depend on: `variables`, the optimizer's moments and its count of
        updates, random state. A new tuner of the same plan that loads it makes the very same updates."""

    def load_state_dict(self, state: StateDict) -> None:
        """Continue from what `state_dict` returned."""

    def finish(self) -> None:
        """Leave a plain network: adapters merged into the weights they adapt, helper processes ended. Also after an
        error."""


class Network(Protocol):
    """A pretrained network as ordered blocks, with a head that can be set; what an engine has to provide."""

    reference: str
    """The name, address or folder that it was opened by."""
    fingerprint: str
    """Hash of the weights."""
    blocks: tuple[Block, ...]
    """The blocks, from the input up."""
    supports_lora: bool
    input_size: int
    """Side of the images in pixels, or tokens at most."""
    device: str
    """Name of the device, as records have it."""
    compute_dtype: str
    """Float type of forward and backward passes; variables are float32."""

    @property
    def total_parameters(self) -> int: ...

    @property
    def preprocessing(self) -> Preprocessing: ...

    def encode(self, raw: Sequence[Any], scratch: Path, advance: Advance = no_progress) -> Examples:
        """Turn raw rows (bytes of image files, or strings) into inputs, in files below `scratch`."""

    def features(
        self,
        examples: Examples,
        depths: Sequence[int],
        advance: Advance = no_progress,
        allocate: Allocate = allocate_in_memory,
    ) -> dict[int, np.ndarray]:
        """Pooled activations after each of `depths` blocks, in one pass: (rows, width of the depth) in the
        arrays that `allocate` gives."""

    def activations(self, examples: Examples, cut: int, scratch: Path, advance: Advance = no_progress) -> Examples:
        """The examples after block `cut`, in float16 files below `scratch`."""

    def activation_bytes(self, examples: Examples, cut: int) -> int:
        """Disk that `activations` would take."""

    @property
    def supports_feature_depths(self) -> bool:
        """True when a head can take features of other depths than the last."""

    def set_head(self, head: Head, depths: Sequence[int] = ()) -> None:
        """Put a head on top, in place of any other. It takes the features of `depths` (ascending) side by side, or
        without `depths` those of the last."""

    def scale_head(self, factor: float) -> None:
        """Multiply the logits by a constant, inside the weights."""

    def logits(self, examples: Examples, advance: Advance = no_progress) -> np.ndarray:
        """(rows, classes) float32, in inference mode, from any cut."""

    def tuner(self, plan: Plan) -> Tuner:
        """A new training of this network. ValueError when its head takes other depths than the last."""

    def save(self, folder: Path, classes: Sequence[str]) -> None:
        """Weights, `preprocessing.json` and `classes.json` in an empty or new folder; no pickle."""
