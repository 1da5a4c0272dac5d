"""The components, for pipelines other than ours."""

from __future__ import annotations

from pathlib import Path

from kfp import compiler

from ..components.choose_strategy.component import choose_strategy
from ..components.compare_strategies.component import compare_strategies
from ..components.core.errors import InputError
from ..components.current_champion.component import current_champion
from ..components.evaluate.component import evaluate
from ..components.fine_tune.component import fine_tune
from ..components.ingest.component import ingest
from ..components.list_runs.component import list_runs
from ..components.profile_dataset.component import profile_dataset
from ..components.push_model.component import push_model
from ..components.report_outcome.component import report_outcome

COMPONENTS = {
    "current_champion": current_champion,
    "ingest": ingest,
    "profile_dataset": profile_dataset,
    "choose_strategy": choose_strategy,
    "fine_tune": fine_tune,
    "evaluate": evaluate,
    "push_model": push_model,
    "report_outcome": report_outcome,
    "list_runs": list_runs,
    "compare_strategies": compare_strategies,
}


def write_components(folder: Path) -> list[Path]:
    """One YAML a component, for `kfp.components.load_component_from_file`."""
    paths = [folder / f"{name}.yaml" for name in COMPONENTS]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, component in zip(paths, COMPONENTS.values(), strict=True):
            compiler.Compiler().compile(component, str(path))
    except OSError as error:
        raise InputError(f"{folder} cannot be written ({error.strerror})", "give a folder that can be") from error
    return paths
