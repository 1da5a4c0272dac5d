"""The KFP declaration of `steps.evaluate`."""

from typing import NamedTuple

from kfp import dsl

from thaw.runtime.containers import CORE


@dsl.component(base_image=CORE, install_kfp_package=False)
def evaluate(
    dataset: dsl.Input[dsl.Dataset],
    model: dsl.Input[dsl.Model],
    champion: dsl.Input[dsl.Artifact],
    evaluation: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    confusion: dsl.Output[dsl.ClassificationMetrics],
    report: dsl.Output[dsl.HTML],
    decision: dsl.Input[dsl.Artifact] = None,
    profile: dsl.Input[dsl.Artifact] = None,
    output: str = "",
) -> NamedTuple("Outputs", [("passed", str)]):  # type: ignore[valid-type]
    """Score a model on the test split, beside baselines and the current champion, and hold it to the gate.

    Runs in the image that `ingest` returns.

    Args:
        dataset: From `ingest`.
        model: From `fine_tune`.
        champion: From `current_champion`.
        evaluation: JSON with every score and its interval, the comparison and the rules of the gate.
        metrics: The scores.
        confusion: The confusion matrix, up to 100 classes.
        report: Scores, calibration and errors as a page, and why and on what data the model was trained so.
        decision: From `choose_strategy`: the network to compare with, and for the report why it was tuned so; optional.
        profile: From `profile_dataset`, for the report; optional.
        output: Folder or gs:// for the results of the run; empty to keep none.

    Returns:
        passed: `true` or `false`, as text: a condition on it means the same on a cluster and locally.
    """
    from pathlib import Path

    from thaw.records import Champion, Dataset, Decision, Profile
    from thaw.report import run as run_report
    from thaw.runtime import kfp_metrics, results, step_context
    from thaw.steps.evaluate import step, thumbnails

    with step_context.step("evaluate", output) as scratch:
        rows = Dataset.read(dataset.path)
        chosen = Decision.read(decision.path) if decision else None
        plan = chosen.plan if chosen else None
        result = step.run(rows, Path(model.path), Champion.read(champion.path), plan, scratch)
        result.write(evaluation.path)
        kfp_metrics.log(result, metrics, confusion)
        document = run_report.page(
            result,
            rows.source,
            decision=chosen,
            profile=Profile.read(profile.path) if profile else None,
            dataset=rows,
            thumbnails=thumbnails.of_rows(rows, [mistake.row for mistake in result.mistakes]),
        )
        Path(report.path).write_text(document)
        results.publish(output, results.REPORT, document)
        results.publish(output, results.EVALUATION, result)

    return ("true" if result.passed else "false",)
