"""AdamW or SGD in fused kernels: one pass over what is trained for the norm, one for the step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from ...records import TrainingPlan
from ..protocol import StateDict

MOMENTS = {"adamw": ("exp_avg", "exp_avg_sq"), "sgd": ("momentum_buffer",)}


class Optimizer:
    """`trained`: parameters by name; `height(name)`: blocks between the topmost and the parameter's, −1: the head's."""

    def __init__(
        self, trained: dict[str, torch.nn.Parameter], height: Callable[[str], int], plan: TrainingPlan
    ) -> None:
        self.trained, self.clip, self.kinds = trained, plan.max_grad_norm, MOMENTS[plan.optimizer]
        groups = rate_groups(trained, height, plan)
        self.optimizer: torch.optim.Optimizer = (
            torch.optim.AdamW(groups, betas=(0.9, 0.999), eps=1e-8, fused=True)
            if plan.optimizer == "adamw"
            else torch.optim.SGD(groups, momentum=0.9, fused=True)
        )

    def zero(self) -> None:
        self.optimizer.zero_grad(set_to_none=True)

    def step(self, rate: float) -> None:
        """One step at `rate` × each group's peak, the gradient's norm clipped."""
        gradients = [parameter.grad for parameter in self.trained.values() if parameter.grad is not None]
        norm = torch.nn.utils.get_total_norm(gradients)
        # What a gradient scaler would set: the kernels divide by it as they go, so to clip takes no pass of its own.
        self.optimizer.grad_scale = (norm / self.clip).clamp(min=1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["peak"]
        self.optimizer.step()

    def moments(self) -> StateDict:
        """A copy, by kind and parameter."""
        state = self.optimizer.state
        return {
            f"{kind}.{name}": copied(state[parameter][kind])
            for name, parameter in self.trained.items()
            for kind in self.kinds
            if parameter in state and state[parameter].get(kind) is not None
        }

    def put_moments(self, moments: StateDict, steps: int) -> None:
        self.optimizer.state.clear()
        for name, parameter in self.trained.items():
            found = {
                kind: torch.from_numpy(moments[f"{kind}.{name}"].copy()).to(parameter.device)
                for kind in self.kinds
                if f"{kind}.{name}" in moments
            }
            if found:
                step = torch.tensor(float(steps), dtype=torch.float32, device=parameter.device)
                self.optimizer.state[parameter] = {"step": step, **found}


def copied(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().to("cpu", copy=True).numpy()


def rate_groups(trained: dict[str, torch.nn.Parameter], height: Callable[[str], int], plan: TrainingPlan) -> list[dict]:
    """Parameters of one peak rate and decay together; no decay on biases and norms."""
    groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
    for name, parameter in trained.items():
        below = height(name)
        peak = plan.head_learning_rate if below < 0 else plan.learning_rate * plan.layer_decay**below
        decay = plan.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((peak, decay), []).append(parameter)
    return [
        {"params": parameters, "peak": peak, "lr": 0.0, "weight_decay": decay}
        for (peak, decay), parameters in groups.items()
    ]
