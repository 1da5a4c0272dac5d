"""The KFP declaration of `steps.compare`."""

from kfp import dsl

from thaw.runtime.containers import CORE


@dsl.component(base_image=CORE, install_kfp_package=False)
def compare_strategies(
    decision: dsl.Input[dsl.Artifact],
    trainings: dsl.Input[list[dsl.Artifact]],
    evaluations: dsl.Input[list[dsl.Artifact]],
    leaderboard: dsl.Output[dsl.Artifact],
    report: dsl.Output[dsl.HTML],
    output: str = "",
) -> None:
    """Put the runs of every strategy side by side, and say what the choice has cost against the best of them.

    Args:
        decision: From `choose_strategy`, unforced.
        trainings: From `fine_tune`, every strategy with every seed.
        evaluations: From `evaluate`, in the same order.
        leaderboard: JSON with scores and seconds of each strategy and seed, and the regret of the choice.
        report: The same as a page.
        output: Folder or gs:// for the results of the comparison; empty to keep none.
    """
    from pathlib import Path

    from thaw.records import Decision, Evaluation, Training
    from thaw.report import comparison
    from thaw.runtime import results, step_context
    from thaw.steps.compare import step

    with step_context.step("compare_strategies", output):
        trained = [Training.read(each.path) for each in trainings]
        evaluated = [Evaluation.read(each.path) for each in evaluations]
        result = step.run(Decision.read(decision.path), trained, evaluated)
        document = comparison.page(result)
        result.write(leaderboard.path)
        Path(report.path).write_text(document)
        for training in trained:
            folder = results.run_folder(output, training.strategy, training.plan.seed)
            results.publish(folder, results.TRAINING, training)
        results.publish(output, results.COMPARISON_PAGE, document)
        results.publish(output, results.COMPARISON, result)
