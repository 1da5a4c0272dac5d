"""Run a training plan: rows in, a model folder out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...heads.head import Fit
from ...metrics import scores
from ...metrics.calibration import DEFAULT_TEMPERATURE, temperature
from ...records import Dataset, Plan, Training
from ...training.fine_tuning import FineTuning, fine_tune
from ...training.setup import Inputs, StageTimer, fit_and_attach_head, load_inputs


def run(
    dataset: Dataset,
    plan: Plan,
    store: str,
    model: Path,
    scratch: Path,
    log: Callable[[Path], None] = lambda folder: None,
) -> Training:
    """Train as planned on the train and validation splits, and write the model into the new folder `model`.

    `log` is given a folder of TensorBoard files whenever there is more in it.
    """
    clock = StageTimer()
    with clock.measure("open"):
        inputs = load_inputs(dataset, plan, scratch)
    fit = fit_and_attach_head(inputs, dataset, store, clock)
    result = None
    if plan.training:
        with clock.measure("training"):
            result = fine_tune(inputs, store, log)
    warmth = calibrate(inputs, fit, result)
    with clock.measure("save"):
        inputs.network.save(model, dataset.classes)
    return report(inputs, fit, result, warmth, clock)


def calibrate(inputs: Inputs, fit: Fit, result: FineTuning | None) -> float:
    """Divide the head by the temperature that held-out rows ask for, or what such a training asks for elsewhere."""
    if result is None:
        found = temperature(fit.logits, inputs.rows.labels[inputs.training][fit.held_out])
    elif result.validation_logits is not None:
        found = temperature(result.validation_logits, inputs.rows.labels[inputs.validation])
    else:
        found = DEFAULT_TEMPERATURE
    inputs.network.scale_head(1 / found)
    return found


def report(inputs: Inputs, fit: Fit, result: FineTuning | None, warmth: float, clock: StageTimer) -> Training:
    plan, network = inputs.plan, inputs.network
    score = scores.by_name(plan.metric)
    labels = inputs.rows.labels[inputs.training][fit.held_out]
    head_parameters = sum(w.size + b.size for w, b in fit.head.layers)
    run = result.result if result else None
    return Training(
        strategy=plan.strategy,
        plan=plan,
        seconds=clock.seconds + (run.earlier_seconds if run else 0.0),
        resumed=run.resumed if run else (),
        stages=clock.stages,
        updates=run.updates if run else 0,
        trained_parameters=result.trained_parameters if result else head_parameters,
        total_parameters=network.total_parameters,
        head_l2=fit.l2,
        head_score=score(labels, fit.logits.argmax(1)),
        validation_score=run.score if run else None,
        temperature=warmth,
        curve=run.curve if run else (),
        device=network.device,
        compute_dtype=network.compute_dtype,
        stopped=run.stopped if run else "the head is fitted in closed form",
    )
