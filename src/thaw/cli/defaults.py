"""Where things lie, and what they are called, unless an option says otherwise."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "thaw"
STORE = str(CACHE / "store")
ENDPOINT = os.environ.get("KFP_ENDPOINT", "http://localhost:8080")
"""kfp's own variable, else a forwarded port."""

PIPELINES = ("adaptive", "compare", "profile")

EXAMPLES = {"movie": "minilm", "mnist": "lite0"}
"""Data and network; each is a module of `examples` that prepares it."""


def name_of(data: str) -> str:
    """A registry's name for models of this data.

    >>> name_of("gs://bucket/Movie Reviews.csv.gz")
    'movie-reviews'
    """
    name = PurePosixPath(data.rstrip("/")).name
    while suffix := re.fullmatch(r"(.+)\.[A-Za-z]\w{0,6}", name):
        name = suffix[1]
    return re.sub("[^a-z0-9._-]+", "-", name.lower())[:63].strip("-._") or "model"


def run_name(pipeline: str, name: str) -> str:
    """What a run on data of this name is called. A run that releases a model has the model's name.

    >>> run_name("adaptive", "flowers"), run_name("compare", "flowers")
    ('flowers', 'flowers-compare')
    """
    return name if pipeline == "adaptive" else f"{name}-{pipeline}"
