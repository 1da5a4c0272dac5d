"""The KFP declaration of `steps.ingest.parts.read_part`."""

from kfp import dsl

from thaw.runtime.containers import CORE


@dsl.component(base_image=CORE, install_kfp_package=False)
def read_part(
    data: str,
    store: str,
    part: int,
    count: int,
    source_options: dict = {},  # noqa: B006 (a component takes no other default)
    output: str = "",
) -> None:
    """Read, check and hash one part of a source of many files, and keep it in the store for `ingest`.

    Args:
        data: As `ingest` takes it.
        store: Folder or gs:// that keeps datasets by content.
        part: Number of the part, from 0 up.
        count: How many parts there are, from `list_parts`.
        source_options: As `ingest` takes them.
        output: Folder or gs:// for an error; empty to keep none.
    """
    from thaw.records import SourceOptions
    from thaw.runtime import step_context
    from thaw.steps.ingest import parts
    from thaw.storage.store import Store

    with step_context.step("read_part", output) as scratch:
        parts.read_part(data, SourceOptions(**source_options), int(part), int(count), Store(store), scratch)
