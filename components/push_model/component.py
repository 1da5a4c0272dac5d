"""The KFP declaration of `steps.push`."""

from kfp import dsl

from thaw.runtime.containers import CORE


@dsl.component(base_image=CORE, install_kfp_package=False)
def push_model(
    dataset: dsl.Input[dsl.Dataset],
    model: dsl.Input[dsl.Model],
    training: dsl.Input[dsl.Artifact],
    evaluation: dsl.Input[dsl.Artifact],
    champion: dsl.Input[dsl.Artifact],
    registry: str,
    name: str,
    release: dsl.Output[dsl.Artifact],
    output: str = "",
) -> None:
    """Publish a model that passed the gate as a version that never changes, and make it the current one.

    Args:
        dataset: From `ingest`.
        model: From `fine_tune`; the files that were evaluated.
        training: From `fine_tune`.
        evaluation: From `evaluate`.
        champion: From `current_champion`; the pointer moves only if it still names this version.
        registry: Folder or gs:// of the model registry.
        name: Name of the model in the registry.
        release: JSON with where the version lies, its checksums and what it came from.
        output: Folder or gs:// for the results of the run; empty to keep none.
    """
    from pathlib import Path

    from thaw.records import Champion, Dataset, Evaluation, Training
    from thaw.runtime import results, step_context
    from thaw.steps.push import step

    with step_context.step("push_model", output):
        result = step.run(
            Path(model.path),
            Evaluation.read(evaluation.path),
            Training.read(training.path),
            Dataset.read(dataset.path),
            Champion.read(champion.path),
            registry,
            name,
        )
        result.write(release.path)
        results.publish(output, results.RELEASE, result)
