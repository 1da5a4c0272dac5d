import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import factories
from tests.networks import harness, tiny
from thaw import storage
from thaw.data.shards import read_rows
from thaw.errors import InputError
from thaw.heads.head import Head
from thaw.networks import stranger
from thaw.networks.loading import load_model, open_network
from thaw.networks.stranger import Answer
from thaw.records import Champion, Dataset, Evaluation, Loads, Modality, OtherClasses, Split
from thaw.steps.evaluate import loads, other_task, step
from thaw.steps.evaluate.step import run
from thaw.storage.checksums import file_checksums, folder_checksum

CLASSES = ("bad", "good")
ROWS: dict[Split, int] = {"train": 20, "validation": 30, "test": 200}
Scratch = Callable[[], Path]


@pytest.fixture
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    return lambda: tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("shards")
    shards, counts = {}, {}
    for seed, split in enumerate(("train", "test")):
        contents, labels = tiny.texts(60, seed)
        rows = [(f"{row:064x}", labels[row], contents[row].encode(), f"row {row}") for row in range(60)]
        shards[split] = tuple(str(folder / name) for name in factories.shards(rows, "text", folder, split))
        counts[split] = tuple(np.bincount(labels).tolist())
    return factories.dataset(counts=counts, shards=shards)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory, dataset: Dataset) -> dict[str, Path]:
    """A model with a fitted head, one that knows nothing, one of other classes."""
    from sklearn.linear_model import LogisticRegression

    root = tmp_path_factory.mktemp("models")
    network = open_network("text", str(tiny.text_folder(root / "network")), root / "open", input_size=32)
    contents, labels = tiny.texts(300, 5)
    examples = network.encode(contents, tmp_path_factory.mktemp("encoded"))
    depth = len(network.blocks)
    fitted = LogisticRegression(C=100, max_iter=2000).fit(network.features(examples, [depth])[depth], labels)
    network.set_head(head_of(fitted))
    network.save(root / "fitted", CLASSES)
    network.save(root / "other", ("bad", "fine"))
    network.set_head(Head(((np.zeros((fitted.coef_.shape[1], 2), np.float32), np.array([1, 0], np.float32)),)))
    network.save(root / "constant", CLASSES)
    return {name: root / name for name in ("fitted", "other", "constant")}


def head_of(fitted: Any) -> Head:
    """Two classes' logits of a logistic regression."""
    weights = np.concatenate([-fitted.coef_, fitted.coef_]).T / 2
    bias = np.concatenate([-fitted.intercept_, fitted.intercept_]) / 2
    return Head(((weights.astype(np.float32), bias.astype(np.float32)),))


def released(registry: Path, model: Path) -> Champion:
    """A version as push_model lays it out."""
    version = folder_checksum(file_checksums(model))
    shutil.copytree(model, registry / version / "model")
    return Champion(version=version, uri=str(registry / version), generation="1")


def same(one: Evaluation, other: Evaluation) -> bool:
    return one.model_copy(update={"seconds": 0.0}) == other.model_copy(update={"seconds": 0.0})


def test_a_saved_model_is_scored_on_the_test_rows(dataset: Dataset, models: dict[str, Path], scratch: Scratch) -> None:
    result = run(dataset, models["fitted"], Champion(), None, scratch())
    assert result.examples == 60
    assert result.accuracy > 0.75
    assert result.majority == 0.5
    assert result.passed
    assert [rule.kind for rule in result.gate] == ["learned_something", "no_champion", "loads"]
    assert all(rule.text for rule in result.gate)
    assert result.model == folder_checksum(file_checksums(models["fitted"]))
    assert sum(map(sum, result.confusion)) == 60
    assert [baseline.name for baseline in result.baselines] == ["Majority class", "TF-IDF, logistic regression"]
    assert {mistake.row for mistake in result.mistakes} <= {f"{row:064x}" for row in range(60)}
    assert same(result, run(dataset, models["fitted"], Champion(), None, scratch()))


@pytest.fixture(autouse=True)
def each_model_is_asked_once(monkeypatch: pytest.MonkeyPatch, answers: dict[tuple[str, str], Answer]) -> None:
    """A fresh process takes seconds: what it found of the same files and rows is found again."""

    def ask(model: Path, modality: Modality, rows: Sequence[Any], scratch: Path) -> Answer:
        key = (folder_checksum(file_checksums(model)), repr(rows))
        if key not in answers:
            answers[key] = stranger.ask(model, modality, rows, scratch)
        return answers[key]

    monkeypatch.setattr(loads, "ask", ask)


@pytest.fixture(scope="module")
def answers() -> dict[tuple[str, str], Answer]:
    return {}


