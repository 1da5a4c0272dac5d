"""The KFP declaration of `steps.ingest`."""

from typing import NamedTuple

from kfp import dsl

from thaw.runtime.containers import CORE


@dsl.component(base_image=CORE, install_kfp_package=False)
def ingest(
    data: str,
    store: str,
    vision_image: str,
    text_image: str,
    dataset: dsl.Output[dsl.Dataset],
    source_options: dict = {},  # noqa: B006 (a component takes no other default)
    output: str = "",
) -> NamedTuple("Outputs", [("modality", str), ("image", str)]):  # type: ignore[valid-type]
    """Turn labelled files into a dataset of Parquet shards in the store, and set aside rows that cannot be used.

    Args:
        data: Folder of images by class, a CSV, TSV, JSON, Parquet, Arrow or Excel file, shards, or an archive of any;
            several with commas between or as a pattern; gs://, s3://, https:// or hf://datasets/OWNER/NAME.
        store: Folder or gs:// that keeps datasets and features by content.
        vision_image: Container image for the steps that follow when the data are images.
        text_image: Container image for the steps that follow when the data are texts.
        dataset: JSON with classes, counts and fingerprint, and the URIs of the shards in the store.
        source_options: How the source is read, where that is not to be guessed: `{"label_column": "stars"}`; the fields
            of `thaw.records.SourceOptions`.
        output: Folder or gs:// for the results of the run; empty to keep none.

    Returns:
        modality: `image` or `text`.
        image: The container image for this modality.
    """
    from thaw.records import SourceOptions
    from thaw.runtime import claims, results, step_context
    from thaw.steps.ingest import step

    with step_context.step("ingest", output) as scratch:
        result = step.run(data, store, scratch, SourceOptions(**source_options))
        result.write(dataset.path)
        dataset.metadata.update(
            modality=result.modality, classes=len(result.classes), fingerprint=result.fingerprint, source=result.source
        )
        claims.mark(output)
        results.accept(output)
        results.publish(output, results.DATASET, result)

    return result.modality, vision_image if result.modality == "image" else text_image
