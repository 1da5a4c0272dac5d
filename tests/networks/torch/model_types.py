"""What becomes of every model type of transformers, tried with tiny random weights.

`python -m tests.networks.torch.model_types` writes the table that `test_text_sweep.py` holds the engine to.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModel, PretrainedConfig
from transformers.models.auto.modeling_auto import MODEL_MAPPING_NAMES
from transformers.utils import logging

from tests.networks import harness, tiny
from tests.networks.torch.tiny_configs import tiny_config
from thaw.errors import InputError
from thaw.networks.loading import load_model, open_network

TABLE = Path(__file__).with_name("model_types.tsv")
OPENS, NO_TEXT, REFUSED, NOT_TRIED = "opens", "no text alone", "refused", "not tried"
MAX_PARAMETERS = 40_000_000
TOO_SLOW = {"kimi_linear": "its implementation in plain PyTorch takes minutes for a batch"}
TOLERANCE = 0.1
"""How far logits through float16 activations may be off: a router may send a token elsewhere for the rounding."""
RAW, _LABELS = tiny.texts(12)
LABELS = np.array(_LABELS)


def outcome(model_type: str, tokenizer: Path, scratch: Path) -> tuple[str, str]:
    """Kind and reason; AssertionError where a network opens and does not keep what the engine promises."""
    if model_type in TOO_SLOW:
        return NOT_TRIED, TOO_SLOW[model_type]
    folder = scratch / "network"
    shutil.copytree(tokenizer, folder)
    try:
        config = tiny_config(model_type)
        config.save_pretrained(folder)
    except Exception as error:  # each configuration checks its values in a way of its own
        return NOT_TRIED, f"no tiny configuration: {one_line(error)}"
    line = refused_line(folder, scratch)
    if "does not read text alone" in line:
        return NO_TEXT, ""
    try:
        save_random(config, folder)
    except Exception as error:  # and each architecture
        return NOT_TRIED, f"not built from the configuration: {one_line(error)}"
    line = refused_line(folder, scratch)
    if line:
        return REFUSED, reason_in(line)
    check(folder, scratch)
    return OPENS, ""


def save_random(config: PretrainedConfig, folder: Path) -> None:
    with torch.device("meta"):
        parameters = sum(p.numel() for p in AutoModel.from_config(config).parameters())
    if parameters > MAX_PARAMETERS:
        raise ValueError(f"{parameters / 1e6:.0f} million parameters in the smallest that names of sizes make")
    torch.manual_seed(0)
    AutoModel.from_config(config).save_pretrained(folder)


def refused_line(folder: Path, scratch: Path) -> str:
    """The one line that opening the network ends in; empty where it opens."""
    try:
        open_network("text", str(folder), scratch, input_size=32)
    except InputError as error:
        line = str(error).replace(str(folder), "it")
        if "\n" in line:
            raise AssertionError(f"more than one line: {line}") from error
        return line
    return ""


def check(folder: Path, scratch: Path) -> None:
    """Features at every depth, the same logits from every cut and after saving, and an update of each kind."""
    network = open_network("text", str(folder), scratch, input_size=32)
    assert open_network("text", str(folder), scratch, input_size=32).fingerprint == network.fingerprint
    examples = network.encode(RAW, scratch)
    features = network.features(examples, range(1, len(network.blocks) + 1))
    assert all(np.isfinite(values).all() for values in features.values())
    harness.headed(network, examples)
    logits = network.logits(examples)
    for cut in range(1, len(network.blocks)):
        kept = network.activations(examples, cut, scratch)
        np.testing.assert_allclose(network.logits(kept), logits, atol=TOLERANCE)
    network.save(scratch / "model", ["bad", "good"])
    np.testing.assert_array_equal(load_model(scratch / "model").logits(examples), logits)
    for lora in (False, True)[: 1 + network.supports_lora]:
        harness.steps(network, harness.plan(network, 0, "text", lora=lora), examples, LABELS, 1).finish()
    assert np.isfinite(network.logits(examples)).all()


def reason_in(line: str) -> str:
    """What stands in the brackets of a refusal, or the line itself."""
    found = re.search(r"\(\w+: (.*)\): ", line)
    return found[1] if found else line.split(": ", 1)[0]


def one_line(error: Exception) -> str:
    """What an error says, without the folders of this machine."""
    return re.sub(r" from '[^']*'", "", " ".join(str(error).split()))[:120]


def rows(types: list[str]) -> Iterator[tuple[str, str, str]]:
    tokenizer = tiny.text_folder(Path(tempfile.mkdtemp()) / "tokenizer")
    for file in ("config.json", "model.safetensors"):
        (tokenizer / file).unlink()
    for model_type in types:
        with tempfile.TemporaryDirectory() as scratch:
            yield model_type, *outcome(model_type, tokenizer, Path(scratch))


def read_table() -> dict[str, tuple[str, str]]:
    lines = [line.split("\t") for line in TABLE.read_text().splitlines()[1:]]
    return {model_type: (kind, reason) for model_type, kind, reason in lines}


def main(arguments: list[Any]) -> None:
    logging.set_verbosity(logging.CRITICAL)
    with Path(*arguments or [TABLE]).open("w") as file:
        file.write("model type\toutcome\treason\n")
        for row in rows(sorted(MODEL_MAPPING_NAMES)):
            file.write("\t".join(row) + "\n")
            file.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
