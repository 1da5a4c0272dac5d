"""A classifier of texts as the Hugging Face course writes its plain PyTorch loop: nothing of Thaw is imported here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, get_scheduler

BATCH = 32
RATE = 5e-5
"""The course's, and the highest of the tutorials' 2e-5 to 5e-5: a small network does best with it."""


class Textbook:
    """The network with a random classifier, AdamW, a linear schedule over `total` steps."""

    def __init__(self, work: Path, classes: int, total: int) -> None:
        network = json.loads((work / "profile.json").read_text())["network"]["reference"]
        torch.manual_seed(0)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.tokenizer = AutoTokenizer.from_pretrained(network)
        model = AutoModelForSequenceClassification.from_pretrained(network, num_labels=classes)
        self.model = model.to(self.device).train()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=RATE)
        self.schedule = get_scheduler("linear", self.optimizer, num_warmup_steps=0, num_training_steps=total)
        self.random = np.random.default_rng(0)

    def batches(self, texts: list[str], labels: np.ndarray, length: int | None) -> Iterator[dict[str, Any]]:
        """One epoch in random order, padded to `length` tokens or to the longest of each batch."""
        max_tokens = min(length or 512, self.model.config.max_position_embeddings)
        order = self.random.permutation(len(texts))
        for start in range(0, len(texts), BATCH):
            rows = order[start : start + BATCH]
            batch = self.encoded([texts[i] for i in rows], max_tokens, "max_length" if length else "longest")
            yield batch | {"labels": torch.from_numpy(labels[rows]).to(self.device)}

    def encoded(self, texts: list[str], max_tokens: int, padding: str) -> dict[str, Any]:
        batch = self.tokenizer(texts, padding=padding, truncation=True, max_length=max_tokens, return_tensors="pt")
        return dict(batch.to(self.device))

    def update(self, batch: dict[str, Any]) -> None:
        loss = self.model(**batch).loss
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        self.optimizer.zero_grad()
        loss.item()

    @torch.inference_mode()
    def accuracy(self, texts: list[str], labels: np.ndarray) -> float:
        self.model.eval()
        right = 0
        for start in range(0, len(texts), BATCH):
            batch = self.encoded(texts[start : start + BATCH], 512, "longest")
            right += int((self.model(**batch).logits.argmax(1).cpu().numpy() == labels[start : start + BATCH]).sum())
        return right / len(texts)
