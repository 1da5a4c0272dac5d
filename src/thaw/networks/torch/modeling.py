"""A text classifier for any transformers encoder: masked means of hidden states, then the head.

The mean serves frozen features far better than the stock classifiers' first token (MiniLM on 2,000 movie snippets: .78
against .71), and is the same for every architecture. A saved model carries a copy of this file, so that
`AutoModelForSequenceClassification.from_pretrained(folder, trust_remote_code=True)` loads it without Thaw; it therefore
imports nothing but torch and transformers.
"""

from __future__ import annotations

from inspect import signature
from itertools import pairwise
from typing import Any

import torch
from torch import nn
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput


class MeanPooledConfig(PretrainedConfig):
    """Configuration of an encoder and the head on it.

    Args:
        encoder: The encoder's own configuration.
        hidden: Widths of ReLU layers in the head.
        depths: Numbers of blocks, the embeddings being the first, after which the head reads the hidden state; without
            any, it reads the last alone.
        passes: How often each layer is run, where that is not once: some architectures share one among all places.
        width: Numbers that the head reads, where that is not the encoder's hidden size for each depth.
    """

    model_type = "mean-pooled-classifier"

    def __init__(
        self,
        encoder: dict[str, Any] | None = None,
        hidden: tuple[int, ...] = (),
        depths: tuple[int, ...] = (),
        passes: tuple[int, ...] = (),
        width: int | None = None,
        **kwargs: Any,
    ) -> None:
        self.encoder = encoder or {}
        self.hidden, self.depths = list(hidden), list(depths)
        self.passes, self.width = list(passes), width
        super().__init__(**kwargs)


def masked_mean(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """(rows, tokens, width) and (rows, tokens) to (rows, width), in float32."""
    weights = mask.to(torch.float32).unsqueeze(-1)
    return (hidden.to(torch.float32) * weights).sum(1) / weights.sum(1).clamp(min=1)


def text_encoder(model: Any) -> Any:
    """The encoder of an encoder–decoder; any other model as it is."""
    return model.encoder if hasattr(model, "encoder") and hasattr(model, "decoder") else model


def remove_pooler(encoder: Any) -> None:
    """Drop the dense layer on the first token, which the mean of hidden states does not read.

    Architectures that can be built without one look whether it is None; the others call it whatever it is.
    """
    if getattr(encoder, "pooler", None) is not None:
        optional = "add_pooling_layer" in signature(type(encoder).__init__).parameters
        encoder.pooler = None if optional else nn.Identity()


def run_options(encoder: Any) -> dict[str, Any]:
    """Arguments of each pass beside the rows: a decoder is to keep nothing for a next token."""
    return {"use_cache": False} if "use_cache" in signature(encoder.forward).parameters else {}


def padded_right(ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Both (rows, tokens), with each row's padding moved behind its tokens: the first is at the first position."""
    order = torch.argsort(mask, dim=1, descending=True, stable=True)
    return ids.gather(1, order), mask.gather(1, order)


def build_head(widths: list[int]) -> nn.Sequential:
    """Linear layers between `widths`, ReLU between them."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class MeanPooledClassifier(PreTrainedModel):
    config_class = MeanPooledConfig
    base_model_prefix = "encoder"
    main_input_name = "input_ids"
    _supports_sdpa = True  # or `from_pretrained(…, attn_implementation="sdpa")` is refused

    def __init__(self, config: MeanPooledConfig, encoder: nn.Module | None = None) -> None:
        super().__init__(config)
        if encoder is None:
            settings = dict(config.encoder)
            pooling = {"add_pooling_layer": False} if settings.pop("add_pooling_layer", None) is False else {}
            encoder = text_encoder(AutoModel.from_config(AutoConfig.for_model(**settings), **pooling))
            remove_pooler(encoder)
        self.encoder = encoder
        width = config.width or encoder.config.hidden_size * max(1, len(config.depths))
        self.head = build_head([width, *config.hidden, config.num_labels])
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Initialise nothing: the encoder brings its weights, the head is fitted."""

    @classmethod
    def is_custom_code(cls) -> bool:
        """Let the encoder make what no file holds: in classes outside of the library that is left out for some."""
        return False

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
        **ignored: Any,
    ) -> SequenceClassifierOutput:
        mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        ids, mask = padded_right(input_ids, mask)
        several = bool(self.config.depths)
        output = self.encoder(
            input_ids=ids, attention_mask=mask, output_hidden_states=several, **run_options(self.encoder)
        )
        states = [*output.hidden_states[:-1], output.last_hidden_state] if several else [output.last_hidden_state]
        read = [states[self.place(depth)] for depth in self.config.depths] or states
        logits = self.head(torch.cat([masked_mean(hidden, mask) for hidden in read], dim=1))
        loss = None if labels is None else nn.functional.cross_entropy(logits, labels)
        return SequenceClassifierOutput(loss=loss, logits=logits)

    def place(self, depth: int) -> int:
        """Where the hidden state after so many blocks stands among those that the encoder returns."""
        return sum(self.config.passes[: depth - 1]) if self.config.passes else depth - 1
