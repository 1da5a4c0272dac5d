from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tests import factories
from thaw import storage
from thaw.errors import InputError
from thaw.records import Champion, Evaluation, LearnedSomething, Release
from thaw.registry.pointer import current
from thaw.steps.push.step import run
from thaw.storage.checksums import file_checksums, folder_checksum


def model(folder: Path, weights: bytes = b"weights") -> Path:
    (folder / "tokenizer").mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(weights)
    (folder / "classes.json").write_text('["bad", "good"]')
    (folder / "tokenizer" / "vocabulary.txt").write_text("a b c")
    return folder


def evaluation(folder: Path, passed: bool = True) -> Evaluation:
    rule = LearnedSomething(passed=passed, metric="accuracy", low=0.7, constant=0.5)
    return factories.evaluation(passed=passed, gate=(rule,), model=version_of(folder))


def version_of(folder: Path) -> str:
    return folder_checksum(file_checksums(folder))


def push(folder: Path, champion: Champion, registry: str, evaluated: Evaluation | None = None) -> Release:
    evaluated = evaluated or evaluation(folder)
    return run(folder, evaluated, factories.training(), factories.dataset(), champion, registry, "reviews")


def everything(registry: str) -> dict[str, bytes]:
    return {name: storage.read(storage.join(registry, name)) for name in storage.listing(registry)}


def test_a_first_release_is_whole_and_current(place: str, tmp_path: Path) -> None:
    folder = model(tmp_path / "model")
    assert current(place, "reviews") == Champion()
    release = push(folder, current(place, "reviews"), place)
    champion = current(place, "reviews")
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
    assert file_checksums(fetched) == release.checksums == file_checksums(folder)
    assert release.version == folder_checksum(release.checksums)
    assert Release.parse(storage.read(storage.join(release.uri, "release.json"))) == release
    assert storage.join(place, "models", "reviews", "versions", release.version) == release.uri


def test_the_next_release_knows_the_one_before_and_leaves_it_alone(place: str, tmp_path: Path) -> None:
    first = push(model(tmp_path / "one", b"1"), Champion(), place)
    before = everything(first.uri)
    second = push(model(tmp_path / "two", b"2"), current(place, "reviews"), place)
    assert second.previous == first.version
    assert current(place, "reviews").version == second.version
    assert everything(first.uri) == before


def test_the_same_content_again_changes_nothing(place: str, tmp_path: Path) -> None:
    folder = model(tmp_path / "model")
    first = push(folder, Champion(), place)
    before = everything(place)
    assert push(folder, Champion(), place) == first
    assert push(folder, current(place, "reviews"), place) == first
    assert everything(place) == before


def test_back_to_an_old_version(place: str, tmp_path: Path) -> None:
    one, two = model(tmp_path / "one", b"1"), model(tmp_path / "two", b"2")
    first = push(one, Champion(), place)
    second = push(two, current(place, "reviews"), place)
    version = everything(first.uri)
    again = push(one, current(place, "reviews"), place)
    assert (again.version, again.previous) == (first.version, second.version)
    assert current(place, "reviews").version == first.version
    assert everything(first.uri) == version


def test_an_attempt_that_died_halfway_is_completed(place: str, tmp_path: Path) -> None:
    folder = model(tmp_path / "model")
    version = version_of(folder)
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
        push(folder, current(place, "reviews"), place)


def test_a_lost_race_writes_nothing_and_says_what_to_do(place: str, tmp_path: Path) -> None:
    started = current(place, "reviews")
    winner = push(model(tmp_path / "one", b"1"), started, place)
    before = everything(place)
    with pytest.raises(InputError, match=f"another run released {winner.version[:12]}.*run again"):
        push(model(tmp_path / "two", b"2"), started, place)
    assert everything(place) == before


def test_a_withdrawn_champion_is_a_lost_race_too(place: str, tmp_path: Path) -> None:
    push(model(tmp_path / "one", b"1"), Champion(), place)
    champion = current(place, "reviews")
    storage.remove(storage.join(place, "models", "reviews", "current.json"))
    with pytest.raises(InputError, match="withdrawn"):
        push(model(tmp_path / "two", b"2"), champion, place)


@pytest.mark.parametrize("released_before", [False, True])
def test_of_racing_pushes_exactly_one_wins(place: str, tmp_path: Path, released_before: bool) -> None:
    if released_before:
        push(model(tmp_path / "old", b"old"), Champion(), place)
    champion = current(place, "reviews")
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
    assert current(place, "reviews").version == winners[0].version


def test_racing_pushes_of_one_content_all_succeed(place: str, tmp_path: Path) -> None:
    folder = model(tmp_path / "model")
    line = Barrier(4)

    def race(_: int) -> str:
        line.wait()
        return push(folder, Champion(), place).version

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(race, range(4))) == {current(place, "reviews").version}


def test_a_refused_model_is_not_pushed(tmp_path: Path) -> None:
    folder = model(tmp_path / "model")
    registry = str(tmp_path / "registry")
    with pytest.raises(InputError, match="gate refused"):
        run(
            folder,
            evaluation(folder, passed=False),
            factories.training(),
            factories.dataset(),
            Champion(),
            registry,
            "reviews",
        )
    assert storage.listing(registry) == []


def test_only_what_was_evaluated_is_pushed(tmp_path: Path) -> None:
    folder = model(tmp_path / "model")
    evaluated = evaluation(folder)
    (folder / "model.safetensors").write_bytes(b"trained on")
    with pytest.raises(InputError, match="another model"):
        run(
            folder,
            evaluated,
            factories.training(),
            factories.dataset(),
            Champion(),
            str(tmp_path / "registry"),
            "reviews",
        )


def test_a_registry_that_moved_is_read_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    push(model(tmp_path / "model"), Champion(), "old")
    (tmp_path / "old").rename(tmp_path / "new")
    champion = current("new", "reviews")
    assert champion.uri.startswith(str(tmp_path / "new"))
    assert storage.exists(storage.join(champion.uri, "release.json"))
