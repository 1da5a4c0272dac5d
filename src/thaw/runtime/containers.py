"""Names of the container images. Their tag is the version of the code, so a pipeline and its pods never differ.

THAW_IMAGES is the registry prefix under which a team keeps its own builds; it is read when a pipeline is compiled.
"""

from __future__ import annotations

import os
from importlib.metadata import version

PREFIX = os.environ.get("THAW_IMAGES", "ghcr.io/thaw-pipelines").rstrip("/")
TAG = version("thaw")

CORE = f"{PREFIX}/thaw-core:{TAG}"
"""No framework: ingest, push_model and the small steps."""
VISION = f"{PREFIX}/thaw-vision:{TAG}"
TEXT = f"{PREFIX}/thaw-text:{TAG}"
