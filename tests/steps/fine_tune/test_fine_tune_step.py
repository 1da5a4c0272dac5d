from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from thaw.data.shards import read_rows
from thaw.errors import InputError
from thaw.heads.depths import feature_depths
from thaw.metrics.calibration import DEFAULT_TEMPERATURE
from thaw.networks.loading import load_model, open_network
from thaw.records import Dataset, Profile, Training
from thaw.steps.choose.plans import TrainingOptions, training_plans
from thaw.steps.fine_tune import step
from thaw.training.inputs import cached_activations


def planned(texts: Any, profile: Any, strategy: Any, **options: Any) -> Any:
    return training_plans(texts, profile, TrainingOptions(**options))[strategy]


def trained(texts: Any, profile: Any, store: Any, folder: Path, **options: Any) -> Any:
    plan = planned(texts, profile, **options)
    if plan.training:
        quick = {"learning_rate": 3e-3, "head_learning_rate": 3e-3, "epochs": 4}
        plan = plan.model_copy(update={"training": plan.training.model_copy(update=quick)})
    scratch = folder / "scratch"
    scratch.mkdir(parents=True)
    return step.run(texts, plan, store, folder / "model", scratch)


def logits(texts: Any, folder: Path) -> Any:
    network = load_model(folder / "model")
    rows = read_rows(texts, ("test",), folder / "scratch")
    return network.logits(network.encode(rows.raw, folder / "scratch")), rows.labels


@pytest.mark.parametrize("strategy", ["frozen", "partial", "lora", "full"])
def test_every_strategy_learns_and_saves(
    texts: Dataset, text_profile: Profile, store: str, tmp_path: Path, strategy: str
) -> None:
    training = trained(texts, text_profile, store, tmp_path, strategy=strategy)
    predicted, labels = logits(texts, tmp_path)
    assert (predicted.argmax(1) == labels).mean() > 0.7
    assert training.strategy == strategy
    assert Training.parse(training.to_json()) == training
    assert training.seconds >= sum(training.stages.values()) * 0.99
    assert (training.updates > 0) == (strategy != "frozen")
    assert training.head_score > 0.5
    assert training.trained_parameters <= training.total_parameters


def test_the_same_seed_gives_the_same_model(texts: Dataset, text_profile: Profile, tmp_path: Path) -> None:
    results = []
    for attempt in ("a", "b"):  # each from an empty store: what is there would be gone on with
        trained(texts, text_profile, str(tmp_path / attempt / "store"), tmp_path / attempt, strategy="partial", seed=4)
        results.append(logits(texts, tmp_path / attempt)[0])
    assert np.array_equal(results[0], results[1])


def test_a_dense_head(texts: Dataset, text_profile: Profile, store: str, tmp_path: Path) -> None:
    training = trained(texts, text_profile, store, tmp_path, strategy="frozen", head="dense")
    assert training.trained_parameters == 32 * 1024 + 1024 + 1024 * 2 + 2
    predicted, labels = logits(texts, tmp_path)
    assert (predicted.argmax(1) == labels).mean() > 0.7


def test_a_head_on_several_depths(texts: Dataset, text_profile: Profile, store: str, tmp_path: Path) -> None:
    reads = feature_depths([each.depth for each in text_profile.depths], 0.7)
    plan = planned(texts, text_profile, "frozen").model_copy(update={"feature_depths": reads})
    (tmp_path / "scratch").mkdir()
    training = step.run(texts, plan, store, tmp_path / "model", tmp_path / "scratch")
    assert training.trained_parameters == 4 * 32 * 2 + 2
    assert not list((tmp_path / "scratch").glob("tokens-*"))  # the profile has made all of these features
    predicted, labels = logits(texts, tmp_path)
    assert (predicted.argmax(1) == labels).mean() > 0.7


def test_frozen_takes_its_features_from_the_store(
    texts: Dataset, text_profile: Profile, store: str, tmp_path: Path
) -> None:
    """The profile has made them: no text is even tokenised."""
    trained(texts, text_profile, store, tmp_path, strategy="frozen")
    assert not list((tmp_path / "scratch").glob("tokens-*"))
    trained(texts, text_profile, str(tmp_path / "empty store"), tmp_path / "other", strategy="frozen")
    assert list((tmp_path / "other" / "scratch").glob("tokens-*"))


def test_damaged_features_are_made_anew(texts: Dataset, text_profile: Profile, tmp_path: Path) -> None:
    store = str(tmp_path / "store")
    first = trained(texts, text_profile, store, tmp_path / "first", strategy="frozen")
    for file in (tmp_path / "store").rglob("*.npy"):
        file.write_bytes(b"")
    second = trained(texts, text_profile, store, tmp_path / "second", strategy="frozen")
    assert second.head_score == first.head_score
    assert all(file.stat().st_size for file in (tmp_path / "store").rglob("*.npy"))


def test_without_room_the_activations_are_recomputed(
    texts: Dataset, text_profile: Profile, store: str, tmp_path: Path
) -> None:
    plan = planned(texts, text_profile, "partial")
    network = open_network("text", plan.network, tmp_path, input_size=plan.input_size)
    examples = network.encode(read_rows(texts, ("train",), tmp_path).raw, tmp_path)
    assert cached_activations(network, examples, plan, tmp_path).cut == plan.cut
    assert cached_activations(network, examples, plan, tmp_path, max_disk_share=0.0) is examples


def test_a_plan_for_other_data_is_refused(texts: Dataset, text_profile: Profile, store: str, tmp_path: Path) -> None:
    plan = planned(texts, text_profile, "frozen").model_copy(update={"dataset": "1" * 64})
    with pytest.raises(InputError, match="another dataset"):
        step.run(texts, plan, store, tmp_path / "model", tmp_path)


def test_where_nothing_is_held_out_confidence_is_that_of_such_trainings(
    texts: Dataset, text_profile: Profile, store: str, tmp_path: Path
) -> None:
    plan = planned(texts, text_profile, "full")
    once = plan.training.model_copy(update={"epochs": 1, "patience": 0})
    plan = plan.model_copy(update={"validate_split": False, "training": once})
    training = step.run(texts, plan, store, tmp_path / "model", tmp_path)
    assert training.validation_score is None
    assert training.temperature == DEFAULT_TEMPERATURE
