"""The KFP declaration of `steps.report_outcome`: the exit handler."""

from kfp import dsl

from thaw.runtime.containers import CORE


@dsl.component(base_image=CORE, install_kfp_package=False)
def report_outcome(status: dsl.PipelineTaskFinalStatus, run: str, output: str, webhook: str = "") -> None:
    """Write how a run ended to `outcome.json`, and notify a webhook.

    Args:
        status: Of the tasks that this exit handler follows; given by KFP.
        run: ID of the run.
        output: Folder or gs:// with the results of the run.
        webhook: URL that gets the outcome as a JSON POST; empty for none.
    """
    from thaw.runtime import results, step_context
    from thaw.steps.report_outcome import step

    with step_context.step("report_outcome", output):
        result = step.run(status.state, run, output)
        results.publish(output, results.OUTCOME, result)
        step.notify(webhook, result)
