"""Every strategy for real on the same data: there is no substitute for the experiment.

    current_champion → ingest → profile_dataset → choose_strategy → list_runs
      → for each strategy and seed: choose_strategy (forced) → fine_tune → evaluate
      → compare_strategies

The choice is made before anything is trained, and is not told what came of it, so its regret is that of `thaw run` on
these data. Nothing is released.
"""

from kfp import dsl

from thaw.components.choose_strategy.component import choose_strategy
from thaw.components.compare_strategies.component import compare_strategies
from thaw.components.current_champion.component import current_champion
from thaw.components.evaluate.component import evaluate
from thaw.components.fine_tune.component import fine_tune
from thaw.components.ingest.component import ingest
from thaw.components.list_runs.component import list_runs
from thaw.components.profile_dataset.component import profile_dataset
from thaw.pipelines.parts import read_parts
from thaw.pipelines.resources import ANY_NODE, GPU, KEEP_SECONDS, NO_OPTIONS, NO_TAINTS, accelerate, set_resources
from thaw.runtime.containers import TEXT, VISION

NOBODY = "nobody"
"""A name under which nothing is ever released: the runs are compared with each other, and with no champion."""


@dsl.pipeline(
    name="thaw-compare",
    description="Run every strategy with several seeds, and say what the choice among them has cost.",
    pipeline_config=dsl.PipelineConfig(ttl_seconds_after_finished=KEEP_SECONDS),
)
def compare(
    data: str,
    output: str,
    store: str,
    source_options: dict = NO_OPTIONS,
    model: str = "",
    seeds: int = 3,
    vision_image: str = VISION,
    text_image: str = TEXT,
    profile_accelerator: str = GPU,
    profile_accelerator_count: str = "1",
    profile_node_selector: dict = ANY_NODE,
    profile_tolerations: list = NO_TAINTS,
    choose_accelerator: str = GPU,
    choose_accelerator_count: str = "1",
    choose_node_selector: dict = ANY_NODE,
    choose_tolerations: list = NO_TAINTS,
    train_accelerator: str = GPU,
    train_accelerator_count: str = "1",
    train_node_selector: dict = ANY_NODE,
    train_tolerations: list = NO_TAINTS,
) -> None:
    """Run every strategy with every seed on the same split, and put them side by side.

    The four settings of an accelerator exist for the profile, the choice, and the training of every strategy: which
    strategy an iteration runs is known only when it does.

    Args:
        data: Folder of images by class, a CSV, TSV, JSON, Parquet, Arrow or Excel file, shards, or an archive of any;
            gs://, s3://, https:// or hf://datasets/OWNER/NAME.
        source_options: How the data are read, where that is not to be guessed, a JSON object: `label_column`,
            `text_column`, `encoding`, and the other fields of `thaw.records.SourceOptions`.
        output: gs:// folder for the results: the leaderboard, and a folder for each run.
        store: gs:// folder that keeps datasets, features and checkpoints by content, shared by all runs.
        model: Known name, hf://…, or gs:// folder of the pretrained network; empty for the modality's default.
        seeds: How many seeds each strategy is run with, from 0 up. The split never changes.
        vision_image: Container image with the image networks.
        text_image: Container image with the text networks.
        profile_accelerator: Kubernetes resource name of the accelerator; empty for none.
        profile_accelerator_count: How many, as text. A pod that asks for 0 runs on any node.
        profile_node_selector: Labels of the nodes that may be used, a JSON object.
        profile_tolerations: Tolerations of the pod, a JSON list.
    """
    nobody = set_resources(current_champion(registry=output, name=NOBODY, output=output), "current_champion")
    parts = read_parts(data=data, store=store, source_options=source_options, output=output)
    ingested = ingest(
        data=data,
        source_options=source_options,
        store=store,
        vision_image=vision_image,
        text_image=text_image,
        output=output,
    )
    ingested = set_resources(ingested, "ingest").after(nobody, parts)
    image, dataset = ingested.outputs["image"], ingested.outputs["dataset"]

    profiled = profile_dataset(dataset=dataset, store=store, model=model, output=output)
    profiled = set_resources(profiled, "profile_dataset").set_container_image(image)
    accelerate(profiled, profile_accelerator, profile_accelerator_count, profile_node_selector, profile_tolerations)
    profile = profiled.outputs["profile"]

    chosen = choose_strategy(dataset=dataset, profile=profile, store=store, output=output)
    chosen = set_resources(chosen, "choose_strategy").set_container_image(image)
    accelerate(chosen, choose_accelerator, choose_accelerator_count, choose_node_selector, choose_tolerations)
    decision = chosen.outputs["decision"]

    listed = set_resources(list_runs(decision=decision, store=store, seeds=seeds, output=output), "list_runs")
    with dsl.ParallelFor(listed.output, name="runs") as run:
        forced = choose_strategy(
            dataset=dataset,
            profile=profile,
            store=run.store,
            strategy=run.strategy,
            seed=run.seed,
            output=run.output,
        )
        set_resources(forced, "choose_strategy").set_container_image(image).set_display_name("plan")
        # Without an output: a copy of every run's model would be large, and the leaderboard needs none of them.
        trained = fine_tune(dataset=dataset, decision=forced.outputs["decision"], store=run.store)
        set_resources(trained, "full").set_container_image(image)
        accelerate(trained, train_accelerator, train_accelerator_count, train_node_selector, train_tolerations)
        evaluated = evaluate(
            dataset=dataset,
            model=trained.outputs["model"],
            champion=nobody.outputs["champion"],
            decision=forced.outputs["decision"],
            profile=profile,
            output=run.output,
        )
        set_resources(evaluated, "evaluate").set_container_image(image)

    compared = compare_strategies(
        decision=decision,
        trainings=dsl.Collected(trained.outputs["training"]),
        evaluations=dsl.Collected(evaluated.outputs["evaluation"]),
        output=output,
    )
    set_resources(compared, "compare_strategies")
