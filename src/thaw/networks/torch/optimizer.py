"""AdamW or SGD in fused kernels, each block at a rate of its own, gradients clipped by their norm."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from ...records import TrainingPlan
from ..protocol import StateDict
from .internals import OPTIMIZER_STATE

HEAD = -1
"""What stands for the head where blocks are counted from the topmost, 0."""

Parameters = dict[str, torch.nn.Parameter]


class Optimizer:
    """Updates of `trained`, parameters by name; `depth_from_top(name)` is a parameter's block, or HEAD."""

    def __init__(self, trained: Parameters, depth_from_top: Callable[[str], int], plan: TrainingPlan) -> None:
        self.trained, self.max_grad_norm = trained, plan.max_grad_norm
        self.state_keys = OPTIMIZER_STATE[plan.optimizer]
        groups = parameter_groups(trained, depth_from_top, plan)
        self.optimizer: torch.optim.Optimizer = (
            torch.optim.AdamW(groups, betas=(0.9, 0.999), eps=1e-8, fused=True)
            if plan.optimizer == "adamw"
            else torch.optim.SGD(groups, momentum=0.9, fused=True)
        )

    def zero_grad(self) -> None:
        self.optimizer.zero_grad(set_to_none=True)

    def update(self, schedule_factor: float) -> None:
        """One update at `schedule_factor` × each group's peak rate."""
        torch.nn.utils.clip_grad_norm_(self.trained.values(), self.max_grad_norm)
        for group in self.optimizer.param_groups:
            group["lr"] = schedule_factor * group["peak"]
        self.optimizer.step()

    def state_dict(self) -> StateDict:
        """A copy of momentum and second moments, by `key.parameter`."""
        state = self.optimizer.state
        return {
            f"{key}.{name}": to_numpy(state[parameter][key])
            for name, parameter in self.trained.items()
            for key in self.state_keys
            if parameter in state and state[parameter].get(key) is not None
        }

    def load_state_dict(self, state: StateDict, updates: int) -> None:
        """Continue as after `updates` updates."""
        self.optimizer.state.clear()
        for name, parameter in self.trained.items():
            tensors = {
                key: torch.from_numpy(state[f"{key}.{name}"].copy()).to(parameter.device)
                for key in self.state_keys
                if f"{key}.{name}" in state
            }
            if tensors:
                step = torch.tensor(float(updates), dtype=torch.float32, device=parameter.device)
                self.optimizer.state[parameter] = {"step": step, **tensors}


def to_numpy(tensor: torch.Tensor) -> np.ndarray:
    """A copy in the computer's own memory."""
    array: np.ndarray = tensor.detach().to("cpu", copy=True).numpy()
    return array


def parameter_groups(
    trained: Parameters, depth_from_top: Callable[[str], int], plan: TrainingPlan
) -> list[dict[str, object]]:
    """Parameters of one peak rate and decay together; no decay on biases and norms.

    peak(head) = head_learning_rate
    peak(block) = learning_rate · layer_decay ^ (blocks between the topmost and this one)
    """
    groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
    for name, parameter in trained.items():
        depth = depth_from_top(name)
        peak = plan.head_learning_rate if depth == HEAD else plan.learning_rate * plan.layer_decay**depth
        decay = plan.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((peak, decay), []).append(parameter)
    return [
        {"params": parameters, "peak": peak, "lr": 0.0, "weight_decay": decay}
        for (peak, decay), parameters in groups.items()
    ]
