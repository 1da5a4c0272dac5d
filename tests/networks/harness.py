"""The promises of `networks.protocol`, held by every engine. Each engine's tests call these on tiny networks."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from thaw.heads.head import Head
from thaw.networks.protocol import Network
from thaw.records import LoraPlan, Modality, Plan, TrainingPlan

Open = Callable[[], Network]


def plan(network: Network, cut: int, modality: Modality, lora: bool = False, **changes: Any) -> Plan:
    settings: dict[str, Any] = {
        "optimizer": "adamw",
        "learning_rate": 1e-3,
        "head_learning_rate": 1e-3,
        "layer_decay": 0.9,
        "weight_decay": 0.01,
        "batch_size": 8,
        "epochs": 1,
        "warmup_ratio": 0.1,
        "patience": 0,
        "max_grad_norm": 1.0,
        "dropout": 0.1,
        "lora": LoraPlan(rank=4, alpha=8.0, dropout=0.0) if lora else None,
    }
    return Plan(
        strategy="lora" if lora else "partial",
        dataset="0" * 64,
        network=network.reference,
        modality=modality,
        input_size=network.input_size,
        cut=cut,
        cut_block=network.blocks[cut].name,
        head="linear",
        metric="accuracy",
        validate_split=False,
        training=TrainingPlan(**settings | changes),
        class_weights=(),
        seed=3,
    )


def random_head(width: int, classes: int, hidden: int = 0) -> Head:
    random = np.random.default_rng(0)
    widths = [width, hidden, classes] if hidden else [width, classes]
    layers = [
        (random.normal(0, 0.3, (i, o)).astype("float32"), random.normal(0, 0.1, o).astype("float32"))
        for i, o in pairwise(widths)
    ]
    return Head(tuple(layers))


def headed(network: Network, examples: Any, hidden: int = 0) -> np.ndarray:
    """Give the network a random head, and return the features that it reads."""
    depth = len(network.blocks)
    features = network.features(examples, [depth])[depth]
    network.set_head(random_head(features.shape[1], 2, hidden))
    return features


def steps(network: Network, tuning: Plan, examples: Any, labels: np.ndarray, count: int = 3) -> Any:
    """A tuner after a few updates on the first rows."""
    tuner = network.tuner(tuning)
    rows = np.arange(min(8, len(examples)))
    for _ in range(count):
        step(tuner, examples.take(rows), labels[rows])
    return tuner


def step(tuner: Any, batch: Any, labels: np.ndarray, weights: np.ndarray | None = None) -> float:
    loss = float(tuner.update(tuner.prepare(batch), labels, np.ones(len(batch)) if weights is None else weights, 1.0))
    assert np.isfinite(loss)
    return loss


def head_gives_its_logits(open_: Open, raw: Any, scratch: Path, tolerance: float, hidden: int = 0) -> None:
    network = open_()
    examples = network.encode(raw, scratch)
    features = headed(network, examples, hidden)
    expected = random_head(features.shape[1], 2, hidden).logits(features)
    np.testing.assert_allclose(network.logits(examples), expected, atol=tolerance, rtol=tolerance)
    network.scale_head(0.5)
    np.testing.assert_allclose(network.logits(examples), expected / 2, atol=tolerance, rtol=tolerance)


def a_head_reads_several_depths(
    open_: Open, load: Callable[[Path], Network], raw: Any, scratch: Path, tolerance: float
) -> Path:
    """The saved folder, after checking it: the model that comes back reads the same, and its network is as it was."""
    network = open_()
    assert network.supports_feature_depths
    examples, last = network.encode(raw, scratch), len(network.blocks)
    depths = [1, last - 1, last]
    features = network.features(examples, depths)
    side_by_side = np.hstack([features[depth] for depth in depths])
    head = random_head(side_by_side.shape[1], 2)
    network.set_head(head, depths)
    np.testing.assert_allclose(network.logits(examples), head.logits(side_by_side), atol=tolerance, rtol=tolerance)
    with pytest.raises(ValueError, match="do not lead to block 1"):
        network.logits(network.activations(examples, last - 1, scratch))
    network.save(scratch / "model", ["bad", "good"])
    loaded = load(scratch / "model")
    np.testing.assert_allclose(loaded.logits(examples), network.logits(examples), atol=tolerance, rtol=tolerance)
    assert loaded.blocks == network.blocks
    again = loaded.features(examples, [last])[last]
    np.testing.assert_allclose(again, features[last], atol=tolerance, rtol=tolerance)
    with pytest.raises(ValueError, match="a head on the last depth"):
        loaded.tuner(plan(loaded, last - 1, loaded.preprocessing.modality))
    headed(loaded, examples)  # another head reads the last depth alone
    assert np.abs(loaded.logits(examples) - network.logits(examples)).max() > tolerance
    return scratch / "model"


def every_depth_has_features(open_: Open, raw: Any, scratch: Path) -> None:
    network = open_()
    examples = network.encode(raw, scratch)
    depths = list(range(1, len(network.blocks) + 1))
    features = network.features(examples, depths)
    assert sorted(features) == depths
    assert all(f.shape[0] == len(raw) and f.dtype == np.float32 and np.isfinite(f).all() for f in features.values())
    reverse = np.arange(len(raw))[::-1]
    again = network.features(examples.take(reverse), depths[-1:])[depths[-1]]
    np.testing.assert_allclose(again, features[depths[-1]][::-1], atol=2e-2, rtol=2e-2)


def kept_equals_recomputed(open_: Open, raw: Any, scratch: Path, cut: int, tolerance: float) -> None:
    network = open_()
    examples = network.encode(raw, scratch)
    headed(network, examples)
    kept = network.activations(examples, cut, scratch)
    assert kept.cut == cut
    assert len(kept) == len(examples)
    np.testing.assert_allclose(network.logits(kept), network.logits(examples), atol=tolerance, rtol=tolerance)
    subset = np.array([3, 0, 2])
    np.testing.assert_allclose(
        network.logits(kept.take(subset)), network.logits(examples.take(subset)), atol=tolerance, rtol=tolerance
    )


def trains_only_above_the_cut(
    open_: Open,
    state: Callable[[Network], dict[str, tuple[int, np.ndarray]]],
    raw: Any,
    labels: np.ndarray,
    scratch: Path,
    cut: int,
    modality: Modality,
    keep: bool,
) -> None:
    """`state(network)` gives every variable as name -> (block, value); the head's block is len(blocks)."""
    network = open_()
    examples = network.encode(raw, scratch)
    headed(network, examples)
    before = state(network)
    given = network.activations(examples, cut, scratch) if keep and cut else examples
    tuner = steps(network, plan(network, cut, modality), given, labels)
    tuner.finish()
    after = state(network)
    moved = {name for name in before if not np.array_equal(before[name][1], after[name][1])}
    assert {name for name, (block, _) in before.items() if block < cut} & moved == set()
    for block in range(cut, len(network.blocks) + 1):
        names = {name for name, (owner, _) in before.items() if owner == block}
        assert not names or names & moved, f"block {block} has not moved"


