"""The KFP declaration of `steps.choose`."""

from typing import NamedTuple

from kfp import dsl

from thaw.runtime.containers import CORE


@dsl.component(base_image=CORE, install_kfp_package=False)
def choose_strategy(
    dataset: dsl.Input[dsl.Dataset],
    profile: dsl.Input[dsl.Artifact],
    store: str,
    decision: dsl.Output[dsl.Artifact],
    report: dsl.Output[dsl.HTML],
    strategy: str = "auto",
    train_from: str = "",
    head: str = "linear",
    prefer: str = "cost",
    max_seconds: float = 0.0,
    augment: bool = False,
    seed: int = 0,
    output: str = "",
) -> NamedTuple("Outputs", [("strategy", str)]):  # type: ignore[valid-type]
    """Decide how much of the network to train, and plan the training completely.

    Runs in the image that `ingest` returns: a pilot loads the network.

    Args:
        dataset: From `ingest`.
        profile: From `profile_dataset`.
        store: Folder or gs:// that keeps datasets, features and checkpoints by content, those of pilots too.
        decision: JSON with every candidate's predicted score and cost, the choice, its reasons, and the plan.
        report: The same as a page.
        strategy: `auto`, or one of `frozen`, `partial`, `lora`, `full` to force it.
        train_from: Name of the first block to train, with `partial`; empty to let the profile decide.
        head: `linear`, or `dense` for a hidden layer of 1,024 units.
        prefer: `cost` for the cheapest strategy that loses almost nothing, `accuracy` for the best one.
        max_seconds: Time that training may take; 0 for no limit.
        augment: Train on random crops and mirror images; of images only, and never the frozen strategy.
        seed: Drives subsampling, initialisation and order, never the split.
        output: Folder or gs:// for the results of the run; empty to keep none.

    Returns:
        strategy: The chosen one.
    """
    from pathlib import Path

    from thaw.records import Dataset, Profile
    from thaw.report import decision as page
    from thaw.runtime import results, step_context
    from thaw.steps.choose import step

    with step_context.step("choose_strategy", output) as scratch:
        result = step.run(
            Dataset.read(dataset.path),
            Profile.read(profile.path),
            strategy=strategy,
            train_from=train_from,
            head=head,
            prefer=prefer,
            max_seconds=max_seconds,
            augment=augment,
            seed=seed,
            store=store,
            scratch=scratch,
        )
        result.write(decision.path)
        Path(report.path).write_text(page.page(result))
        results.publish(output, results.DECISION, result)

    return (result.strategy,)
