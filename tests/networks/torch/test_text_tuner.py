from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.networks import harness, tiny
from thaw.networks.loading import open_network
from thaw.networks.torch.optimizer import HEAD, Optimizer

RAW, _LABELS = tiny.texts(12)
LABELS = np.array(_LABELS)
UNSEEN = "sound sound sound"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tiny.text_folder(tmp_path_factory.mktemp("bert"))


@pytest.fixture
def bert(folder: Any, tmp_path: Path) -> Any:
    return lambda: open_network("text", str(folder), tmp_path, input_size=32)


@pytest.mark.parametrize("kind", ["bert", "roberta", "deberta", "modernbert"])
def test_goes_on_as_if_undisturbed_from_the_embeddings_up(tmp_path: Path, kind: str) -> None:
    folder = tiny.text_folder(tmp_path / kind, kind)
    harness.goes_on_as_if_undisturbed(
        lambda: open_network("text", str(folder), tmp_path, input_size=32), RAW, LABELS, tmp_path, 0, "text"
    )


@pytest.mark.parametrize("lora", [False, True])
def test_goes_on_as_if_undisturbed(bert: Any, tmp_path: Path, lora: bool) -> None:
    harness.goes_on_as_if_undisturbed(bert, RAW, LABELS, tmp_path, 2, "text", lora)


def test_a_state_is_a_copy(bert: Any, tmp_path: Path) -> None:
    network = bert()
    examples = network.encode(RAW, tmp_path)
    harness.headed(network, examples)
    tuner = harness.steps(network, harness.plan(network, 0, "text"), examples, LABELS, 2)
    state = tuner.state_dict()
    before = {name: value.copy() for name, value in state.items()}
    harness.step(tuner, examples.take(np.arange(6)), LABELS[:6])
    assert all(np.array_equal(state[name], before[name]) for name in before)
    after = tuner.state_dict()
    assert {name for name in before if name.startswith("exp_avg_sq.") and not np.array_equal(after[name], before[name])}
    assert int(after["updates"]) == 3


@pytest.mark.parametrize("kind", ["adamw", "sgd"])
@pytest.mark.parametrize("clip", [0.1, 100.0])
def test_updates_are_those_of_clipped_gradients(kind: str, clip: float) -> None:
    random = np.random.default_rng(0)
    start = {"head.weight": random.normal(size=(3, 4)), "encoder.bias": random.normal(size=5)}
    gradients = [{name: random.normal(size=value.shape) for name, value in start.items()} for _ in range(3)]

    def parameters() -> dict[str, torch.nn.Parameter]:
        return {name: torch.nn.Parameter(torch.from_numpy(value.astype(np.float32))) for name, value in start.items()}

    def set_gradients(trained: dict[str, torch.nn.Parameter], values: dict[str, np.ndarray]) -> None:
        for name, parameter in trained.items():
            parameter.grad = torch.from_numpy(values[name].astype(np.float32))

    found, expected = parameters(), parameters()
    given = {
        "optimizer": kind,
        "learning_rate": 0.02,
        "head_learning_rate": 0.05,
        "layer_decay": 0.5,
        "weight_decay": 0.1,
        "max_grad_norm": clip,
    }
    settings = harness.TrainingPlan(**given, batch_size=8, epochs=1, warmup_ratio=0.0, patience=0, dropout=0.0)
    fused = Optimizer(found, lambda name: HEAD if name.startswith("head") else 1, settings)
    groups = [
        {"params": [expected["head.weight"]], "lr": 0.05 / 2, "weight_decay": 0.1},
        {"params": [expected["encoder.bias"]], "lr": 0.02 * 0.5 / 2, "weight_decay": 0.0},
    ]
    plain: torch.optim.Optimizer = (
        torch.optim.AdamW(groups, fused=False) if kind == "adamw" else torch.optim.SGD(groups, momentum=0.9)
    )
    for values in gradients:
        set_gradients(found, values)
        fused.update(0.5)
        set_gradients(expected, values)
        torch.nn.utils.clip_grad_norm_(expected.values(), clip)
        plain.step()
    for name in start:
        np.testing.assert_allclose(found[name].detach(), expected[name].detach(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", ["bert", "roberta", "distilbert", "deberta", "modernbert", "electra"])
def test_of_the_embedding_only_what_occurs_is_trained(tmp_path: Path, kind: str) -> None:
    network = open_network("text", str(tiny.text_folder(tmp_path / kind, kind)), tmp_path, input_size=32)
    examples = network.encode([text.replace("sound", "plot") for text in RAW], tmp_path)
    harness.headed(network, examples)
    unseen = network.tokenizer.convert_tokens_to_ids("sound")
    start = network.encoder.get_input_embeddings().weight.detach().numpy().copy()
    occurring, total = np.unique(examples.tokens), network.total_parameters
    tuner = network.tuner(harness.plan(network, 0, "text", dropout=0.0, learning_rate=0.01))
    assert tuner.trained_parameters == total - (len(start) - len(occurring)) * start.shape[1]
    others = network.encode([UNSEEN, *RAW], tmp_path)
    before = network.logits(others)
    for _ in range(2):
        harness.step(tuner, examples.take(np.arange(8)), LABELS[:8])
    trained = network.logits(others)
    assert np.abs(trained - before).max() > 1e-3
    tuner.finish()
    np.testing.assert_array_equal(network.logits(others), trained)
    found = network.encoder.get_input_embeddings()
    assert type(found) is torch.nn.Embedding
    moved = np.flatnonzero((found.weight.detach().numpy() != start).any(1))
    assert unseen not in moved
    assert set(moved) <= set(occurring)
    batch = np.unique(
        np.concatenate(
            [examples.tokens[s : s + n] for s, n in zip(examples.starts[:8], examples.lengths[:8], strict=True)]
        )
    )
    assert set(moved) >= set(batch)


def test_a_state_brings_the_tokens_that_it_trained(bert: Any, tmp_path: Path) -> None:
    """The process that resumes may have encoded more texts than the one that began."""
    network = bert()
    examples = network.encode(["good film", "bad plot"] * 3, tmp_path)
    harness.headed(network, examples)
    plan = harness.plan(network, 0, "text")
    tuner = harness.steps(network, plan, examples, LABELS, 2)
    state = tuner.state_dict()
    again = bert()
    again.encode(RAW, tmp_path)
    harness.headed(again, examples)
    resumed = again.tuner(plan)
    resumed.load_state_dict(state)
    losses = [harness.step(each, examples, LABELS[:6]) for each in (tuner, resumed)]
    assert losses[0] == losses[1]
    expected, found = tuner.variables(), resumed.variables()
    assert all(np.array_equal(expected[name], found[name]) for name in expected)


def test_finish_leaves_the_modules_of_the_architecture(bert: Any, tmp_path: Path) -> None:
    network = bert()
    types = [type(module) for module in network.classifier.modules()]
    examples = network.encode(RAW, tmp_path)
    harness.headed(network, examples)
    for cut, lora in ((0, False), (2, False), (0, True)):
        harness.steps(network, harness.plan(network, cut, "text", lora=lora), examples, LABELS, 1).finish()
        assert [type(module) for module in network.classifier.modules()] == types
