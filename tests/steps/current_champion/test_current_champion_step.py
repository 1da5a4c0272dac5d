from __future__ import annotations

from pathlib import Path

import pytest

from tests import factories
from thaw import storage
from thaw.errors import InputError
from thaw.records import Champion
from thaw.registry import pointer
from thaw.runtime import claims
from thaw.steps.current_champion.step import run


def test_a_run_begins_with_the_current_version_and_an_output_that_says_nothing_of_its_end(place: str) -> None:
    registry, output = storage.join(place, "registry"), storage.join(place, "output")
    storage.write(storage.join(output, claims.MARK), b"{}")
    storage.write(storage.join(output, "outcome.json"), b"{}")
    assert run(registry, "reviews", output) == Champion()
    assert storage.listing(output) == [claims.MARK]
    pointer.move(registry, factories.release(), Champion())
    assert run(registry, "reviews", output).version == factories.MODEL


def test_an_output_that_cannot_be_written_is_refused_first(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        run(str(tmp_path / "registry"), "reviews", str(tmp_path / "file"))
