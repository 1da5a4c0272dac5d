from __future__ import annotations

import numpy as np
import pytest

from thaw.metrics.calibration import logit_scale, temperature
from thaw.metrics.scores import log_loss


def test_temperature_of_overconfident_logits() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 2000)
    honest = np.log(random.dirichlet(np.ones(3), 2000))
    labels = np.array([random.choice(3, p=np.exp(row)) for row in honest])
    found = temperature(4 * honest, labels)
    assert found == pytest.approx(4, rel=0.15)
    assert log_loss(labels, 4 * honest / found) < log_loss(labels, 4 * honest)
    assert temperature(honest[:10], labels[:10]) == 1.0


def test_logit_scale_makes_logits_of_regression_outputs() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 5, 500)
    outputs = 0.1 * random.normal(size=(500, 5))
    outputs[np.arange(500), labels] += 0.2
    factor = logit_scale(outputs, labels)
    assert 5 < factor < 100
    for other in (factor / 1.3, factor * 1.3):
        assert log_loss(labels, factor * outputs) < log_loss(labels, other * outputs)
    few = logit_scale(np.eye(2)[[0, 1, 0]], np.array([0, 1, 0]))
    assert 1 < few < 5, "three right answers are no certainty"
