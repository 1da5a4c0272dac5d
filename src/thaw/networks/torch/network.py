"""A transformers encoder under a head, as the networks' contract asks."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from ...data.prefetch import prefetch
from ...heads.head import Head
from ...records import Plan, Preprocessing
from ..protocol import Advance, Allocate, Block, allocate_in_memory, no_progress
from .blocks import Blocks, Reached
from .examples import HiddenWriter, TextExamples, TokenWriter
from .modeling import MeanPooledClassifier, MeanPooledConfig, masked_mean

HALF_MOST = torch.finfo(torch.float16).max

TOKENS_A_BATCH = 4096
"""Of a pass without gradients: large enough to fill the device, small enough for any."""

ROWS_A_CHUNK = 1000
"""Tokenised at a time."""


class Batch(NamedTuple):
    ids: torch.Tensor
    """(rows, tokens) int64."""
    mask: torch.Tensor
    """(rows, tokens) int64, 0 at padding."""
    kept: torch.Tensor | None
    """(rows, tokens, width) float16: activations after block `cut`."""
    cut: int

    def to(self, place: torch.device) -> Batch:
        kept = None if self.kept is None else self.kept.to(place, non_blocking=True)
        ids, mask = (tensor.to(place, non_blocking=True) for tensor in (self.ids, self.mask))
        return Batch(ids, mask.to(torch.int64), kept, self.cut)


class TextNetwork:
    def __init__(self, reference: str, classifier: MeanPooledClassifier, tokenizer: Any, input_size: int) -> None:
        self.reference = reference
        self.tokenizer = tokenizer
        self.input_size = input_size
        self.place = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.classifier = classifier.to(self.place).eval()
        self.pad = tokenizer.pad_token_id or 0
        self.refresh()
        self.met = np.zeros(self.encoder.get_input_embeddings().num_embeddings, bool)
        """(vocabulary,): tokens that occur in what was encoded."""
        self.supports_lora = True
        self.fingerprint = fingerprint(self.encoder, tokenizer)
        self.device = device_name(self.place)
        self.compute_dtype = "bfloat16" if has_bfloat16(self.place) else "float32"

    def refresh(self) -> None:
        """Look at the encoder's structure anew: adapters have come or gone."""
        self.layout = Blocks(self.encoder)
        self.layout.learn_returns(self.pad)
        counts = [0] * len(self.layout.names)
        for name, parameter in self.encoder.named_parameters():
            counts[self.layout.block_of(name)] += parameter.numel()
        self.blocks = tuple(Block(n, c) for n, c in zip(self.layout.names, counts, strict=True))

    @property
    def encoder(self) -> Any:
        return self.classifier.encoder

    @property
    def total_parameters(self) -> int:
        return sum(p.numel() for p in self.classifier.parameters())

    @property
    def preprocessing(self) -> Preprocessing:
        return Preprocessing(modality="text", input_size=self.input_size)

    def encode(self, raw: Sequence[str], scratch: Path, advance: Advance = no_progress) -> TextExamples:
        writer = TokenWriter(unused(scratch, "tokens"), len(raw))
        for start in range(0, len(raw), ROWS_A_CHUNK):
            chunk = [raw[i] for i in range(start, min(start + ROWS_A_CHUNK, len(raw)))]
            encoded = self.tokenizer(chunk, truncation=True, max_length=self.input_size)["input_ids"]
            self.met[writer.append(encoded)] = True
            advance(len(chunk))
        return writer.examples()

    @torch.inference_mode()
    def features(
        self,
        examples: TextExamples,
        depths: Sequence[int],
        advance: Advance = no_progress,
        allocate: Allocate = allocate_in_memory,
    ) -> dict[int, np.ndarray]:
        pooled = {depth: allocate(depth, (len(examples), self.encoder.config.hidden_size)) for depth in depths}
        for rows, batch in self.passes(examples, advance):
            for depth, read in self.pooled(batch, depths).items():
                pooled[depth][rows] = read.cpu().numpy()
        return pooled

    def pooled(self, batch: Batch, depths: Sequence[int]) -> dict[int, torch.Tensor]:
        """(rows, width) at each depth, above the batch's cut."""
        if batch.kept is not None and min(depths) <= batch.cut:
            raise ValueError(f"rows kept after block {batch.cut} do not lead to block {min(depths)}")
        found: dict[int, torch.Tensor] = {}

        def seen(depth: int, hidden: torch.Tensor) -> None:
            found[depth] = masked_mean(hidden, batch.mask)

        with self.half(), self.layout.watching(set(depths), seen):
            seen(len(self.blocks), self.encode_batch(batch))
        return {depth: found[depth] for depth in depths}

    @torch.inference_mode()
    def activations(
        self, examples: TextExamples, cut: int, scratch: Path, advance: Advance = no_progress
    ) -> TextExamples:
        writer = HiddenWriter(unused(scratch, "hidden"), examples.lengths, self.encoder.config.hidden_size)
        for rows, batch in self.passes(examples, advance):

            def seen(depth: int, hidden: torch.Tensor, rows: Any = rows) -> None:
                writer.write(rows, hidden.clamp(-HALF_MOST, HALF_MOST).to(torch.float16).cpu().numpy())
                raise Reached

            with self.half(), self.layout.watching({cut}, seen), suppress(Reached):
                self.encode_batch(batch)
        return replace(examples, cut=cut, hidden=writer.mapped(), hidden_starts=writer.starts)

    def activation_bytes(self, examples: TextExamples, cut: int) -> int:
        return int(examples.lengths.sum(dtype=np.int64)) * self.encoder.config.hidden_size * 2

    def passes(self, examples: TextExamples, advance: Advance) -> Iterator[tuple[np.ndarray, Batch]]:
        """The batches of a pass without gradients, and their rows."""
        self.classifier.eval()
        batches = examples.batches(TOKENS_A_BATCH)
        for rows, laid_out in prefetch(lambda rows: (rows, self.laid_out(examples.take(rows))), batches):
            yield rows, laid_out.to(self.place)
            advance(len(rows))

    def laid_out(self, examples: TextExamples) -> Batch:
        """A batch in the computer's own memory, pinned where a GPU will fetch it from there."""
        ids, mask, hidden = (None if a is None else torch.from_numpy(a) for a in examples.padded(self.pad))
        assert ids is not None
        assert mask is not None
        if self.place.type == "cuda":
            ids, mask, hidden = ids.pin_memory(), mask.pin_memory(), None if hidden is None else hidden.pin_memory()
        return Batch(ids, mask, hidden, examples.cut)

    def encode_batch(self, batch: Batch) -> torch.Tensor:
        """Last hidden state (rows, tokens, width), from the ids or from activations kept after block `cut`."""
        kept = batch.kept
        with nullcontext() if kept is None else self.layout.starting_from(batch.cut, kept.to(torch.float32)):
            return self.encoder(input_ids=batch.ids, attention_mask=batch.mask).last_hidden_state

    def half(self) -> torch.autocast:
        """bfloat16 where the hardware has it: three times as fast on such a CPU, the same accuracy."""
        return torch.autocast(self.place.type, torch.bfloat16, enabled=self.compute_dtype == "bfloat16")

    @property
    def supports_feature_depths(self) -> bool:
        return True

    def set_head(self, head: Head, depths: Sequence[int] = ()) -> None:
        hidden = tuple(weights.shape[1] for weights, _ in head.layers[:-1])
        classes = head.layers[-1][0].shape[1]
        several = () if tuple(depths) == (len(self.blocks),) else tuple(depths)
        config = MeanPooledConfig(self.classifier.config.encoder, hidden, several, num_labels=classes)
        classifier = MeanPooledClassifier(config, self.encoder).to(self.place).eval()
        linear = [module for module in classifier.head if isinstance(module, torch.nn.Linear)]
        with torch.no_grad():
            for module, (weights, bias) in zip(linear, head.layers, strict=True):
                module.weight.copy_(torch.from_numpy(np.ascontiguousarray(weights.T)))
                module.bias.copy_(torch.from_numpy(bias))
        self.classifier = classifier

    def scale_head(self, factor: float) -> None:
        with torch.no_grad():
            self.classifier.head[-1].weight.mul_(factor)
            self.classifier.head[-1].bias.mul_(factor)

    @torch.inference_mode()
    def logits(self, examples: TextExamples, advance: Advance = no_progress) -> np.ndarray:
        result = np.empty((len(examples), self.classifier.config.num_labels), np.float32)
        for rows, batch in self.passes(examples, advance):
            result[rows] = self.classifier.head(self.read(batch)).cpu().numpy()
        return result

    def read(self, batch: Batch) -> torch.Tensor:
        """What the head takes of a batch, (rows, width)."""
        depths = self.classifier.config.depths or [len(self.blocks)]
        return torch.cat(list(self.pooled(batch, depths).values()), dim=1)

    def tuner(self, plan: Plan) -> Any:
        from .parallel import tuner

        if self.classifier.config.depths:
            raise ValueError("a head on the last depth comes before the tuner")
        return tuner(self, plan)

    def save(self, folder: Path, classes: Sequence[str]) -> None:
        aside = folder.with_name(f".{folder.name}.{os.getpid()}")
        config = self.classifier.config
        config.encoder = self.encoder.config.to_dict() | {"model_type": self.encoder.config.model_type}
        config.encoder |= {"add_pooling_layer": False} if getattr(self.encoder, "pooler", 0) is None else {}
        config.id2label = dict(enumerate(classes))
        config.label2id = {name: i for i, name in enumerate(classes)}
        config.register_for_auto_class()
        self.classifier.register_for_auto_class("AutoModelForSequenceClassification")
        self.classifier.save_pretrained(aside)
        self.tokenizer.model_max_length = self.input_size
        self.tokenizer.save_pretrained(aside)
        self.preprocessing.write(aside / "preprocessing.json")
        (aside / "classes.json").write_text(json.dumps(list(classes), ensure_ascii=False, indent=2) + "\n")
        if folder.exists():
            folder.rmdir()
        os.replace(aside, folder)


def unused(scratch: Path, stem: str) -> Path:
    """A file name below scratch that is not taken."""
    return scratch / f"{stem}-{len(list(scratch.glob(stem + '-*')))}"


def has_bfloat16(place: torch.device) -> bool:
    if place.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def fingerprint(encoder: Any, tokenizer: Any) -> str:
    """SHA-256 over weights, architecture and vocabulary."""
    digest = hashlib.sha256(type(encoder).__name__.encode())
    settings = {k: v for k, v in encoder.config.to_dict().items() if not k.startswith(("_", "transformers_"))}
    digest.update(json.dumps([settings, sorted(tokenizer.get_vocab().items())], sort_keys=True, default=str).encode())
    for name, tensor in sorted(encoder.state_dict().items()):
        digest.update(name.encode() + str(tuple(tensor.shape)).encode())
        digest.update(tensor.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def device_name(place: torch.device) -> str:
    if place.type == "cuda":
        return torch.cuda.get_device_name(place)
    return f"cpu, {torch.get_num_threads()} threads"
