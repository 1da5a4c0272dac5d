"""The report of a whole run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.report.parsed import Parsed
from tests.report.test_decision import decision
from tests.report.test_evaluation import evaluation
from tests.report.test_profile import profile
from thaw.records import Decision, Evaluation, Profile
from thaw.report import decision as decision_page
from thaw.report import profile as profile_page
from thaw.report.run import page

FILES_V1 = Path(__file__).parent.parent / "files_v1"


def sections(document: str) -> int:
    return Parsed(document).count("section")


def test_the_report_holds_the_sections_of_every_record_at_hand() -> None:
    alone, chosen, known = evaluation(), decision(), profile()
    whole = page(alone, "reviews.csv", decision=chosen, profile=known)
    parts = (page(alone, "reviews.csv"), decision_page.page(chosen), profile_page.page(known))
    assert sections(whole) == sum(map(sections, parts))
    assert {alone.model in each or alone.dataset in each for each in Parsed(whole).text} == {True, False}


@pytest.mark.parametrize("path", sorted(FILES_V1.glob("*evaluation.json")), ids=lambda path: path.stem)
def test_records_of_version_1_still_make_a_report(path: Path) -> None:
    name = path.stem.partition("-")[0]
    document = page(
        Evaluation.read(path),
        "source",
        decision=Decision.read(FILES_V1 / f"{name}-decision.json"),
        profile=Profile.read(FILES_V1 / f"{name}-profile.json"),
    )
    assert Parsed(document).count("section") > 10
