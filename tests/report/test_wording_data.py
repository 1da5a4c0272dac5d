from __future__ import annotations

from typing import get_args

from tests import factories
from thaw.records import Reading, RefusedKind
from thaw.report import wording_data
from thaw.report.wording_data import data_sentences
from thaw.runtime.option_sources import flag_of
from thaw.runtime.options import SOURCE

READING = Reading(
    file="reviews.csv",
    files=3,
    format="csv",
    encoding="cp1252",
    delimiter=";",
    header=True,
    columns={"text": "Body", "label": "Stars"},
    splits={"Training": "train"},
    guessed=("encoding", "delimiter", "label_column"),
)


def test_every_kind_of_refused_row_has_a_name() -> None:
    assert set(wording_data.KINDS) == set(get_args(RefusedKind))


def test_the_flags_that_overrule_a_guess_exist() -> None:
    assert set(wording_data.FLAGS.values()) <= set(map(flag_of, SOURCE))


def test_what_was_read_and_guessed_is_said() -> None:
    said = " ".join(data_sentences(factories.dataset(readings=(READING,))))
    for fact in ("reviews.csv", "cp1252", "semicolons", "Body", "Stars", "Training", "--encoding", "--label-column"):
        assert fact in said
    assert "--text-column" not in said


def test_what_was_found_is_said_and_nothing_else() -> None:
    assert data_sentences(factories.dataset()) == []
    found = factories.dataset(
        rejected=3,
        rejected_uri="s/rejected.parquet",
        refused_kinds={"label": 2, "duplicate": 1},
        near_duplicates=1,
        conflicts=4,
        similar_labels=(("A", "a"),),
    )
    assert len(data_sentences(found)) == 4
    assert "s/rejected.parquet" in data_sentences(found)[0]
