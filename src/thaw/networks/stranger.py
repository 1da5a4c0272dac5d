"""A saved model loaded as somebody without Thaw would load it: in a fresh process, by its framework alone.

Each engine has a script `stranger.py` for it, which is run by its path and cannot import Thaw.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from ..records import Modality, Record

ENGINES: dict[Modality, str] = {"image": "keras", "text": "torch"}
MAX_SECONDS = 1800.0
"""A hundred rows of a large network on one core take a few minutes."""


class Answer(Record):
    """What a stranger finds in a model folder."""

    missing: tuple[str, ...] = ()
    """Arrays that the model has and the file of the weights has not, or in another shape."""
    unexpected: tuple[str, ...] = ()
    """Arrays that the file has and the model has not."""
    classes: tuple[str, ...] = ()
    logits: tuple[tuple[float, ...], ...] = ()
    """(rows, classes)."""
    apart: tuple[int, ...] = ()
    """Rows that need more than the plain call: texts to be cut, images with transparency or more than 8 bits."""
    error: str = ""
    """Why it does not load or predict, in one line; everything else is empty then."""


def ask(model: Path, modality: Modality, rows: Sequence[Any], scratch: Path) -> Answer:
    """Load the folder `model` and predict `rows` (texts, or bytes of image files), by way of files in `scratch`."""
    if foreign := foreign_code(model):
        return Answer(error=f"it carries code that is not Thaw's: {', '.join(foreign)}")
    request, place = scratch / "request.json", scratch / "answer.json"
    inputs = {"texts": list(rows)} if modality == "text" else {"images": written(rows, scratch)}
    request.write_text(json.dumps({"folder": str(model.absolute()), **inputs}))
    script = Path(__file__).parent / ENGINES[modality] / "stranger.py"
    command = [sys.executable, "-I", str(script), str(request), str(place)]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=scratch,
            env=environment(scratch),
            timeout=MAX_SECONDS,
        )
        return Answer.model_validate_json(place.read_bytes())
    except subprocess.TimeoutExpired:
        return Answer(error=f"no answer within {MAX_SECONDS:.0f} s")
    except FileNotFoundError:
        return Answer(error=last_line(done.stderr) or f"exit code {done.returncode}")
    except ValidationError as error:
        return Answer(error=f"its outputs are no finite logits ({error.errors()[0]['msg']})")


def foreign_code(model: Path) -> list[str]:
    """Names of Python files in the folder that are not copies of the text engine's own: a stranger would run them."""
    own = {path.read_bytes() for path in Path(__file__).with_name("torch").glob("*.py")}
    return [path.name for path in sorted(model.rglob("*.py")) if path.read_bytes() not in own]


def written(images: Sequence[bytes], scratch: Path) -> list[str]:
    """Paths of the images as files."""
    paths = [scratch / f"image-{row}" for row in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        path.write_bytes(image)
    return list(map(str, paths))


def environment(scratch: Path) -> dict[str, str]:
    """On the CPU, whose memory nobody else has taken whole, without a hub, and with no code kept from before."""
    return {
        **os.environ,
        "CUDA_VISIBLE_DEVICES": "",
        "HF_HUB_OFFLINE": "1",
        "HF_MODULES_CACHE": str(scratch / "modules"),
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }


def last_line(printed: bytes) -> str:
    """The last line of what a process printed: of a traceback, the error."""
    lines = printed.decode(errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else ""


def largest_difference(answer: Answer, logits: np.ndarray) -> float | None:
    """The largest difference to logits (rows, classes) of the same rows; None where the shapes differ."""
    theirs = np.array(answer.logits, np.float64)
    return float(np.abs(theirs - logits).max()) if theirs.size and theirs.shape == logits.shape else None
