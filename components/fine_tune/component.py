"""The KFP declaration of `steps.fine_tune`."""

from kfp import dsl

from thaw.runtime.containers import CORE


@dsl.component(base_image=CORE, install_kfp_package=False)
def fine_tune(
    dataset: dsl.Input[dsl.Dataset],
    decision: dsl.Input[dsl.Artifact],
    store: str,
    model: dsl.Output[dsl.Model],
    training: dsl.Output[dsl.Artifact],
    output: str = "",
) -> None:
    """Train a network as the plan in a decision says; nothing is left to decide here.

    Runs in the image that `ingest` returns.

    Args:
        dataset: From `ingest`; the one that the plan was made for.
        decision: From `choose_strategy`.
        store: Folder or gs:// that keeps datasets, features and checkpoints by content.
        model: Folder with weights, preprocessing and class names.
        training: JSON with the plan as run, the curve, times and parameters.
        output: Folder or gs:// for the results of the run; empty to keep none.
    """
    from pathlib import Path

    from thaw.records import Dataset, Decision
    from thaw.runtime import results, step_context
    from thaw.steps.fine_tune import step

    with step_context.step("fine_tune", output) as scratch:
        result = step.run(
            Dataset.read(dataset.path),
            Decision.read(decision.path).plan,
            store,
            Path(model.path),
            scratch,
            lambda folder: results.publish(output, results.TENSORBOARD, folder),
        )
        result.write(training.path)
        model.metadata.update(strategy=result.strategy, network=result.plan.network)
        results.publish(output, results.MODEL, Path(model.path))
        results.publish(output, results.TRAINING, result)
