"""Forgetting of tiny networks with random weights: their features are worth something all the same."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.networks import harness, tiny
from tests.networks.keras import tiny_vision
from thaw.networks.loading import load_model, open_network
from thaw.records import Forgetting, Modality, Plan
from thaw.steps.evaluate.forgetting import measure_forgetting
from thaw.steps.evaluate.other_task import TEST_ROWS, other_task

Spoil = Callable[[Any], None]
CLASSES = ("bad", "good")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[Modality, Path]:
    """A text network that knows the library's most frequent words, and an image network."""
    root = tmp_path_factory.mktemp("networks")
    words = Counter(" ".join(other_task("text").train.raw).split())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiny, "WORDS", tuple(word for word, _ in words.most_common(600)))
        text = tiny.text_folder(root / "text", width=64)
    return {"text": text, "image": tiny_vision.plain_folder(root / "image", tiny_vision.backbone("efficientnet"))}


def tuned(plan: Plan, folder: Path, scratch: Path, spoil: Spoil) -> Path:
    """The saved model of a network that `spoil` has changed; it tells two classes by random features."""
    network = open_network(plan.modality, str(folder), scratch, input_size=plan.input_size)
    raw = tiny.texts(4)[0] if plan.modality == "text" else tiny_vision.images(4)[0]
    harness.headed(network, network.encode(raw, scratch))
    spoil(network)
    network.save(scratch / "model", CLASSES)
    return scratch / "model"


def as_it_was(network: Any) -> None:
    pass


def destroyed(network: Any) -> None:
    """Replace the weights of the upper blocks by noise."""
    random = np.random.default_rng(0)
    if network.preprocessing.modality == "text":
        import torch

        with torch.no_grad():
            for layer in network.encoder.encoder.layer[1:]:
                for parameter in layer.parameters():
                    parameter.copy_(torch.from_numpy(random.normal(0, 0.5, tuple(parameter.shape))))
    else:
        weights = network.backbone.trainable_weights
        for weight in weights[len(weights) // 2 :]:
            weight.assign(random.normal(0, 0.5, weight.shape))


def negated(network: Any) -> None:
    """Make each feature its negative: the information is still there, but an old head cannot read it."""
    import torch

    last = network.encoder.encoder.layer[-1].output.LayerNorm
    with torch.no_grad():
        last.weight.neg_()
        last.bias.neg_()


def emptied(network: Any) -> None:
    """Make each feature the same for every row."""
    import torch

    last = network.encoder.encoder.layer[-1].output.LayerNorm
    with torch.no_grad():
        last.weight.zero_()


def plan_of(modality: Modality, folder: Path, scratch: Path) -> Plan:
    network = open_network(modality, str(folder), scratch, input_size=32)
    return harness.plan(network, 0, modality).model_copy(update={"strategy": "full"})


def measured(modality: Modality, folder: Path, scratch: Path, spoil: Spoil) -> Forgetting:
    plan = plan_of(modality, folder, scratch)
    result = measure_forgetting(plan, load_model(tuned(plan, folder, scratch, spoil)), scratch)
    assert result is not None
    assert result.rows == TEST_ROWS
    return result


@pytest.mark.parametrize("modality", ["image", "text"])
def test_destroyed_blocks_forget_and_unchanged_ones_do_not(
    folders: dict[Modality, Path], modality: Modality, tmp_path: Path
) -> None:
    for name in ("kept", "lost"):
        (tmp_path / name).mkdir()
    kept = measured(modality, folders[modality], tmp_path / "kept", as_it_was)
    lost = measured(modality, folders[modality], tmp_path / "lost", destroyed)
    assert kept.refitted == kept.after == kept.before == lost.before
    assert kept.before > 2 * lost.after
    chance = 1 / other_task(modality).classes
    assert lost.after < chance + 0.1


def test_a_new_head_finds_what_has_only_moved(folders: dict[Modality, Path], tmp_path: Path) -> None:
    result = measured("text", folders["text"], tmp_path, negated)
    assert result.after < result.before / 2
    assert result.refitted == pytest.approx(result.before, abs=0.02)


def test_no_head_finds_what_is_gone(folders: dict[Modality, Path], tmp_path: Path) -> None:
    result = measured("text", folders["text"], tmp_path, emptied)
    assert result.after == result.refitted == 1 / other_task("text").classes
    assert result.before > 2 * result.after


def test_a_frozen_network_has_lost_nothing_and_need_not_be_opened(
    folders: dict[Modality, Path], tmp_path: Path
) -> None:
    tuning = plan_of("text", folders["text"], tmp_path)
    model = load_model(tuned(tuning, folders["text"], tmp_path, as_it_was))
    whole = measure_forgetting(tuning, model, tmp_path)
    frozen = tuning.model_copy(update={"strategy": "frozen", "training": None, "network": "/there/is/none"})
    assert whole is not None
    assert measure_forgetting(frozen, model, tmp_path) == whole


@pytest.mark.parametrize("broken", ["gone", "damaged", "another"])
def test_without_the_pretrained_network_there_is_no_number_and_no_error(
    folders: dict[Modality, Path], tmp_path: Path, broken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """`another` has features of another width."""
    folder = tmp_path / "network"
    shutil.copytree(folders["text"], folder)
    plan = plan_of("text", folder, tmp_path)
    model = load_model(tuned(plan, folder, tmp_path, as_it_was))
    if broken == "damaged":
        (folder / "model.safetensors").write_bytes(b"not it")
    else:
        shutil.rmtree(folder)
    if broken == "another":
        tiny.text_folder(folder, width=32)
    assert measure_forgetting(plan, model, tmp_path) is None
    assert str(folder) in capsys.readouterr().out


def test_without_a_plan_there_is_nothing_to_compare(folders: dict[Modality, Path], tmp_path: Path) -> None:
    plan = plan_of("text", folders["text"], tmp_path)
    assert measure_forgetting(None, load_model(tuned(plan, folders["text"], tmp_path, as_it_was)), tmp_path) is None


def test_adapters_count_once_they_are_merged(folders: dict[Modality, Path], tmp_path: Path) -> None:
    """A saved model of lora is a plain network; large steps on labels without sense cost it features."""
    network = open_network("text", str(folders["text"]), tmp_path, input_size=32)
    plan = harness.plan(network, 0, "text", lora=True, learning_rate=0.5)
    raw, labels = tiny.texts(8)
    examples = network.encode(raw, tmp_path)
    harness.headed(network, examples)
    harness.steps(network, plan, examples, np.array(labels), count=20).finish()
    network.save(tmp_path / "model", CLASSES)
    result = measure_forgetting(plan, load_model(tmp_path / "model"), tmp_path)
    assert result is not None
    assert result.after < result.before - 0.05
