import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from thaw import storage
from thaw.errors import InputError
from thaw.records import Champion, Dataset, Evaluation, FittedInClosedForm, Interval, Plan, Release, Training
from thaw.registry.pointer import read
from thaw.steps.push.step import run
from thaw.storage import checksums

DATASET = Dataset(
    modality="text",
    classes=("bad", "good"),
    counts={"test": (2, 2)},
    shards={},
    fingerprint="ab" * 32,
    source="made up",
    split_given=False,
    duplicates=0,
    leaked=0,
    rejected=0,
    rejected_uri="",
)
TRAINING = Training(
    strategy="frozen",
    plan=Plan(
        strategy="frozen",
        dataset=DATASET.fingerprint,
        network="bert-base-uncased",
        modality="text",
        input_size=64,
        cut=13,
        cut_block="",
        head="linear",
        metric="accuracy",
        validate_split=True,
        training=None,
        class_weights=(),
        seed=0,
    ),
    seconds=1,
    stages={},
    updates=0,
    trained_parameters=2,
    total_parameters=20,
    head_l2=1,
    head_score=0.8,
    validation_score=0.8,
    temperature=1,
    curve=(),
    device="CPU",
    compute_dtype="float32",
    stopped=FittedInClosedForm(),
)


def model(folder: Path, weights: bytes = b"weights") -> Path:
    (folder / "tokenizer").mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(weights)
    (folder / "classes.json").write_text('["bad", "good"]')
    (folder / "tokenizer" / "vocabulary.txt").write_text("a b c")
    return folder


def evaluation(folder: Path, passed: bool = True) -> Evaluation:
    scores = {"accuracy": 0.75, "balanced_accuracy": 0.75, "macro_f1": 0.7, "log_loss": 0.5, "ece": 0.1}
    return Evaluation(
        **scores,
        examples=4,
        train_accuracy=1.0,
        train_examples=8,
        forgetting=None,
        intervals={name: Interval(value=x, low=x, high=x) for name, x in scores.items()},
        majority=0.5,
        baselines=(),
        classes=DATASET.classes,
        confusion=((1, 1), (0, 2)),
        per_class=(),
        calibration=(),
        mistakes=(),
        champion=None,
        passed=passed,
        gate=("Has learned something.",),
        dataset=DATASET.fingerprint,
        model=checksums.folder_checksum(checksums.file_checksums(folder)),
        seconds=1,
    )


def push(folder: Path, champion: Champion, registry: str, name: str = "reviews") -> Release:
    return run(folder, evaluation(folder), TRAINING, DATASET, champion, registry, name)


def everything(registry: str) -> dict[str, bytes]:
    return {name: storage.read(storage.join(registry, name)) for name in storage.listing(registry)}


def test_a_first_release_is_whole_and_current(place: str, tmp_path: Path) -> None:
    folder = model(tmp_path / "model")
    assert read(place, "reviews") == Champion()
    release = push(folder, read(place, "reviews"), place)
    champion = read(place, "reviews")
    assert (champion.version, champion.uri) == (release.version, release.uri)
    assert release.previous == ""
    assert set(storage.listing(release.uri)) == {
        "evaluation.json",
        "release.json",
        "training.json",
        "model/classes.json",
        "model/model.safetensors",
        "model/tokenizer/vocabulary.txt",
    }
    (tmp_path / "back").mkdir()
    fetched = storage.local_path(storage.join(champion.uri, "model"), tmp_path / "back")
    assert checksums.file_checksums(fetched) == release.checksums == checksums.file_checksums(folder)
    assert release.version == checksums.folder_checksum(release.checksums)
    assert Release.parse(storage.read(storage.join(release.uri, "release.json"))) == release
    assert storage.join(place, "models", "reviews", "versions", release.version) == release.uri


def test_the_next_release_knows_the_one_before_and_leaves_it_alone(place: str, tmp_path: Path) -> None:
    first = push(model(tmp_path / "one", b"1"), Champion(), place)
    before = everything(first.uri)
    second = push(model(tmp_path / "two", b"2"), read(place, "reviews"), place)
    assert second.previous == first.version
    assert read(place, "reviews").version == second.version
    assert everything(first.uri) == before


def test_the_same_content_again_changes_nothing(place: str, tmp_path: Path) -> None:
    folder = model(tmp_path / "model")
    first = push(folder, Champion(), place)
    before = everything(place)
    assert push(folder, Champion(), place) == first
    assert push(folder, read(place, "reviews"), place) == first
    assert everything(place) == before


