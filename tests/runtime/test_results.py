"""Results of a run in its output, and what becomes of those of an earlier run."""

from __future__ import annotations

from pathlib import Path

import pytest

from thaw import storage
from thaw.errors import InputError
from thaw.records import Champion
from thaw.runtime import results

EARLIER = (
    "error.json",
    "outcome.json",
    "dataset.json",
    "decision.json",
    "evaluation.json",
    "report.html",
    "model/preprocessing.json",
)


def test_publish_writes_records_texts_and_folders(place: str, tmp_path: Path) -> None:
    (tmp_path / "model" / "deep").mkdir(parents=True)
    (tmp_path / "model" / "deep" / "weights").write_bytes(b"w")
    results.publish(place, "champion.json", Champion(version="v"))
    results.publish(place, "report.html", "<p>ü</p>")
    results.publish(place, "model", tmp_path / "model")
    assert Champion.parse(storage.read(f"{place}/champion.json")).version == "v"
    assert storage.read(f"{place}/report.html").decode() == "<p>ü</p>"
    assert storage.listing(f"{place}/model") == ["deep/weights"]


def test_an_empty_output_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    results.begin("")
    results.publish("", "report.html", "x")
    results.accept("")
    assert list(tmp_path.iterdir()) == []


def test_a_model_folder_that_no_run_wrote_stays(place: str) -> None:
    storage.write(f"{place}/model/weights", b"somebody's")
    results.accept(place)
    assert storage.listing(place) == ["model/weights"]


def test_results_of_an_earlier_run_stay_until_the_data_prove_good(place: str) -> None:
    for name in (*EARLIER, "registry/models/m/current.json"):
        storage.write(f"{place}/{name}", b"{}")
    results.begin(place)
    assert storage.listing(place) == [
        "decision.json",
        "evaluation.json",
        "model/preprocessing.json",
        "registry/models/m/current.json",
        "report.html",
    ]
    results.accept(place)
    assert storage.listing(place) == ["registry/models/m/current.json"], "what a run did not write is not its own"


def test_a_run_does_not_begin_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        results.begin(str(tmp_path / "file"))
