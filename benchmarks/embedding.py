"""What training only the occurring tokens' vectors saves of full fine-tuning: `python -m benchmarks.embedding`.

A network of random weights in the shape of multilingual MiniLM (12 layers of width 384, 250,002 tokens), batches of
32 texts of 28 tokens from 4,000 different ones. Both sides take every update in turn. One thread
(`OMP_NUM_THREADS=1`) of a busy AMD EPYC; the second line with `--vocabulary 30522 --layers 6 --updates 24`:

| tokens | CPU seconds, whole / compact | MB of a checkpoint's state, whole and compact |
|---|---|---|
| 250,002 | 1.21 | 1410, 276 |
| 30,522 | 1.06 | 271, 149 |
"""

from __future__ import annotations

import argparse
import time
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np

BATCH, LENGTH, OCCURRING = 32, 28, 4_000


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.embedding", description=__doc__)
    parser.add_argument("--vocabulary", type=int, default=250_002)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--updates", type=int, default=12)
    given = parser.parse_args()
    seconds, sizes = measure(given.vocabulary, given.layers, given.updates)
    ratio = sum(seconds["whole"]) / sum(seconds["compact"])
    print(f"| {given.vocabulary:,} | {ratio:.2f} | {sizes['whole'] / 1e6:.0f}, {sizes['compact'] / 1e6:.0f} |")


def measure(
    vocabulary: int, layers: int, updates: int, width: int = 384
) -> tuple[dict[str, list[float]], dict[str, int]]:
    """CPU seconds of each side's updates, the first two apart, and bytes of its state."""
    from thaw.networks.torch import tuner as module

    compact = tuner_of(vocabulary, layers, width)
    with mock.patch.object(module, "insert_compact_embedding", return_value=None):
        whole = tuner_of(vocabulary, layers, width)
    sides, seconds = {"whole": whole, "compact": compact}, dict[str, list[float]](whole=[], compact=[])
    for number in range(updates + 2):
        for name, tuner in list(sides.items())[:: 1 if number % 2 else -1]:
            started = time.process_time()
            update(tuner, rows(vocabulary, number))
            seconds[name].append(time.process_time() - started)
    sizes = {name: sum(array.nbytes for array in tuner.state_dict().values()) for name, tuner in sides.items()}
    return {name: times[2:] for name, times in seconds.items()}, sizes


def tuner_of(vocabulary: int, layers: int, width: int) -> Any:
    import torch
    from transformers import BertConfig, BertModel

    from thaw.networks.torch.examine import examine
    from thaw.networks.torch.make_tuner import make_tuner
    from thaw.networks.torch.modeling import MeanPooledClassifier, MeanPooledConfig
    from thaw.networks.torch.network import TextNetwork
    from thaw.records import Plan, TrainingPlan

    torch.manual_seed(0)
    shape = {"hidden_size": width, "num_attention_heads": 2, "intermediate_size": 4 * width}
    encoder = BertModel(BertConfig(vocab_size=vocabulary, num_hidden_layers=layers, **shape), add_pooling_layer=False)
    classifier = MeanPooledClassifier(MeanPooledConfig(encoder.config.to_dict(), num_labels=2), encoder)
    tokenizer = SimpleNamespace(pad_token_id=0, get_vocab=dict, all_special_ids=[0])
    examined = examine("random", encoder, tokenizer)
    network = TextNetwork("random", classifier, tokenizer, LENGTH, examined, make_tuner)
    network.seen_tokens[occurring(vocabulary)] = True
    training = TrainingPlan(
        optimizer="adamw",
        learning_rate=5e-5,
        head_learning_rate=1e-3,
        layer_decay=0.9,
        weight_decay=0.01,
        batch_size=BATCH,
        epochs=1,
        warmup_ratio=0.1,
        patience=0,
        max_grad_norm=1.0,
        dropout=0.1,
    )
    plan = Plan(
        strategy="full",
        dataset="0" * 64,
        network="random",
        modality="text",
        input_size=LENGTH,
        cut=0,
        cut_block=network.blocks[0].name,
        head="linear",
        metric="accuracy",
        validate_split=False,
        training=training,
        class_weights=(),
        seed=0,
    )
    return network.tuner(plan)


def occurring(vocabulary: int) -> np.ndarray:
    return np.random.default_rng(0).permutation(vocabulary)[:OCCURRING]


def rows(vocabulary: int, seed: int) -> Any:
    from thaw.networks.torch.examples import TextExamples

    tokens = np.random.default_rng(seed).choice(occurring(vocabulary), BATCH * LENGTH).astype(np.int32)
    return TextExamples(tokens, np.arange(BATCH) * LENGTH, np.full(BATCH, LENGTH))


def update(tuner: Any, batch: Any) -> None:
    tuner.update(tuner.prepare(batch), np.arange(BATCH) % 2, np.ones(BATCH), 0.5)


if __name__ == "__main__":
    main()
