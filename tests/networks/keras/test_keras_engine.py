from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.networks import harness
from tests.networks.keras import tiny_vision as tiny
from thaw.data.images import decode
from thaw.errors import InputError
from thaw.networks.keras import load_model, open_network, precision
from thaw.networks.keras.backend import keras
from thaw.networks.keras.internals.graph import all_layers
from thaw.records import LoraPlan

RAW, LABELS = tiny.images(12)
EXACT, HALF = 1e-4, 5e-3
CUT = 2


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Any:
    plain = {kind: tiny.plain_folder(tmp_path_factory.mktemp(kind), tiny.backbone(kind)) for kind in ("efficientnet",)}
    presets = {kind: tiny.preset_folder(tmp_path_factory.mktemp(kind), tiny.backbone(kind)) for kind in ("vgg", "vit")}
    return plain | presets


@pytest.fixture(scope="module", params=["efficientnet", "vgg", "vit"])
def any_open(request: pytest.FixtureRequest, folders: Any) -> Any:
    return lambda: open_network(request.param, folders[request.param], None, None)


@pytest.fixture(scope="module")
def efficientnet(folders: Any) -> Any:
    return lambda: open_network("efficientnet", folders["efficientnet"], None, None)


@pytest.fixture(scope="module")
def vit(folders: Any) -> Any:
    return lambda: open_network("vit", folders["vit"], None, None)


def state(network: Any) -> Any:
    """Every variable by its name, BatchNorm's statistics among them."""
    found = {
        f"head.{i}": (len(network.blocks), w.numpy()) for layer in network.head for i, w in enumerate(layer.weights)
    }
    for place, block in enumerate(network.forward.blocks):
        found |= {f"{place}.{i}.{w.name}": (place, w.numpy()) for i, w in enumerate(block.weights)}
    return found


def test_every_depth_has_features(any_open: Any, tmp_path: Path) -> None:
    harness.every_depth_has_features(any_open, RAW, tmp_path)


@pytest.mark.parametrize("hidden", [0, 8])
def test_a_head_gives_its_logits(any_open: Any, tmp_path: Path, hidden: int) -> None:
    harness.head_gives_its_logits(any_open, RAW, tmp_path, EXACT, hidden)


@pytest.mark.parametrize("name", ["efficientnet", "vgg"])
def test_a_head_reads_several_depths(folders: Any, tmp_path: Path, name: str) -> None:
    model = harness.a_head_reads_several_depths(
        lambda: open_network(name, folders[name], None, None), load_model, RAW, tmp_path, EXACT
    )
    plain = keras.saving.load_model(model / "model.keras")
    loaded = load_model(model)
    pixels = np.stack([decode(image, loaded.input_size) for image in RAW]).astype(np.float32)
    expected = loaded.logits(loaded.encode(RAW, tmp_path))
    np.testing.assert_allclose(plain.predict(pixels, verbose=0), expected, atol=HALF, rtol=HALF)
    again = open_network("again", model, None, None)  # as a network to train on
    np.testing.assert_array_equal([b.parameters for b in again.blocks], [b.parameters for b in loaded.blocks])


def test_an_encoder_in_one_layer_is_read_at_its_end(vit: Any) -> None:
    assert not vit().supports_feature_depths


def test_kept_equals_recomputed(any_open: Any, tmp_path: Path) -> None:
    harness.kept_equals_recomputed(any_open, RAW, tmp_path, CUT, HALF)


@pytest.mark.parametrize(("cut", "keep"), [(0, False), (CUT, False), (CUT, True)])
def test_trains_only_above_the_cut(any_open: Any, tmp_path: Path, cut: int, keep: Any) -> None:
    harness.trains_only_above_the_cut(any_open, state, RAW, LABELS, tmp_path, cut, "image", keep)


def test_batch_statistics_stay_while_scales_and_offsets_train(efficientnet: Any, tmp_path: Path) -> None:
    network = efficientnet()
    examples = network.encode(RAW, tmp_path)
    harness.headed(network, examples)
    before = state(network)
    harness.steps(network, harness.plan(network, CUT, "image"), examples, LABELS)
    moved = {
        (block, "moving" in name)
        for name, (block, value) in state(network).items()
        if not np.array_equal(value, before[name][1])
    }
    assert not {block for block, statistics in moved if statistics}
    scales = {name for name in before if "gamma" in name and before[name][0] >= CUT}
    assert scales
    assert any(not np.array_equal(state(network)[name][1], before[name][1]) for name in scales)
    assert min(block for block, _ in moved) == CUT


def test_weights_count_as_rows_do(efficientnet: Any, tmp_path: Path) -> None:
    harness.weights_count_as_rows_do(efficientnet, RAW, LABELS, tmp_path, "image")


