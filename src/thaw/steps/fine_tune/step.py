"""Run a training plan: rows in, a model folder out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...heads.head import Fit
from ...metrics import calibration, scores
from ...records import Dataset, FittedInClosedForm, Plan, Training
from ...report.wording import with_text
from ...training.fine_tuning import FineTuning, fine_tune
from ...training.initial_head import fit_and_attach_head
from ...training.inputs import Inputs, load_inputs
from ...training.result import TrainingResult
from ...training.timer import StageTimer


def run(
    dataset: Dataset,
    plan: Plan,
    store: str,
    model: Path,
    scratch: Path,
    log: Callable[[Path], None] = lambda folder: None,
) -> Training:
    """Train as planned on the train and validation splits, and write the model into the new folder `model`.

    `log` is called with a folder of TensorBoard files whenever there is more in it.
    """
    timer = StageTimer()
    with timer.measure("open"):
        inputs = load_inputs(dataset, plan, scratch)
    fit = fit_and_attach_head(inputs, dataset, store, timer)
    tuning = None
    if plan.training:
        with timer.measure("training"):
            tuning = fine_tune(inputs, store, log)
    temperature = fitted_temperature(inputs, fit, tuning)
    with timer.measure("save"):
        inputs.network.scale_head(1 / temperature)
        inputs.network.save(model, dataset.classes)
    return report(inputs, fit, tuning, temperature, timer)


def fitted_temperature(inputs: Inputs, fit: Fit, tuning: FineTuning | None) -> float:
    """The temperature to divide the logits by, from rows held out; without any, the one that others needed."""
    labels = inputs.rows.labels
    if tuning is None:
        return calibration.temperature(fit.logits, labels[inputs.training][fit.held_out])
    if tuning.validation_logits is None:
        return calibration.DEFAULT_TEMPERATURE
    return calibration.temperature(tuning.validation_logits, labels[inputs.validation])


def report(inputs: Inputs, fit: Fit, tuning: FineTuning | None, temperature: float, timer: StageTimer) -> Training:
    plan, network = inputs.plan, inputs.network
    labels = inputs.rows.labels[inputs.training][fit.held_out]
    head_parameters = sum(weights.size + bias.size for weights, bias in fit.head.layers)
    run = gradient_training_fields(tuning.result) if tuning else closed_form_fields()
    return Training(
        strategy=plan.strategy,
        plan=plan,
        seconds=timer.seconds + (tuning.result.earlier_seconds if tuning else 0.0),
        stages=timer.stages,
        trained_parameters=tuning.trained_parameters if tuning else head_parameters,
        total_parameters=network.total_parameters,
        head_l2=fit.l2,
        head_score=scores.score_function(plan.metric)(labels, fit.logits.argmax(1)),
        temperature=temperature,
        device=network.device,
        compute_dtype=network.compute_dtype,
        **run,
    )


def gradient_training_fields(result: TrainingResult) -> dict[str, Any]:
    """The fields of `Training` that gradient training fills."""
    assert result.stopped is not None, "only a pilot is paused"
    return {
        "resumed": result.resumed,
        "updates": result.updates,
        "validation_score": result.score,
        "curve": result.curve,
        "stopped": with_text(result.stopped),
    }


def closed_form_fields() -> dict[str, Any]:
    """The same fields for a frozen network."""
    return {"updates": 0, "validation_score": None, "curve": (), "stopped": with_text(FittedInClosedForm())}
