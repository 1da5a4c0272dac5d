"""The components, for pipelines other than ours."""

from __future__ import annotations

from pathlib import Path

from kfp import compiler

from thaw.components.choose_strategy.component import choose_strategy
from thaw.components.compare_strategies.component import compare_strategies
from thaw.components.current_champion.component import current_champion
from thaw.components.evaluate.component import evaluate
from thaw.components.fine_tune.component import fine_tune
from thaw.components.ingest.component import ingest
from thaw.components.list_parts.component import list_parts
from thaw.components.list_runs.component import list_runs
from thaw.components.profile_dataset.component import profile_dataset
from thaw.components.push_model.component import push_model
from thaw.components.read_part.component import read_part
from thaw.components.report_outcome.component import report_outcome

from ..errors import InputError

COMPONENTS = {
    "current_champion": current_champion,
    "list_parts": list_parts,
    "read_part": read_part,
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