def test_a_folder_that_a_stranger_loads_as_another_model_is_refused(
    dataset: Dataset, models: dict[str, Path], scratch: Scratch
) -> None:
    """Thaw reads the classes from their file, and everybody else from the configuration."""
    broken = Path(shutil.copytree(models["fitted"], scratch() / "model"))
    config = json.loads((broken / "config.json").read_text())
    config["id2label"] = {"0": "good", "1": "bad"}
    (broken / "config.json").write_text(json.dumps(config))
    result = run(dataset, broken, Champion(), None, scratch())
    rule = result.gate[-1]
    assert isinstance(rule, Loads)
    assert (rule.passed, rule.same_classes, rule.rows) == (False, False, 60)
    assert [each.passed for each in result.gate] == [True, True, False]
    assert not result.passed


def test_a_renamed_tensor_is_refused(dataset: Dataset, models: dict[str, Path], scratch: Scratch) -> None:
    from safetensors.numpy import load_file, save_file

    broken = Path(shutil.copytree(models["fitted"], scratch() / "model"))
    tensors = load_file(broken / "model.safetensors")
    tensors["encoder.foreign"] = tensors.pop("encoder.encoder.layer.2.output.dense.bias")
    save_file(tensors, broken / "model.safetensors", metadata={"format": "pt"})
    try:
        result = run(dataset, broken, Champion(), None, scratch())
    except InputError:
        return  # Thaw's own loading may find it first
    rule = result.gate[-1]
    assert isinstance(rule, Loads)
    assert rule.missing == ("encoder.encoder.layer.2.output.dense.bias",)
    assert rule.unexpected == ("encoder.foreign",)
    assert not result.passed


@pytest.mark.parametrize("lost", ["model.safetensors", "config.json"])
def test_a_folder_that_even_thaw_cannot_load_is_wrong_input(
    dataset: Dataset, models: dict[str, Path], scratch: Scratch, lost: str
) -> None:
    broken = Path(shutil.copytree(models["fitted"], scratch() / "model"))
    (broken / lost).unlink()
    with pytest.raises(InputError, match=lost if lost == "config.json" else "loaded"):
        run(dataset, broken, Champion(), None, scratch())


def test_one_that_knows_nothing_is_refused(dataset: Dataset, models: dict[str, Path], scratch: Scratch) -> None:
    assert not run(dataset, models["constant"], Champion(), None, scratch()).passed


def test_the_champion_is_scored_on_the_same_rows(
    dataset: Dataset, models: dict[str, Path], scratch: Scratch, place: str
) -> None:
    local = released(scratch(), models["constant"])
    uri = storage.join(place, local.version)
    storage.upload(Path(local.uri), uri)
    result = run(dataset, models["fitted"], local.model_copy(update={"uri": uri}), None, scratch())
    assert result.champion is not None
    assert result.champion.accuracy.value == 0.5
    assert result.champion.difference.value == pytest.approx(result.accuracy - 0.5)
    assert result.champion.p_worse == 0
    assert result.passed


def test_worse_than_the_champion_is_refused(dataset: Dataset, models: dict[str, Path], scratch: Scratch) -> None:
    result = run(dataset, models["constant"], released(scratch(), models["fitted"]), None, scratch())
    assert not result.passed
    assert (result.gate[1].kind, result.gate[1].passed) == ("not_significantly_worse", False)


def test_the_champion_itself_is_not_worse(dataset: Dataset, models: dict[str, Path], scratch: Scratch) -> None:
    champion = released(scratch(), models["fitted"])
    shutil.rmtree(champion.uri)
    result = run(dataset, models["fitted"], champion, None, scratch())
    assert result.champion is not None
    assert result.champion.version == result.model
    assert (result.champion.difference.value, result.champion.p_worse) == (0, 0)
    assert result.gate[1].kind == "same_model"


def test_a_champion_of_other_classes_is_not_compared(
    dataset: Dataset, models: dict[str, Path], scratch: Scratch
) -> None:
    result = run(dataset, models["fitted"], released(scratch(), models["other"]), None, scratch())
    assert result.champion is None
    assert result.passed
    assert isinstance(result.gate[1], OtherClasses)
    assert (result.gate[1].added, result.gate[1].removed) == (("good",), ("fine",))


@pytest.mark.parametrize("broken", ["", "model.safetensors", "classes.json", "config.json"])
def test_a_champion_that_cannot_be_loaded_ends_the_run(
    dataset: Dataset, models: dict[str, Path], scratch: Scratch, broken: str
) -> None:
    champion = released(scratch(), models["constant"])
    if broken:
        (Path(champion.uri) / "model" / broken).write_bytes(b"not it")
    else:
        shutil.rmtree(champion.uri)
    with pytest.raises(InputError, match="cannot be loaded"):
        run(dataset, models["fitted"], champion, None, scratch())


