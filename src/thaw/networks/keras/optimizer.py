"""AdamW and SGD with momentum, with a rate for each variable.

Each update is one of TensorFlow's fused kernels: a step of a large network is then traced in seconds, where composed
updates take several times as long, and the rate stays a tensor.
"""

from __future__ import annotations

from typing import Any, Literal

from .backend import tf

MOMENTUM, BETA, SQUARES_BETA, EPSILON = 0.9, 0.9, 0.999, 1e-8


class Optimizer:
    """`kind` over `variables`, whose rates are `multipliers` of the step's rate; moments are float32.

    Weight decay is decoupled (Loshchilov & Hutter 2019) and spares vectors: biases and normalisation.
    """

    def __init__(
        self, kind: Literal["adamw", "sgd"], variables: list[Any], multipliers: list[float], decay: float
    ) -> None:
        self.variables, self.multipliers, self.decay = variables, multipliers, decay
        self.update = {"adamw": self._adam, "sgd": self._momentum}[kind]
        slots = {"adamw": 2, "sgd": 1}[kind]
        self.moments = [[tf.Variable(tf.zeros(v.shape)) for _ in range(slots)] for v in variables]

    def apply(self, gradients: list[Any], rate: Any, step: Any) -> None:
        """Step number `step`, a float from 1. A gradient is None where the loss does not depend on the variable."""
        rows = zip(self.variables, gradients, self.moments, self.multipliers, strict=True)
        for variable, gradient, moments, multiplier in rows:
            if gradient is None or multiplier == 0:
                continue
            own = rate * multiplier
            if self.decay and len(variable.shape) > 1:
                shrunk = variable.read_value() * (own * self.decay)
                tf.raw_ops.AssignSubVariableOp(resource=variable.handle, value=shrunk)
            self.update(variable, tf.convert_to_tensor(gradient), moments, own, step)

    def _adam(self, variable: Any, gradient: Any, moments: list[Any], rate: Any, step: Any) -> None:
        """Kingma & Ba 2015, with both biases corrected."""
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=moments[0].handle,
            v=moments[1].handle,
            grad=gradient,
            lr=rate,
            beta1_power=tf.pow(BETA, step),
            beta2_power=tf.pow(SQUARES_BETA, step),
            beta1=BETA,
            beta2=SQUARES_BETA,
            epsilon=EPSILON,
        )

    def _momentum(self, variable: Any, gradient: Any, moments: list[Any], rate: Any, step: Any) -> None:
        tf.raw_ops.ResourceApplyKerasMomentum(
            var=variable.handle, accum=moments[0].handle, lr=rate, grad=gradient, momentum=MOMENTUM
        )
