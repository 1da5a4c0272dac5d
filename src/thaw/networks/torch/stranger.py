"""Logits of a saved text model as a stranger computes them, by transformers alone.

A script: `python -I stranger.py REQUEST ANSWER`. The request is JSON with `folder` and `texts`, the answer JSON as
`networks.stranger.Answer` has it. Thaw cannot be imported here, so that a model that needs it does not load.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROWS_PER_BATCH = 16


def answer(folder: str, texts: list[str]) -> dict[str, Any]:
    """Keys, classes and logits of the model in `folder`."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    loaded = AutoModelForSequenceClassification.from_pretrained(
        folder, trust_remote_code=True, output_loading_info=True
    )
    model, keys = loaded
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
    lengths = [len(ids) for ids in tokenizer(texts)["input_ids"]]
    rows_per_batch = ROWS_PER_BATCH if tokenizer.pad_token else 1
    logits: list[list[float]] = []
    with torch.inference_mode():
        for start in range(0, len(texts), rows_per_batch):
            batch = texts[start : start + rows_per_batch]
            inputs = tokenizer(batch, truncation=True, padding=rows_per_batch > 1, return_tensors="pt")
            logits += model.eval()(**inputs).logits.tolist()
    return {
        "missing": sorted(map(str, [*keys["missing_keys"], *keys["mismatched_keys"]])),
        "unexpected": sorted(map(str, keys["unexpected_keys"])),
        "classes": [name for _, name in sorted(model.config.id2label.items())],
        "logits": logits,
        "apart": [row for row, length in enumerate(lengths) if length > tokenizer.model_max_length],
    }


if __name__ == "__main__":
    sys.modules["thaw"] = None  # type: ignore[assignment]
    request, place = map(Path, sys.argv[1:])
    place.write_text(json.dumps(answer(**json.loads(request.read_text()))))