@pytest.mark.parametrize("name", ["efficientnet", "vit"])
def test_same_seed_same_weights(folders: Any, tmp_path: Path, name: str) -> None:
    harness.same_seed_same_weights(
        lambda: open_network(name, folders[name], None, None), RAW, LABELS, tmp_path, CUT, "image"
    )


def test_variables_round_trip(efficientnet: Any, tmp_path: Path) -> None:
    harness.variables_round_trip(efficientnet, RAW, LABELS, tmp_path, CUT, "image")


def test_lora_merges_into_a_plain_network(vit: Any, tmp_path: Path) -> None:
    harness.lora_merges_into_a_plain_network(vit, RAW, LABELS, tmp_path, "image", EXACT)


def test_lora_moves_the_kernels_of_dense_layers_alone(vit: Any, tmp_path: Path) -> None:
    network = vit()
    examples = network.encode(RAW, tmp_path)
    harness.headed(network, examples)
    before = state(network)
    plan = harness.plan(network, 1, "image", lora=True)
    dropped = plan.training.model_copy(update={"lora": LoraPlan(rank=2, alpha=4, dropout=0.2)})
    tuner = harness.steps(network, plan.model_copy(update={"training": dropped}), examples, LABELS)
    after = state(network)
    moved = {name for name in before if not np.array_equal(before[name][1], after[name][1])}
    assert {name.split(".")[-1] for name in moved if not name.startswith("head")} == {"kernel"}
    assert len(moved) == 3 * 6 + 2
    change = after["1.2.kernel"][1] - before["1.2.kernel"][1]
    assert np.linalg.matrix_rank(change.reshape(len(change), -1), tol=1e-6) == 2
    kept = tuner.variables()
    tuner.assign({name: np.zeros_like(value) if "lora" in name else value for name, value in kept.items()})
    np.testing.assert_array_equal(state(network)["1.2.kernel"][1], before["1.2.kernel"][1])


def test_lora_on_a_cnn_is_refused(efficientnet: Any, tmp_path: Path) -> None:
    network = efficientnet()
    harness.headed(network, network.encode(RAW, tmp_path))
    assert not network.supports_lora
    with pytest.raises(InputError, match="no attention"):
        network.tuner(harness.plan(network, 0, "image", lora=True))


def test_a_deeper_block_moves_less_and_a_head_alone_moves_alone(efficientnet: Any, tmp_path: Path) -> None:
    network = efficientnet()
    examples = network.encode(RAW, tmp_path)
    harness.headed(network, examples)

    def changed(**settings: Any) -> Any:
        before = state(network)
        plan = harness.plan(network, 0, "image", weight_decay=0.0, max_grad_norm=1e9, **settings)
        harness.steps(network, plan, examples, LABELS, count=1)
        after = state(network)
        kernels = [n for n in before if "moving" not in n]
        change = {n: np.abs(after[n][1] - before[n][1]).max() for n in kernels}
        return [max(v for n, v in change.items() if before[n][0] == b) for b in range(len(network.blocks) + 1)]

    # Adam's first step is the rate itself, in the direction of the sign
    np.testing.assert_allclose(changed(layer_decay=0.5), [*(1e-3 * 0.5**k for k in (4, 3, 2, 1, 0)), 1e-3], rtol=1e-2)
    assert changed(learning_rate=0.0)[:-1] == [0.0] * 5


def test_the_loss_is_the_weighted_mean_and_rows_of_weight_zero_do_not_count(folders: Any, tmp_path: Path) -> None:
    def after(rows: Any, weights: Any) -> Any:
        network = open_network("vgg", folders["vgg"], None, None)
        examples = network.encode(RAW, tmp_path)
        harness.headed(network, examples)
        logits = network.logits(examples)
        tuner = network.tuner(harness.plan(network, CUT, "image", dropout=0.0))
        loss = harness.step(tuner, examples.take(np.array(rows)), LABELS[rows], np.array(weights, np.float32))
        return loss, logits, tuner.variables()

    loss, logits, variables = after([0, 1, 2], [1, 1, 2])
    losses = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(12), LABELS]
    assert loss == pytest.approx(np.mean(losses[:3] * [1, 1, 2]), rel=1e-4)
    more, _, same = after([0, 1, 2, 3], [1, 1, 2, 0])
    assert more == pytest.approx(loss, rel=1e-5)
    for name in variables:
        np.testing.assert_allclose(variables[name], same[name], atol=1e-5)


def test_loads_in_a_fresh_process(efficientnet: Any, tmp_path: Path) -> None:
    model = harness.loads_in_a_fresh_process(efficientnet, RAW, LABELS, tmp_path, CUT, "image", hidden=8)
    again = open_network("again", model, None, None)
    assert [b.name for b in again.blocks] == [b.name for b in efficientnet().blocks]
    assert again.fingerprint != efficientnet().fingerprint


