"""The KFP declaration of `steps.list_runs`."""

from kfp import dsl

from thaw.runtime.containers import CORE


@dsl.component(base_image=CORE, install_kfp_package=False)
def list_runs(
    decision: dsl.Input[dsl.Artifact],
    store: str,
    seeds: int = 3,
    output: str = "",
) -> list[dict]:
    """Name the runs of a comparison, for a loop over them: every strategy that the network can be trained with.

    It takes the decision, so that the choice is made before any of them runs.

    Args:
        decision: From `choose_strategy`, unforced.
        store: Folder or gs:// that keeps features and checkpoints; each run gets a store of its own in it.
        seeds: How many seeds each strategy is run with, from 0 up.
        output: Folder or gs:// for the results of the comparison, a folder in it for each run; empty to keep none.

    Returns:
        A list of `name`, `strategy`, `seed`, `store` and `output`, one a run.
    """
    from thaw.records import Decision
    from thaw.runtime import step_context
    from thaw.steps.list_runs import step

    with step_context.step("list_runs", output):
        return step.run(Decision.read(decision.path), seeds, store, output)
