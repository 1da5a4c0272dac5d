"""Where a run on this machine writes, and what is checked before anything is started."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import storage
from ..errors import InputError
from ..runtime.options import PLACES
from ..runtime.results import RESULTS
from . import defaults


def fill_locations(pipeline: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with the places of a run here filled in, absolute where local."""
    output = Path("thaw-output", defaults.run_name(pipeline, defaults.name_of(values["data"])))
    placed = {"output": str(output), "store": defaults.STORE, **values}
    return {key: _absolute(value) if key in PLACES else value for key, value in placed.items()}


def check_places(parameters: Mapping[str, Any]) -> None:
    """Nothing is started that could not write its results, or would clear away what it is to read."""
    for source in ("data", "model"):
        if _among_results(parameters.get(source, ""), parameters["output"]):
            raise InputError(
                f"--{source} lies in the output folder, whose results give way to the new run's",
                "choose another --output",
            )
    for place in PLACES:
        if place in parameters:
            storage.check_writable(parameters[place])


def _among_results(uri: str, folder: str) -> bool:
    """Does `uri` lie in one of the folder's places for results?"""
    if storage.is_remote(uri) or storage.is_remote(folder):
        return any(f"{uri.rstrip('/')}/".startswith(f"{storage.join(folder, name)}/") for name in RESULTS)
    return any(Path(uri).expanduser().absolute().is_relative_to(Path(folder, name)) for name in RESULTS)


def _absolute(uri: str) -> str:
    return uri if storage.is_remote(uri) else str(Path(uri).expanduser().absolute())