@pytest.mark.parametrize("kind", ["vgg", "vit", "dinov2"])
def test_a_saved_model_is_a_keras_model_from_pixels_to_logits(kind: str, tmp_path: Path) -> None:
    import keras

    network = open_network(kind, tiny.preset_folder(tmp_path / "preset", tiny.backbone(kind)), None, None)
    examples = network.encode(RAW, tmp_path)
    harness.headed(network, examples)
    network.save(tmp_path / "model", ["bad", "good"])
    expected = network.logits(examples)
    model = keras.saving.load_model(tmp_path / "model" / "model.keras")
    assert {layer.dtype_policy.name for layer in all_layers(model)} == {"float32"}
    tolerance = {"float32": 1e-5, "bfloat16": 5e-2}[network.compute_dtype]
    np.testing.assert_allclose(model.predict(examples.padded(len(RAW)), verbose=0), expected, atol=tolerance)
    np.testing.assert_array_equal(load_model(tmp_path / "model").logits(examples), expected)
    assert load_model(tmp_path / "model").preprocessing == network.preprocessing


@pytest.mark.parametrize(("kind", "lora"), [("efficientnet", False), ("vit", False), ("vit", True)])
def test_goes_on_as_if_undisturbed(folders: Any, tmp_path: Path, kind: str, lora: bool) -> None:
    """The transformer has dropout in its blocks."""
    harness.goes_on_as_if_undisturbed(
        lambda: open_network(kind, folders[kind], None, None), RAW, LABELS, tmp_path, CUT, "image", lora
    )


def test_images_are_decoded_when_they_are_needed(vit: Any, tmp_path: Path) -> None:
    network = vit()
    progress: list[Any] = []
    examples = network.encode([*RAW, b"no image"], tmp_path, progress.append)
    assert sum(progress) == len(RAW) + 1
    network.features(examples.take(np.arange(len(RAW))), [1])
    with pytest.raises(ValueError, match="image 12: not an image"):
        network.features(examples, [1])


def test_features_are_written_into_what_is_allocated(vit: Any, tmp_path: Path) -> None:
    network = vit()
    examples = network.encode(RAW, tmp_path)
    allocated = {}

    def allocate(depth: Any, shape: Any) -> Any:
        allocated[depth] = np.lib.format.open_memmap(tmp_path / f"{depth}.npy", "w+", np.float16, shape)
        return allocated[depth]

    result = network.features(examples, [1, 4], allocate=allocate)
    assert {depth: array.shape for depth, array in allocated.items()} == {1: (12, 16), 4: (12, 16)}
    assert all(result[depth] is allocated[depth] for depth in allocated)
    np.testing.assert_array_equal(allocated[4], network.features(examples, [4])[4].astype(np.float16))


@pytest.mark.parametrize("kind", ["vgg", "resnet", "vit"])
def test_bfloat16_keeps_the_features(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny.preset_folder(tmp_path / "preset", tiny.backbone(kind))
    found = {}
    for has_it, compute_dtype in ((False, "float32"), (True, "bfloat16")):
        monkeypatch.setattr(precision, "_processor_has_bfloat16", lambda has_it=has_it: has_it)
        network = open_network(kind, folder, None, None)
        assert network.compute_dtype == compute_dtype
        found[compute_dtype] = network.features(network.encode(RAW, tmp_path), [len(network.blocks)])
    (full,), (mixed,) = (list(features.values()) for features in found.values())
    # A number has 8 bits: a few layers add up to about 1%, more or less by the processor.
    assert 0 < np.linalg.norm(mixed - full) < 2e-2 * np.linalg.norm(full)


def test_an_augmented_update_sees_other_crops(efficientnet: Any, tmp_path: Path) -> None:
    network = efficientnet()
    examples = network.encode(RAW, tmp_path)
    harness.headed(network, examples)
    still = {"learning_rate": 0.0, "head_learning_rate": 0.0, "dropout": 0.0}
    tuner = network.tuner(harness.plan(network, CUT, "image", augment=True, **still))
    losses = [harness.step(tuner, examples.take(np.arange(8)), LABELS[:8]) for _ in range(3)]
    assert len(set(losses)) == 3
    kept = network.activations(examples, CUT, tmp_path)
    assert len({harness.step(tuner, kept.take(np.arange(8)), LABELS[:8]) for _ in range(3)}) == 1


def test_sizes_are_known_before_the_space_is_used(efficientnet: Any, tmp_path: Path) -> None:
    network = efficientnet()
    examples = network.encode(RAW, tmp_path)
    kept = network.activations(examples, 3, tmp_path)
    assert network.activation_bytes(examples, 3) == kept.array.nbytes
    assert list(kept.lengths) == [1] * len(RAW)
    assert network.total_parameters == sum(block.parameters for block in network.blocks)
    progress: list[Any] = []
    network.features(kept, [4], progress.append)
    assert sum(progress) == len(RAW)
