"""The identity of a pretrained encoder."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import torch


def fingerprint(encoder: Any, tokenizer: Any) -> str:
    """SHA-256 over weights, architecture and vocabulary."""
    digest = hashlib.sha256(type(encoder).__name__.encode())
    settings = {k: v for k, v in encoder.config.to_dict().items() if not k.startswith(("_", "transformers_"))}
    digest.update(json.dumps([settings, sorted(tokenizer.get_vocab().items())], sort_keys=True, default=str).encode())
    for name, tensor in sorted(encoder.state_dict().items()):
        digest.update(name.encode() + str(tuple(tensor.shape)).encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
