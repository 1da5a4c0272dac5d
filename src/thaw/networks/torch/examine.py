"""Whether an encoder can be cut, tried out on a few tokens before anything rests on it.

An architecture that nobody has tried here may mix rows through their padding, hand on more than a hidden state, or
compute by chance. So each network that is opened is run: its layers are found, rows must not feel their padding, and
running from a cut must give what running from the input gives. Six passes of ten tokens.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from ...errors import InputError
from .blocks import EncoderBlocks
from .device import compute_dtype, default_device
from .modeling import run_options
from .reading import first_line
from .stack import ROWS, TOKENS, Stack, find_stack
from .vocabulary import embedding_rows

SHORT = TOKENS - 2
"""Tokens of the row that is padded."""
MAX_DIFFERENCE = 1e-4
"""Between numbers that must be equal, in parts of the largest: float32 is summed in another order."""


@dataclass(frozen=True)
class Examined:
    stack: Stack
    supports_feature_depths: bool
    """Whether the hidden states that the encoder returns are those between its blocks."""
    compute_dtype: str
    """The device's number type, or float32 where the architecture does not run in it."""


def examine(reference: str, encoder: Any, tokenizer: Any) -> Examined:
    """What is found out about an encoder by running it; it is moved to the device.

    Raises:
        InputError: It cannot be run on tokens alone, cut, or padded.
    """
    encoder.to(default_device()).eval()
    kind = type(encoder).__name__
    try:
        with torch.inference_mode():
            arguments = few_tokens(encoder, tokenizer)
            stack, states = find_stack(encoder, arguments)
            problem = next(problems(EncoderBlocks(encoder, stack), arguments, states), "")
            depths = not problem and returns_states(encoder, arguments, stack, states)
    except InputError:
        raise
    except Exception as error:  # each architecture fails in a way of its own on what it was not made for
        raise refusal(
            reference, kind, f"it does not run on tokens and their mask alone: {first_line(error)}"
        ) from error
    if problem:
        raise refusal(reference, kind, problem)
    return Examined(stack, depths, usable_dtype(encoder, arguments))


def refusal(reference: str, kind: str, problem: str) -> InputError:
    return InputError(
        f"{reference} cannot be cut into frozen and trained blocks ({kind}: {problem})",
        "take an encoder such as BERT, RoBERTa, DeBERTa or ModernBERT",
    )


def few_tokens(encoder: Any, tokenizer: Any) -> dict[str, Any]:
    """Arguments of a pass over ordinary tokens: a row of TOKENS, and one of SHORT with padding behind."""
    special, rows = set(tokenizer.all_special_ids), embedding_rows(encoder) or len(tokenizer)
    ordinary = [i for i in range(min(rows, 1000)) if i not in special][-TOKENS:]
    ids = torch.tensor([(ordinary * TOKENS)[:TOKENS]] * ROWS)
    mask = torch.ones_like(ids)
    ids[1, SHORT:], mask[1, SHORT:] = tokenizer.pad_token_id or 0, 0
    device = default_device()
    return {"input_ids": ids.to(device), "attention_mask": mask.to(device), **run_options(encoder)}


def problems(blocks: EncoderBlocks, arguments: dict[str, Any], states: list[torch.Tensor]) -> Iterator[str]:
    """Why the encoder cannot be used, in words; nothing where it can."""
    encoder, mask, last = blocks.encoder, arguments["attention_mask"], states[-1]
    if last.shape[:2] != (ROWS, TOKENS):
        yield "it returns no state for each token"
        return
    if not torch.isfinite(last[mask > 0]).all():
        yield "what it returns is not finite"
    alone = {name: value[1:, :SHORT] if name in TENSORS else value for name, value in arguments.items()}
    if not close(encoder(**alone).last_hidden_state[0], last[1, :SHORT]):
        yield "what it makes of a row depends on the padding behind it"
    for cut in sorted({1, 2, len(blocks.layers)} & set(range(1, len(blocks.layers) + 1))):
        hidden = blocks.turned(states[cut - 1])[:, :TOKENS] * mask.unsqueeze(-1)
        with blocks.started_from(cut, hidden):
            again = encoder(**arguments).last_hidden_state
        if not close(again[mask > 0], last[mask > 0]):
            yield f"what it makes of the state after block {cut} is not what it makes of the text"


TENSORS = ("input_ids", "attention_mask")


def close(found: torch.Tensor, expected: torch.Tensor) -> bool:
    return bool((found - expected).abs().max() <= MAX_DIFFERENCE * expected.abs().max())


def returns_states(encoder: Any, arguments: dict[str, Any], stack: Stack, states: list[torch.Tensor]) -> bool:
    """Whether `output_hidden_states` gives what goes into each block, rows first."""
    try:
        returned = encoder(**arguments, output_hidden_states=True).hidden_states or ()
    except Exception:  # an architecture that has no such option is used at its last depth
        return False
    if len(returned) != sum(stack.passes) + 1:
        return False
    places = [sum(stack.passes[:layer]) for layer in range(len(stack.layers))]
    return all(
        returned[place].shape == state.shape and close(returned[place], state)
        for place, state in zip(places, states, strict=False)
    )


@torch.inference_mode()
def usable_dtype(encoder: Any, arguments: dict[str, Any]) -> str:
    device = default_device()
    dtype = compute_dtype(device)
    if dtype != "bfloat16":
        return dtype
    try:
        with torch.autocast(device.type, torch.bfloat16):
            last = encoder(**arguments).last_hidden_state
    except RuntimeError:
        return "float32"
    return dtype if torch.isfinite(last[arguments["attention_mask"] > 0]).all() else "float32"
