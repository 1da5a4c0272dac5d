"""A transformers encoder under a head: `networks.protocol.Network` for text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...data.prefetch import prefetch
from ...heads.head import Head
from ...records import Plan, Preprocessing
from ..protocol import Advance, Allocate, Block, allocate_in_memory, no_progress
from .batch import Batch, collate
from .blocks import EncoderBlocks, StopForward
from .device import default_device, device_name
from .examine import Examined
from .examples import TextExamples
from .fingerprint import fingerprint
from .lora import adaptable
from .modeling import MeanPooledClassifier, MeanPooledConfig, masked_mean, run_options
from .saving import save_classifier
from .vocabulary import embedding_rows, largest_id
from .writers import HiddenWriter, TokenWriter

MAX_FLOAT16 = torch.finfo(torch.float16).max

TOKENS_PER_BATCH = 4096
"""Padded tokens of a batch in a pass without gradients: large enough to fill the device, small enough for any."""

ROWS_PER_CHUNK = 1000
"""Rows that are tokenised at a time."""

MakeTuner = Callable[["TextNetwork", Plan], Any]
"""Makes a `Tuner` of the network."""


class TextNetwork:
    """`make_tuner` decides how a training is spread over devices; the network itself knows one device."""

    def __init__(
        self,
        reference: str,
        classifier: MeanPooledClassifier,
        tokenizer: Any,
        input_size: int,
        examined: Examined,
        make_tuner: MakeTuner,
    ) -> None:
        self.reference = reference
        self.tokenizer = tokenizer
        self.input_size = input_size
        self.make_tuner = make_tuner
        self.torch_device = default_device()
        self.classifier = classifier.to(self.torch_device).eval()
        self.pad = tokenizer.pad_token_id or 0
        self.options = run_options(self.encoder)
        self.encoder_blocks = EncoderBlocks(self.encoder, examined.stack)
        self.supports_feature_depths = examined.supports_feature_depths
        self.count_parameters()
        self.seen_tokens = np.zeros(embedding_rows(self.encoder) or largest_id(tokenizer) + 1, bool)
        """(vocabulary,): tokens that occur in what was encoded."""
        self.supports_lora = bool(adaptable(self.encoder_blocks, 0))
        self.fingerprint = fingerprint(self.encoder, tokenizer)
        self.device = device_name(self.torch_device)
        self.compute_dtype = examined.compute_dtype

    def count_parameters(self) -> None:
        """List the encoder's blocks; again when adapters have come or gone."""
        names = self.encoder_blocks.names
        counts = [0] * len(names)
        for name, parameter in self.encoder.named_parameters():
            counts[self.encoder_blocks.block_of(name)] += parameter.numel()
        self.blocks = tuple(Block(n, c) for n, c in zip(names, counts, strict=True))

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
        writer = TokenWriter(free_path(scratch, "tokens"), len(raw))
        for start in range(0, len(raw), ROWS_PER_CHUNK):
            chunk = [raw[i] for i in range(start, min(start + ROWS_PER_CHUNK, len(raw)))]
            encoded = self.tokenizer(chunk, truncation=True, max_length=self.input_size)["input_ids"]
            encoded = [ids or [self.pad] for ids in encoded]  # of an empty text, some tokenizers make nothing
            self.seen_tokens[writer.append(encoded)] = True
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
        features = {depth: allocate(depth, (len(examples), self.encoder_blocks.width(depth))) for depth in depths}
        for rows, batch in self.inference_batches(examples, advance):
            for depth, means in self.pooled(batch, depths).items():
                features[depth][rows] = means.cpu().numpy()
        return features

    def pooled(self, batch: Batch, depths: Sequence[int]) -> dict[int, torch.Tensor]:
        """Masked means of the hidden states after each of `depths` blocks, (rows, width); depths above the cut."""
        if batch.hidden is not None and min(depths) <= batch.cut:
            raise ValueError(f"rows kept after block {batch.cut} do not lead to block {min(depths)}")
        means: dict[int, torch.Tensor] = {}

        def observe(depth: int, hidden: torch.Tensor) -> None:
            means[depth] = masked_mean(hidden[:, : batch.mask.shape[1]], batch.mask)

        with self.autocast(), self.encoder_blocks.hidden_states_observed(set(depths), observe):
            observe(len(self.blocks), self.last_hidden_state(batch))
        return {depth: means[depth] for depth in depths}

    @torch.inference_mode()
    def activations(
        self, examples: TextExamples, cut: int, scratch: Path, advance: Advance = no_progress
    ) -> TextExamples:
        writer = HiddenWriter(free_path(scratch, "hidden"), examples.lengths, self.encoder_blocks.width(cut))
        for rows, batch in self.inference_batches(examples, advance):

            def observe(depth: int, hidden: torch.Tensor, rows: np.ndarray = rows) -> None:
                writer.write(rows, hidden.clamp(-MAX_FLOAT16, MAX_FLOAT16).to(torch.float16).cpu().numpy())
                raise StopForward

            with (
                self.autocast(),
                self.encoder_blocks.hidden_states_observed({cut}, observe),
                suppress(StopForward),
            ):
                self.last_hidden_state(batch)
        return replace(examples, cut=cut, hidden=writer.as_memmap(), hidden_starts=writer.starts)

    def activation_bytes(self, examples: TextExamples, cut: int) -> int:
        return int(examples.lengths.sum(dtype=np.int64)) * self.encoder_blocks.width(cut) * 2

    def inference_batches(self, examples: TextExamples, advance: Advance) -> Iterator[tuple[np.ndarray, Batch]]:
        """The batches of a pass without gradients, on the device, and the rows that are in each."""
        self.classifier.eval()
        batches = examples.batches(TOKENS_PER_BATCH)
        for rows, batch in prefetch(lambda rows: (rows, self.collate(examples.take(rows))), batches):
            yield rows, batch.to(self.torch_device)
            advance(len(rows))

    def collate(self, examples: TextExamples) -> Batch:
        return collate(examples, self.pad, pin_memory=self.torch_device.type == "cuda")

    def last_hidden_state(self, batch: Batch) -> torch.Tensor:
        """(rows, tokens, width), from the ids or from activations kept after block `cut`."""
        blocks, hidden = self.encoder_blocks, batch.hidden
        with nullcontext() if hidden is None else blocks.started_from(batch.cut, hidden.to(torch.float32)):
            output = self.encoder(input_ids=batch.ids, attention_mask=batch.mask, **self.options).last_hidden_state
            assert isinstance(output, torch.Tensor)
            return output

    def autocast(self) -> torch.autocast:
        return torch.autocast(self.torch_device.type, torch.bfloat16, enabled=self.compute_dtype == "bfloat16")

    def set_head(self, head: Head, depths: Sequence[int] = ()) -> None:
        hidden = tuple(weights.shape[1] for weights, _ in head.layers[:-1])
        classes = head.layers[-1][0].shape[1]
        several = () if tuple(depths) == (len(self.blocks),) else tuple(depths)
        width, passes = head.layers[0][0].shape[0], self.encoder_blocks.stack.passes
        usual = width == getattr(self.encoder.config, "hidden_size", 0) * max(1, len(several))
        config = MeanPooledConfig(
            self.classifier.config.encoder,
            hidden,
            several,
            () if max(passes) == 1 else passes,
            None if usual else width,
            num_labels=classes,
        )
        classifier = MeanPooledClassifier(config, self.encoder).to(self.torch_device).eval()
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
        logits = np.empty((len(examples), self.classifier.config.num_labels), np.float32)
        for rows, batch in self.inference_batches(examples, advance):
            logits[rows] = self.classifier.head(self.head_inputs(batch)).cpu().numpy()
        return logits

    def head_inputs(self, batch: Batch) -> torch.Tensor:
        """What the head reads of a batch, (rows, width of all its depths)."""
        depths = self.classifier.config.depths or [len(self.blocks)]
        return torch.cat(list(self.pooled(batch, depths).values()), dim=1)

    def tuner(self, plan: Plan) -> Any:
        if self.classifier.config.depths:
            raise ValueError("a head on the last depth comes before the tuner")
        return self.make_tuner(self, plan)

    def save(self, folder: Path, classes: Sequence[str]) -> None:
        save_classifier(self.classifier, self.tokenizer, self.preprocessing, folder, classes)


def free_path(scratch: Path, stem: str) -> Path:
    """A file name below scratch that is not taken."""
    return scratch / f"{stem}-{len(list(scratch.glob(stem + '-*')))}"
