"""The beginning of the adaptive pipeline alone: what is in a dataset, and what a network already knows of it."""

from kfp import dsl

from thaw.components.ingest.component import ingest
from thaw.components.profile_dataset.component import profile_dataset
from thaw.pipelines.parts import read_parts
from thaw.pipelines.resources import ANY_NODE, GPU, KEEP_SECONDS, NO_OPTIONS, NO_TAINTS, accelerate, set_resources
from thaw.runtime.containers import TEXT, VISION


@dsl.pipeline(
    name="thaw-profile",
    description="Profile a dataset, and what each depth of a pretrained network already knows of it.",
    pipeline_config=dsl.PipelineConfig(ttl_seconds_after_finished=KEEP_SECONDS),
)
def profiling(
    data: str,
    output: str,
    store: str,
    source_options: dict = NO_OPTIONS,
    model: str = "",
    vision_image: str = VISION,
    text_image: str = TEXT,
    profile_accelerator: str = GPU,
    profile_accelerator_count: str = "1",
    profile_node_selector: dict = ANY_NODE,
    profile_tolerations: list = NO_TAINTS,
) -> None:
    """Profile a dataset.

    Args:
        data: Folder of images by class, a CSV, TSV, JSON, Parquet, Arrow or Excel file, shards, or an archive of any;
            gs://, s3://, https:// or hf://datasets/OWNER/NAME.
        source_options: How the data are read, where that is not to be guessed, a JSON object: `label_column`,
            `text_column`, `encoding`, and the other fields of `thaw.records.SourceOptions`.
        output: gs:// folder for the results.
        store: gs:// folder that keeps datasets and features by content, shared by all runs.
        model: Known name, hf://…, or gs:// folder of the pretrained network; empty for the modality's default.
        vision_image: Container image with the image networks.
        text_image: Container image with the text networks.
        profile_accelerator: Kubernetes resource name of the accelerator; empty for none.
        profile_accelerator_count: How many, as text. A pod that asks for 0 runs on any node.
        profile_node_selector: Labels of the nodes that may be used, a JSON object.
        profile_tolerations: Tolerations of the pod, a JSON list.
    """
    parts = read_parts(data=data, store=store, source_options=source_options, output=output)
    ingested = ingest(
        data=data,
        source_options=source_options,
        store=store,
        vision_image=vision_image,
        text_image=text_image,
        output=output,
    )
    set_resources(ingested, "ingest").after(parts)
    profiled = profile_dataset(dataset=ingested.outputs["dataset"], store=store, model=model, output=output)
    set_resources(profiled, "profile_dataset").set_container_image(ingested.outputs["image"])
    accelerate(profiled, profile_accelerator, profile_accelerator_count, profile_node_selector, profile_tolerations)
