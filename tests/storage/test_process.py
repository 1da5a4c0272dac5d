from __future__ import annotations

from thaw.storage.process import identity, is_dead


def test_a_process_that_runs_is_not_dead_and_one_with_its_number_that_started_earlier_is() -> None:
    assert not is_dead(identity())
    assert is_dead({**identity(), "started": "0"})


def test_of_another_machine_nothing_is_known() -> None:
    assert not is_dead({**identity(), "host": "another", "pid": 1})