def test_back_to_an_old_version(place: str, tmp_path: Path) -> None:
    one, two = model(tmp_path / "one", b"1"), model(tmp_path / "two", b"2")
    first = push(one, Champion(), place)
    second = push(two, read(place, "reviews"), place)
    version = everything(first.uri)
    again = push(one, read(place, "reviews"), place)
    assert (again.version, again.previous) == (first.version, second.version)
    assert read(place, "reviews").version == first.version
    assert everything(first.uri) == version


def test_an_attempt_that_died_halfway_is_completed(place: str, tmp_path: Path) -> None:
    folder = model(tmp_path / "model")
    version = checksums.folder_checksum(checksums.file_checksums(folder))
    uri = storage.join(place, "models", "reviews", "versions", version)
    storage.write(storage.join(uri, "model", "model.safetensors"), b"weig")
    assert push(folder, Champion(), place).uri == uri
    assert storage.read(storage.join(uri, "model", "model.safetensors")) == b"weights"


@pytest.mark.parametrize("file", ["model.safetensors", "stranger.bin"])
def test_other_content_in_a_version_is_refused(place: str, tmp_path: Path, file: str) -> None:
    folder = model(tmp_path / "model")
    release = push(folder, Champion(), place)
    storage.write(storage.join(release.uri, "model", file), b"tampered with")
    with pytest.raises(InputError, match="other files than the model"):
        push(folder, read(place, "reviews"), place)


def test_a_lost_race_writes_nothing_and_says_what_to_do(place: str, tmp_path: Path) -> None:
    started = read(place, "reviews")
    winner = push(model(tmp_path / "one", b"1"), started, place)
    before = everything(place)
    with pytest.raises(InputError, match=f"another run released {winner.version[:12]}.*run again"):
        push(model(tmp_path / "two", b"2"), started, place)
    assert everything(place) == before


def test_a_withdrawn_champion_is_a_lost_race_too(place: str, tmp_path: Path) -> None:
    push(model(tmp_path / "one", b"1"), Champion(), place)
    champion = read(place, "reviews")
    storage.remove(storage.join(place, "models", "reviews", "current.json"))
    with pytest.raises(InputError, match="withdrawn"):
        push(model(tmp_path / "two", b"2"), champion, place)


@pytest.mark.parametrize("released_before", [False, True])
def test_of_racing_pushes_exactly_one_wins(place: str, tmp_path: Path, released_before: bool) -> None:
    if released_before:
        push(model(tmp_path / "old", b"old"), Champion(), place)
    champion = read(place, "reviews")
    racers = [model(tmp_path / str(number), b"%d" % number) for number in range(6)]
    line = Barrier(len(racers))

    def race(folder: Path) -> Release | InputError:
        line.wait()
        try:
            return push(folder, champion, place)
        except InputError as error:
            return error

    with ThreadPoolExecutor(len(racers)) as pool:
        results = list(pool.map(race, racers))
    winners = [result for result in results if isinstance(result, Release)]
    assert len(winners) == 1
    assert read(place, "reviews").version == winners[0].version


def test_racing_pushes_of_one_content_all_succeed(place: str, tmp_path: Path) -> None:
    folder = model(tmp_path / "model")
    line = Barrier(4)

    def race(_: int) -> str:
        line.wait()
        return push(folder, Champion(), place).version

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(race, range(4))) == {read(place, "reviews").version}


def test_a_refused_model_is_not_pushed(tmp_path: Path) -> None:
    folder = model(tmp_path / "model")
    registry = str(tmp_path / "registry")
    with pytest.raises(InputError, match="gate refused"):
        run(folder, evaluation(folder, passed=False), TRAINING, DATASET, Champion(), registry, "reviews")
    assert storage.listing(registry) == []


def test_only_what_was_evaluated_is_pushed(tmp_path: Path) -> None:
    folder = model(tmp_path / "model")
    evaluated = evaluation(folder)
    (folder / "model.safetensors").write_bytes(b"trained on")
    with pytest.raises(InputError, match="another model"):
        run(folder, evaluated, TRAINING, DATASET, Champion(), str(tmp_path / "registry"), "reviews")


@pytest.mark.parametrize("name", ["", "Reviews", "../reviews", "a/b", "-a", "a.", "a b", "x" * 64, "a\n"])
def test_names_that_are_no_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="no name for a model"):
        read(str(tmp_path), name)


def test_a_pointer_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    storage.write(str(tmp_path / "models" / "reviews" / "current.json"), json.dumps({"version": 3}).encode())
    with pytest.raises(InputError, match="not a valid Release"):
        read(str(tmp_path), "reviews")


def test_a_registry_that_moved_is_read_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    push(model(tmp_path / "model"), Champion(), "old")
    (tmp_path / "old").rename(tmp_path / "new")
    champion = read("new", "reviews")
    assert champion.uri.startswith(str(tmp_path / "new"))
    assert storage.exists(storage.join(champion.uri, "release.json"))
