"""The KFP declaration of `steps.ingest.parts.part_count`."""

from typing import NamedTuple

from kfp import dsl

from thaw.runtime.containers import CORE


@dsl.component(base_image=CORE, install_kfp_package=False)
def list_parts(data: str, output: str = "") -> NamedTuple("Outputs", [("count", int), ("parts", list)]):  # type: ignore[valid-type]
    """Name the parts that a source of many files is read in, for a loop over them.

    Args:
        data: As `ingest` takes it.
        output: Folder or gs:// for an error; empty to keep none.

    Returns:
        count: How many parts there are; 1 where the source has few files.
        parts: Their numbers, from 0 up.
    """
    from thaw.runtime import step_context
    from thaw.steps.ingest import parts

    with step_context.step("list_parts", output):
        count = parts.part_count(data)

    return count, list(range(count))
