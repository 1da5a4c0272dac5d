"""What transformers reads from a folder or the hub, and in one line what it cannot."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from transformers import CONFIG_MAPPING, PretrainedConfig
from transformers.utils import logging

from ...errors import InputError
from ..hub import hugging_face
from .modeling import MeanPooledConfig

MAX_REASON = 200
"""Characters of another library's message that are shown."""


def load_pretrained(load: Callable[..., Any], reference: str, folder: Path | None, **options: Any) -> Any:
    """What `load` makes of the folder or of the hub's files. Code that lies among the files is not run.

    Raises:
        InputError: `load` fails: the files are the user's.
    """
    name = reference.removeprefix("hf://")
    place = str(folder or hugging_face(name, reference) or name)
    try:
        with quiet():
            return load(place, trust_remote_code=False, **options)
    except InputError:
        raise
    except Exception as error:  # of transformers, tokenizers and safetensors: a damaged file has many ways to show
        raise refusal(reference, error) from error


@contextmanager
def quiet() -> Iterator[None]:
    """Without transformers' tables of what it found: what matters of them is checked, and said in one line."""
    level = logging.get_verbosity()
    logging.set_verbosity(logging.CRITICAL)
    try:
        yield
    finally:
        logging.set_verbosity(level)


def refusal(reference: str, error: Exception) -> InputError:
    """The one line for what a loader raised."""
    text = str(error)
    if "trust_remote_code" in text:
        return InputError(
            f"{reference} needs code of its own, which Thaw does not run",
            "give a network that transformers itself knows",
        )
    if isinstance(error, UnpicklingError):
        return InputError(
            f"{reference} holds weights in a pickle with more than tensors in it{blocked(text)}, which is not loaded",
            "save the weights as model.safetensors",
        )
    package = missing_package(error)
    if package:
        return InputError(f"{reference} needs {package}, which is not installed", f"pip install {package}")
    return InputError(
        f"{reference} holds no text network that can be loaded ({first_line(error)})",
        "give an encoder as save_pretrained writes it: config.json, model.safetensors and the tokenizer's files",
    )


def blocked(text: str) -> str:
    found = re.search(r"unsupported (?:GLOBAL|global:? ?GLOBAL) (\S+)", text, re.IGNORECASE)
    return f" ({found[1]})" if found else ""


def missing_package(error: Exception) -> str | None:
    """What pip would have to install, where that is what the error says."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return error.name.split(".")[0]
    found = re.search(r"pip install (?:-\S+ )*[`'\"]?([A-Za-z][\w.-]*(?:\[[\w,]+\])?)", str(error))
    found = found or re.search(r"(?:requires the|need to install) (\w+)", str(error))
    return found[1] if found and (isinstance(error, ImportError) or "install" in str(error)) else None


def first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:MAX_REASON]


def is_saved_model(folder: Path) -> bool:
    """Whether `Network.save` wrote the folder."""
    try:
        model_type = json.loads((folder / "config.json").read_text())["model_type"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(model_type == MeanPooledConfig.model_type)


def saved_encoder(reference: str, folder: Path) -> PretrainedConfig:
    """The configuration of the encoder in a model that `Network.save` wrote.

    Raises:
        InputError: It is none of the library's.
    """
    settings = MeanPooledConfig.from_pretrained(folder).encoder
    kind = settings.pop("model_type", None) if isinstance(settings, dict) else None
    if kind not in CONFIG_MAPPING or "auto_map" in settings:
        raise InputError(
            f"config.json in {reference} describes no encoder that transformers itself knows",
            "give the folder as it was saved",
        )
    try:
        return CONFIG_MAPPING[kind](**settings)
    except Exception as error:  # each configuration checks its values in a way of its own
        raise refusal(reference, error) from error
