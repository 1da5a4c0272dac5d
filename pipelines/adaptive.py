"""The graph that branches: profile a dataset, and train only as much of the network as it needs.

    current_champion → ingest → profile_dataset → choose_strategy ┬ fine_tune (frozen)  ┬ evaluate → passed: push_model
                                                                  ├ fine_tune (partial) ┤
                                                                  ├ fine_tune (lora)    ┤
                                                                  └ fine_tune (full)    ┘
    and around all of it report_outcome, whatever happens.

The same function is compiled for a cluster and run on one machine. KFP's caching is off: its keys know parameters and
not content, so a schedule would never see new data; the store does it by content.
"""

from kfp import dsl

from thaw.components.choose_strategy.component import choose_strategy
from thaw.components.current_champion.component import current_champion
from thaw.components.evaluate.component import evaluate
from thaw.components.fine_tune.component import fine_tune
from thaw.components.ingest.component import ingest
from thaw.components.profile_dataset.component import profile_dataset
from thaw.components.push_model.component import push_model
from thaw.components.report_outcome.component import report_outcome
from thaw.pipelines.parts import read_parts
from thaw.pipelines.resources import ANY_NODE, GPU, KEEP_SECONDS, NO_OPTIONS, NO_TAINTS, accelerate, set_resources
from thaw.runtime.containers import TEXT, VISION


