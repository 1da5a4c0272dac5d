"""A source of many files, read in parts on several machines; one of few files is left to `ingest`."""

from kfp import dsl

from thaw.components.list_parts.component import list_parts
from thaw.components.read_part.component import read_part
from thaw.pipelines.resources import NO_OPTIONS, set_resources

MAX_READERS = 16
"""Parts that are read at a time."""


@dsl.pipeline(name="thaw-read-parts")
def read_parts(data: str, store: str, source_options: dict = NO_OPTIONS, output: str = "") -> None:
    """Read the parts of a large source into the store, where `ingest` finds them.

    Args:
        data: As `ingest` takes it.
        store: Folder or gs:// that keeps datasets by content.
        source_options: As `ingest` takes them.
        output: Folder or gs:// for an error; empty to keep none.
    """
    listed = set_resources(list_parts(data=data, output=output), "list_parts")
    with (
        dsl.If(listed.outputs["count"] > 1, name="large"),
        dsl.ParallelFor(listed.outputs["parts"], name="parts", parallelism=MAX_READERS) as part,
    ):
        read = read_part(
            data=data,
            store=store,
            part=part,
            count=listed.outputs["count"],
            source_options=source_options,
            output=output,
        )
        set_resources(read, "ingest")
