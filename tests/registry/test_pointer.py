from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import factories
from thaw import storage
from thaw.errors import InputError
from thaw.records import Champion
from thaw.registry.pointer import check_current, current, move

FIRST, SECOND = factories.release(version="a" * 64), factories.release(version="b" * 64)


def test_without_a_release_nothing_is_current(place: str) -> None:
    assert current(place, "reviews") == Champion()
    check_current(place, FIRST, Champion())


def test_the_pointer_moves_from_the_champion_to_the_release(place: str) -> None:
    assert move(place, FIRST, Champion()) == FIRST
    champion = current(place, "reviews")
    assert champion.version == FIRST.version
    assert champion.uri == storage.join(place, "models", "reviews", "versions", FIRST.version)
    assert move(place, SECOND, champion) == SECOND
    assert current(place, "reviews").version == SECOND.version


def test_it_does_not_move_when_another_version_is_current_by_now(place: str) -> None:
    move(place, FIRST, Champion())
    for act in (check_current, move):
        with pytest.raises(InputError, match=f"another run released {FIRST.version[:12]}.*run again"):
            act(place, SECOND, Champion())
    assert current(place, "reviews").version == FIRST.version


def test_it_does_not_move_when_the_champion_was_withdrawn(place: str) -> None:
    move(place, FIRST, Champion())
    champion = current(place, "reviews")
    storage.remove(storage.join(place, "models", "reviews", "current.json"))
    with pytest.raises(InputError, match="withdrawn"):
        check_current(place, SECOND, champion)


def test_a_release_that_is_current_already_is_not_written_again(place: str) -> None:
    move(place, FIRST, Champion())
    before = current(place, "reviews")
    check_current(place, FIRST, Champion())
    assert move(place, FIRST, Champion()) == move(place, FIRST, before) == FIRST
    assert current(place, "reviews") == before


@pytest.mark.parametrize("name", ["", "Reviews", "../reviews", "a/b", "-a", "a.", "a b", "x" * 64, "a\n"])
def test_names_that_are_no_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="no name for a model"):
        current(str(tmp_path), name)


def test_a_pointer_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    storage.write(str(tmp_path / "models" / "reviews" / "current.json"), json.dumps({"version": 3}).encode())
    with pytest.raises(InputError, match="not a valid Release"):
        current(str(tmp_path), "reviews")
