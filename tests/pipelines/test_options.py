"""The pipelines' parameters are the options of a run, and those that only a cluster has."""

from __future__ import annotations

import inspect
from typing import Any, get_args

import pytest

from thaw.cli import defaults
from thaw.kubeflow.compilation import PIPELINES, pipeline
from thaw.runtime.options import OF_PIPELINE, SOURCE, SOURCE_OPTIONS, Options

CLUSTER_ONLY = ("_image", "_accelerator", "_accelerator_count", "_node_selector", "_tolerations")


def parameters(name: str) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(pipeline(name).pipeline_func).parameters)


def kind(annotation: Any) -> type:
    """The type of an option as a parameter: Kubeflow Pipelines has text where we have choices."""
    return str if get_args(annotation) else annotation


def test_every_pipeline_has_options() -> None:
    assert set(PIPELINES) == set(OF_PIPELINE) == set(defaults.PIPELINES)


@pytest.mark.parametrize("name", PIPELINES)
def test_names_types_and_defaults_are_those_of_the_options(name: str) -> None:
    own = {each: given for each, given in parameters(name).items() if not each.endswith(CLUSTER_ONLY)}
    assert own.pop(SOURCE_OPTIONS).default == {}
    assert set(own) == set(OF_PIPELINE[name]) - set(SOURCE)
    for each, parameter in own.items():
        field = Options.model_fields[each]
        assert parameter.annotation is kind(field.annotation), each
        assert parameter.default in (inspect.Parameter.empty, field.default), each


@pytest.mark.parametrize("name", PIPELINES)
def test_what_has_no_default_in_a_pipeline_is_filled_in_by_the_command_line(name: str) -> None:
    required = {each for each, given in parameters(name).items() if given.default is inspect.Parameter.empty}
    assert required <= {"data", "name", "output", "store", "registry"}
    assert all(not Options.model_fields[each].default for each in required)
