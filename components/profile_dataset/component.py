"""The KFP declaration of `steps.profile`."""

from kfp import dsl

from thaw.runtime.containers import CORE


@dsl.component(base_image=CORE, install_kfp_package=False)
def profile_dataset(
    dataset: dsl.Input[dsl.Dataset],
    store: str,
    profile: dsl.Output[dsl.Artifact],
    report: dsl.Output[dsl.HTML],
    model: str = "",
    output: str = "",
) -> None:
    """Measure the dataset, and with one pass of the network over a sample, what probes on each depth of it score.

    Runs in the image that `ingest` returns: it loads the network.

    Args:
        dataset: From `ingest`.
        store: Folder or gs:// that keeps datasets and features by content.
        profile: JSON with size, balance, duplicates, label noise, the worst suspects, and the probe scores of
            every depth. All suspects are in `suspects.parquet` of the output.
        report: The same as a page.
        model: Known name, hf://…, folder or gs:// of the pretrained network; empty for the modality's default.
        output: Folder or gs:// for the results of the run; empty to keep none.
    """
    from pathlib import Path

    from thaw.records import Dataset
    from thaw.report import profile as page
    from thaw.runtime import results, step_context
    from thaw.steps.profile import step
    from thaw.steps.profile.findings import parquet_bytes

    with step_context.step("profile_dataset", output) as scratch:
        rows = Dataset.read(dataset.path)
        found = step.inspect(rows, model, store, scratch)
        found.profile.write(profile.path)
        Path(report.path).write_text(page.page(found.profile, rows, found.thumbnails, found.map_rows))
        results.publish(output, results.SUSPECTS, parquet_bytes(found.suspects))
        results.publish(output, results.PROFILE, found.profile)
