"""The pipelines by name, and what they compile to."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from kfp import compiler

from ..errors import InputError

PIPELINES = {"adaptive": "adaptive", "compare": "compare", "profile": "profiling"}
"""Name of each pipeline's module, and of the function in it."""


def pipeline(name: str) -> Any:
    """The function that declares a pipeline."""
    function = PIPELINES[name]
    return getattr(importlib.import_module(f"thaw.pipelines.{function}"), function)


def compile_to(name: str, file: Path) -> Path:
    """Write a pipeline as YAML, for a cluster.

    Raises:
        InputError: The file cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        compiler.Compiler().compile(pipeline(name), str(file))
    except (OSError, ValueError) as error:
        raise InputError(f"{file} cannot be written ({error})", "give a file NAME.yaml that can be") from error
    return file
