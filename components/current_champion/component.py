"""The KFP declaration of `steps.current_champion`, the beginning of a run."""

from kfp import dsl

from thaw.runtime.containers import CORE


@dsl.component(base_image=CORE, install_kfp_package=False)
def current_champion(registry: str, name: str, champion: dsl.Output[dsl.Artifact], output: str = "") -> None:
    """Read which version of a model is current before a new one is trained.

    The new model is compared with this version, and becomes current only if this one still is. The step also checks
    that `output` can be written, before any time is spent.

    Args:
        registry: Folder or gs:// of the model registry.
        name: Name of the model in the registry.
        champion: JSON with version, URI and generation of the current model; all empty when there is none.
        output: Folder or gs:// for the results of the run; empty to keep none.
    """
    from thaw.runtime import step_context
    from thaw.steps.current_champion import step

    with step_context.step("current_champion", output):
        result = step.run(registry, name, output)
        result.write(champion.path)
