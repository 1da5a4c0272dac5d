"""AdamW and SGD with momentum, with a learning rate for each variable.

An update of a variable is one of TensorFlow's fused kernels: the update of a large network is then traced in seconds,
where composed operations take several times as long, and the rate stays a tensor.
"""

from __future__ import annotations

from typing import Any, Literal

from .backend import tf

MOMENTUM, BETA, SQUARES_BETA, EPSILON = 0.9, 0.9, 0.999, 1e-8


class Optimizer:
    """AdamW or SGD over variables; its moments are float32.

    Weight decay is decoupled (Loshchilov & Hutter 2019) and spares vectors: biases and normalisation.
    """

    def __init__(
        self, kind: Literal["adamw", "sgd"], variables: list[Any], learning_rates: list[float], weight_decay: float
    ) -> None:
        self.variables, self.learning_rates, self.weight_decay = variables, learning_rates, weight_decay
        self.update = {"adamw": self._adam, "sgd": self._momentum}[kind]
        slots = {"adamw": 2, "sgd": 1}[kind]
        self.moments = [[tf.Variable(tf.zeros(v.shape)) for _ in range(slots)] for v in variables]

    def apply(self, gradients: list[Any], schedule_factor: Any, number: Any) -> None:
        """Update number `number`, a float from 1. A gradient is None where the loss does not depend on the variable."""
        rows = zip(self.variables, gradients, self.moments, self.learning_rates, strict=True)
        for variable, gradient, moments, learning_rate in rows:
            if gradient is None or learning_rate == 0:
                continue
            rate = schedule_factor * learning_rate
            if self.weight_decay and len(variable.shape) > 1:
                variable.assign_sub(variable.read_value() * (rate * self.weight_decay))
            self.update(variable, tf.convert_to_tensor(gradient), moments, rate, number)

    def _adam(self, variable: Any, gradient: Any, moments: list[Any], rate: Any, number: Any) -> None:
        """Kingma & Ba 2015, with both biases corrected."""
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=moments[0].handle,
            v=moments[1].handle,
            grad=gradient,
            lr=rate,
            beta1_power=tf.pow(BETA, number),
            beta2_power=tf.pow(SQUARES_BETA, number),
            beta1=BETA,
            beta2=SQUARES_BETA,
            epsilon=EPSILON,
        )

    def _momentum(self, variable: Any, gradient: Any, moments: list[Any], rate: Any, number: Any) -> None:
        tf.raw_ops.ResourceApplyKerasMomentum(
            var=variable.handle, accum=moments[0].handle, lr=rate, grad=gradient, momentum=MOMENTUM
        )