@dsl.pipeline(
    name="thaw-adaptive",
    description="Profile a dataset, choose how much of a pretrained network to train, train, evaluate and release it.",
    pipeline_config=dsl.PipelineConfig(ttl_seconds_after_finished=KEEP_SECONDS),
)
def adaptive(
    data: str,
    output: str,
    store: str,
    registry: str,
    name: str,
    source_options: dict = NO_OPTIONS,
    model: str = "",
    strategy: str = "auto",
    train_from: str = "",
    head: str = "linear",
    prefer: str = "cost",
    max_seconds: float = 0.0,
    augment: bool = False,
    seed: int = 0,
    webhook: str = "",
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
    frozen_accelerator: str = GPU,
    frozen_accelerator_count: str = "0",
    frozen_node_selector: dict = ANY_NODE,
    frozen_tolerations: list = NO_TAINTS,
    partial_accelerator: str = GPU,
    partial_accelerator_count: str = "1",
    partial_node_selector: dict = ANY_NODE,
    partial_tolerations: list = NO_TAINTS,
    lora_accelerator: str = GPU,
    lora_accelerator_count: str = "1",
    lora_node_selector: dict = ANY_NODE,
    lora_tolerations: list = NO_TAINTS,
    full_accelerator: str = GPU,
    full_accelerator_count: str = "1",
    full_node_selector: dict = ANY_NODE,
    full_tolerations: list = NO_TAINTS,
) -> None:
    """Train a model on labelled data, evaluate it against the current one, and release it if it passes.

    The four settings of an accelerator exist for the profile, the choice, and each strategy.

    Args:
        data: Folder of images by class, a CSV, TSV, JSON, Parquet, Arrow or Excel file, shards, or an archive of any;
            gs://, s3://, https:// or hf://datasets/OWNER/NAME.
        source_options: How the data are read, where that is not to be guessed, a JSON object: `label_column`,
            `text_column`, `encoding`, and the other fields of `thaw.records.SourceOptions`.
        output: gs:// folder for the results: JSON files, model and report.
        store: gs:// folder that keeps datasets, features and checkpoints by content, shared by all runs.
        registry: gs:// folder of the model registry.
        name: Name of the model in the registry.
        model: Known name, hf://…, or gs:// folder of the pretrained network; empty for the modality's default.
        strategy: `auto`, or `frozen`, `partial`, `lora`, `full` to force it.
        train_from: Name of the first block to train, with `partial`.
        head: `linear`, or `dense` for a hidden layer of 1,024 units.
        prefer: `cost` for the cheapest strategy that loses almost nothing, `accuracy` for the best one.
        max_seconds: Time that training may take; 0 for no limit.
        augment: Train on random crops and mirror images; of images only, and never the frozen strategy.
        seed: Drives subsampling, initialisation and order, never the split.
        webhook: URL that gets the outcome as a JSON POST.
        vision_image: Container image with the image networks.
        text_image: Container image with the text networks.
        profile_accelerator: Kubernetes resource name of the accelerator; empty for none.
        profile_accelerator_count: How many, as text. A pod that asks for 0 runs on any node.
        profile_node_selector: Labels of the nodes that may be used, a JSON object.
        profile_tolerations: Tolerations of the pod, a JSON list.
    """
    outcome = report_outcome(run=dsl.PIPELINE_JOB_ID_PLACEHOLDER, output=output, webhook=webhook)
    outcome = set_resources(outcome, "report_outcome")
    with dsl.ExitHandler(outcome):
        champion = set_resources(current_champion(registry=registry, name=name, output=output), "current_champion")
        parts = read_parts(data=data, store=store, source_options=source_options, output=output)
        ingested = ingest(
            data=data,
            source_options=source_options,
            store=store,
            vision_image=vision_image,
            text_image=text_image,
            output=output,
        )
        ingested = set_resources(ingested, "ingest").after(champion, parts)
        image, dataset = ingested.outputs["image"], ingested.outputs["dataset"]

        profiled = profile_dataset(dataset=dataset, store=store, model=model, output=output)
        profiled = set_resources(profiled, "profile_dataset").set_container_image(image)
        accelerate(profiled, profile_accelerator, profile_accelerator_count, profile_node_selector, profile_tolerations)

        chosen = choose_strategy(
            dataset=dataset,
            profile=profiled.outputs["profile"],
            store=store,
            strategy=strategy,
            train_from=train_from,
            head=head,
            prefer=prefer,
            max_seconds=max_seconds,
            augment=augment,
            seed=seed,
            output=output,
        )
        chosen = set_resources(chosen, "choose_strategy").set_container_image(image)
        accelerate(chosen, choose_accelerator, choose_accelerator_count, choose_node_selector, choose_tolerations)

        def trained(branch: str) -> dsl.PipelineTask:
            task = fine_tune(dataset=dataset, decision=chosen.outputs["decision"], store=store, output=output)
            return set_resources(task, branch).set_container_image(image).set_display_name(f"fine-tune: {branch}")

        with dsl.If(chosen.outputs["strategy"] == "frozen"):
            frozen = trained("frozen")
            accelerate(frozen, frozen_accelerator, frozen_accelerator_count, frozen_node_selector, frozen_tolerations)
        with dsl.Elif(chosen.outputs["strategy"] == "partial"):
            partial = trained("partial")
            accelerate(
                partial, partial_accelerator, partial_accelerator_count, partial_node_selector, partial_tolerations
            )
        with dsl.Elif(chosen.outputs["strategy"] == "lora"):
            lora = trained("lora")
            accelerate(lora, lora_accelerator, lora_accelerator_count, lora_node_selector, lora_tolerations)
        with dsl.Else():
            full = trained("full")
            accelerate(full, full_accelerator, full_accelerator_count, full_node_selector, full_tolerations)

        branches = (frozen, partial, lora, full)
        model_of_branch = dsl.OneOf(*(branch.outputs["model"] for branch in branches))
        training_of_branch = dsl.OneOf(*(branch.outputs["training"] for branch in branches))

        evaluated = evaluate(
            dataset=dataset,
            model=model_of_branch,
            champion=champion.outputs["champion"],
            decision=chosen.outputs["decision"],
            profile=profiled.outputs["profile"],
            output=output,
        )
        evaluated = set_resources(evaluated, "evaluate").set_container_image(image)

        with dsl.If(evaluated.outputs["passed"] == "true"):
            pushed = push_model(
                dataset=dataset,
                model=model_of_branch,
                training=training_of_branch,
                evaluation=evaluated.outputs["evaluation"],
                champion=champion.outputs["champion"],
                registry=registry,
                name=name,
                output=output,
            )
            set_resources(pushed, "push_model")