def test_a_model_of_other_classes_is_wrong_input(dataset: Dataset, models: dict[str, Path], scratch: Scratch) -> None:
    with pytest.raises(InputError, match="other classes"):
        run(dataset, models["other"], Champion(), None, scratch())


def test_no_model_and_no_test_rows_are_wrong_input(dataset: Dataset, models: dict[str, Path], scratch: Scratch) -> None:
    with pytest.raises(InputError, match=r"classes\.json"):
        run(dataset, scratch(), Champion(), None, scratch())
    untested = dataset.model_copy(update={"counts": {"train": dataset.counts["train"]}})
    with pytest.raises(InputError, match="no test rows"):
        run(untested, models["fitted"], Champion(), None, scratch())


def test_the_evaluation_survives_its_file(
    dataset: Dataset, models: dict[str, Path], scratch: Scratch, tmp_path: Path
) -> None:
    result = run(dataset, models["fitted"], Champion(), None, scratch())
    result.write(tmp_path / "evaluation.json")
    assert Evaluation.read(tmp_path / "evaluation.json") == result
    assert {"accuracy", "balanced_accuracy", "examples"} <= set(json.loads((tmp_path / "evaluation.json").read_text()))


@pytest.fixture(scope="module")
def memorised(tmp_path_factory: pytest.TempPathFactory, models: dict[str, Path]) -> tuple[Dataset, Path]:
    """Rows with random labels, and a model that has memorised those of the training rows.

    Its predictions for the validation rows are all wrong.
    """
    from sklearn.linear_model import LogisticRegression

    root = tmp_path_factory.mktemp("memorised")
    network = load_model(models["constant"])
    contents = {split: tiny.texts(rows, seed)[0] for seed, (split, rows) in enumerate(ROWS.items(), 7)}
    labels = {split: np.random.default_rng(rows).permutation(np.arange(rows) % 2) for split, rows in ROWS.items()}
    examples, depth = network.encode(contents["train"], root), len(network.blocks)
    known = LogisticRegression(C=1e8, max_iter=10_000, tol=1e-10)
    known.fit(network.features(examples, [depth])[depth], labels["train"])
    network.set_head(head_of(known))
    labels["validation"] = network.logits(network.encode(contents["validation"], root)).argmin(axis=1)
    network.save(root / "model", CLASSES)
    shards = {}
    for split in ROWS:
        rows = [(f"{row:064x}", int(labels[split][row]), text.encode(), "") for row, text in enumerate(contents[split])]
        shards[split] = tuple(str(root / name) for name in factories.shards(rows, "text", root, split))
    counts = {split: tuple(np.bincount(labels[split], minlength=2).tolist()) for split in ROWS}
    return factories.dataset(counts=counts, shards=shards), root / "model"


def test_memorised_rows_are_a_train_test_gap(memorised: tuple[Dataset, Path], scratch: Scratch) -> None:
    result = run(*memorised, Champion(), None, scratch())
    assert (result.train_accuracy, result.train_rows) == (1.0, ROWS["train"])
    assert result.accuracy < 0.75
    assert result.forgetting is None


def test_of_many_training_rows_a_few_are_read(
    memorised: tuple[Dataset, Path], scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step, "MAX_TRAIN_ROWS", 5)
    dataset, model = memorised
    rows = read_rows(dataset, ("train", "validation"), scratch())
    recorded = Recorded(rows.raw)
    right = step.right_on_training_rows(load_model(model), replace(rows, raw=recorded), ROWS["train"], scratch())
    assert right.tolist() == [True] * 5
    assert len(recorded.seen) == 5
    assert max(recorded.seen) < ROWS["train"]
    assert run(dataset, model, Champion(), None, scratch()).train_rows == 5


class Recorded(Sequence[str]):
    """Texts that record which of them were read."""

    def __init__(self, values: Sequence[str]) -> None:
        self.values, self.seen = values, set[int]()

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, row: int) -> str:  # type: ignore[override]
        self.seen.add(int(row))
        return self.values[row]


def test_forgetting_is_in_the_evaluation(dataset: Dataset, models: dict[str, Path], scratch: Scratch) -> None:
    """A frozen network forgets nothing: the accuracies are equal."""
    plan = harness.plan(load_model(models["fitted"]), 0, "text")
    frozen = plan.model_copy(update={"strategy": "frozen", "training": None})
    lost = run(dataset, models["fitted"], Champion(), frozen, scratch()).forgetting
    assert lost is not None
    assert lost.before == lost.after == lost.refitted
    assert (lost.task, lost.rows) == (other_task.DOCSTRINGS, other_task.TEST_ROWS)