def same_seed_same_weights(
    open_: Open, raw: Any, labels: np.ndarray, scratch: Path, cut: int, modality: Modality
) -> None:
    results = []
    for attempt in range(2):
        network = open_()
        (scratch / str(attempt)).mkdir()
        examples = network.encode(raw, scratch / str(attempt))
        headed(network, examples)
        results.append(steps(network, plan(network, cut, modality), examples, labels).variables())
    assert results[0].keys() == results[1].keys()
    assert all(np.array_equal(results[0][name], results[1][name]) for name in results[0])


def weights_count_as_rows_do(open_: Open, raw: Any, labels: np.ndarray, scratch: Path, modality: Modality) -> None:
    """The loss is the mean over rows of weight times cross-entropy, also in a batch smaller than the plan's."""
    network = open_()
    examples = network.encode(raw, scratch)
    headed(network, examples)
    logits = network.logits(examples).astype(np.float64)[:5]
    losses = -(logits - np.log(np.exp(logits).sum(1, keepdims=True)))[np.arange(5), labels[:5]]
    weights = np.array([3.0, 0.5, 0.5, 0.25, 1.0], np.float32)
    cut = len(network.blocks) - 1
    tuner = network.tuner(plan(network, cut, modality, dropout=0.0, learning_rate=0.0, head_learning_rate=0.0))
    rows = np.arange(5)
    loss = step(tuner, examples.take(rows), labels[rows], weights)
    np.testing.assert_allclose(loss, (weights * losses).mean(), rtol=0.1)


