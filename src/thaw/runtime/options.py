"""The options of a run: the one list that flags, environment variables, files and the pipelines' parameters follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from ..records import HeadKind, Preference, SourceOptions, Strategy


class Options(SourceOptions):
    """What a run may be asked for. Every pipeline takes some of them, by these names and with these defaults.

    >>> Options(data="reviews.csv").head
    'linear'
    """

    data: str = Field(
        "",
        description="folder of images by class; CSV, TSV, JSON, Parquet, Arrow or Excel file; shards; an archive of "
        "any; several with commas or as data/*.csv; local, gs://, s3://, https:// or hf://datasets/OWNER/NAME",
    )
    model: str = Field("", description="known name, hf://…, folder or gs:// of the pretrained network")
    strategy: Literal["auto", Strategy] = Field("auto", description="how much of the network to train")
    train_from: str = Field("", description="first block to train, with the strategy partial")
    head: HeadKind = Field("linear", description="dense: a hidden layer of 1,024 units")
    prefer: Preference = Field("cost", description="of strategies about as good")
    max_seconds: float = Field(0.0, ge=0, allow_inf_nan=False, description="time that training may take; 0: no limit")
    augment: bool = Field(False, description="train on random crops and mirror images")
    seed: int = Field(0, ge=0, lt=2**31, description="of everything but the split")
    seeds: int = Field(3, ge=1, le=100, description="compare runs each strategy with the seeds 0 to N-1")
    name: str = Field("", description="of the model in the registry")
    webhook: str = Field("", description="gets the outcome as a JSON POST")
    output: str = Field("", description="folder or gs:// for the results")
    store: str = Field("", description="folder or gs:// that keeps data, features and checkpoints by content")
    registry: str = Field("", description="folder or gs:// of the model registry")


SOURCE = tuple(SourceOptions.model_fields)
"""The options of how a source is read. A pipeline takes them together, as its parameter SOURCE_OPTIONS."""
SOURCE_OPTIONS = "source_options"

PROFILE = ("data", *SOURCE, "model", "output", "store")
COMPARE = ("data", *SOURCE, "model", "seeds", "output", "store")
ADAPTIVE = ("data", *SOURCE, *(name for name in Options.model_fields if name not in ("data", "seeds", *SOURCE)))

OF_PIPELINE: Mapping[str, tuple[str, ...]] = {"adaptive": ADAPTIVE, "compare": COMPARE, "profile": PROFILE}
"""The options of a run of each pipeline."""

PLACES = ("output", "store", "registry")
"""The options that say where something is written."""


def pipeline_parameters(values: Mapping[str, Any]) -> dict[str, Any]:
    """The options as parameters of a pipeline: those of the source lie together in one.

    >>> pipeline_parameters({"data": "x.csv", "label_column": "stars"})
    {'data': 'x.csv', 'source_options': {'label_column': 'stars'}}
    """
    source = {name: value for name, value in values.items() if name in SOURCE}
    others = {name: value for name, value in values.items() if name not in SOURCE}
    return others | ({SOURCE_OPTIONS: source} if source else {})