def variables_round_trip(
    open_: Open, raw: Any, labels: np.ndarray, scratch: Path, cut: int, modality: Modality
) -> None:
    network = open_()
    examples = network.encode(raw, scratch)
    headed(network, examples)
    tuner = network.tuner(plan(network, cut, modality))
    start, before = tuner.variables(), network.logits(examples)
    rows = np.arange(8)
    step(tuner, examples.take(rows), labels[rows])
    assert not np.array_equal(network.logits(examples), before)
    tuner.assign(start)
    np.testing.assert_array_equal(network.logits(examples), before)


def goes_on_as_if_undisturbed(
    open_: Open, raw: Any, labels: np.ndarray, scratch: Path, cut: int, modality: Modality, lora: bool = False
) -> None:
    """A state after two updates, restored in another network's tuner, leads to the bits of five updates in a row."""
    batches = [np.random.default_rng(k).permutation(len(raw))[:6] for k in range(5)]

    def tuner_of(attempt: str) -> tuple[Any, Any]:
        network = open_()
        (scratch / attempt).mkdir()
        examples = network.encode(raw, scratch / attempt)
        headed(network, examples)
        return network.tuner(plan(network, 0 if lora else cut, modality, lora=lora)), examples

    undisturbed, examples = tuner_of("undisturbed")
    for place, rows in enumerate(batches):
        if place == 2:
            state = {name: value.copy() for name, value in undisturbed.state_dict().items()}
        step(undisturbed, examples.take(rows), labels[rows])
    expected = undisturbed.variables()
    resumed, examples = tuner_of("resumed")
    resumed.load_state_dict(state)
    for rows in batches[2:]:
        step(resumed, examples.take(rows), labels[rows])
    found = resumed.variables()
    assert expected.keys() == found.keys()
    assert [name for name in expected if not np.array_equal(expected[name], found[name])] == []


def lora_merges_into_a_plain_network(
    open_: Open, raw: Any, labels: np.ndarray, scratch: Path, modality: Modality, tolerance: float
) -> None:
    network = open_()
    total = network.total_parameters
    examples = network.encode(raw, scratch)
    headed(network, examples)
    before = network.logits(examples)
    tuner = steps(
        network, plan(network, 0, modality, lora=True, learning_rate=0.02, head_learning_rate=0.0), examples, labels, 5
    )
    assert tuner.trained_parameters < total / 2
    adapted = network.logits(examples)
    assert np.abs(adapted - before).max() > 10 * np.finfo(np.float16).eps
    tuner.finish()
    np.testing.assert_allclose(network.logits(examples), adapted, atol=tolerance, rtol=tolerance)
    assert network.total_parameters <= total + adapted.shape[1] * 10_000


PREDICT = """
import json, sys
from pathlib import Path
import numpy as np
from thaw.networks.loading import load_model
raw = json.loads(Path(sys.argv[2]).read_text())
raw = [bytes.fromhex(r["hex"]) if isinstance(r, dict) else r for r in raw]
network = load_model(Path(sys.argv[1]))
np.save(sys.argv[4], network.logits(network.encode(raw, Path(sys.argv[3]))))
"""


def loads_in_a_fresh_process(
    open_: Open, raw: Any, labels: np.ndarray, scratch: Path, cut: int, modality: Modality, hidden: int = 0
) -> Path:
    """The saved folder, after checking it."""
    network = open_()
    examples = network.encode(raw, scratch)
    headed(network, examples, hidden)
    steps(network, plan(network, cut, modality), examples, labels).finish()
    model = scratch / "model"
    network.save(model, ["bad", "good"])
    files = {file.name for file in model.rglob("*") if file.is_file()}
    assert {"preprocessing.json", "classes.json"} <= files
    assert not [name for name in files if name.endswith((".pkl", ".pickle", ".bin", ".pt", ".pth"))]
    assert json.loads((model / "classes.json").read_text()) == ["bad", "good"]
    rows = [{"hex": r.hex()} if isinstance(r, bytes) else r for r in raw]
    (scratch / "raw.json").write_text(json.dumps(rows))
    (scratch / "fresh").mkdir()
    result = scratch / "fresh.npy"
    arguments = [str(model), str(scratch / "raw.json"), str(scratch / "fresh"), str(result)]
    subprocess.run([sys.executable, "-c", PREDICT, *arguments], check=True, timeout=120)
    np.testing.assert_array_equal(np.load(result), network.logits(examples))
    return model
