from __future__ import annotations

from dataclasses import replace

import pytest

from tests.report.parsed import Parsed
from tests.report.test_pages import HOSTILE
from tests.report.test_profile import profile
from thaw.report.feature_map import COLOURS, MapRow, feature_map
from thaw.report.profile import page

PICTURE = "data:image/jpeg;base64,AA=="
ROWS = [MapRow(x=k, y=k % 3, label=f"class {k % 12:02}", title=f"row {k}", suspect=k == 5) for k in range(48)]


def test_there_is_no_map_without_rows() -> None:
    assert feature_map([]) is None


def test_every_row_is_a_dot_and_suspects_lie_on_top() -> None:
    drawn = feature_map(ROWS)
    assert drawn
    parsed = Parsed(str(drawn.picture))
    assert parsed.count("circle") == parsed.count("title") == len(ROWS)
    assert parsed.text[-1] == "row 5"
    assert parsed.classes[-2][1].endswith("ring")


def test_the_most_frequent_classes_have_colours_and_the_key_names_them() -> None:
    drawn = feature_map([*ROWS, *ROWS[:8]])
    assert drawn
    assert drawn.key[: len(COLOURS)] == tuple((each, f"class {k:02}") for k, each in enumerate(COLOURS))
    assert [colour for colour, _ in drawn.key[len(COLOURS) :]] == ["", "ring"]


def test_images_are_shown_from_the_page_itself() -> None:
    document = page(profile(), map_rows=[replace(row, image=PICTURE) for row in ROWS])
    assert Parsed(document).sources == [PICTURE] * len(ROWS)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_others_stays_text(text: str) -> None:
    plain = Parsed(page(profile(), map_rows=ROWS))
    strange = Parsed(page(profile(), map_rows=[replace(row, label=f"{text}{row.label}", title=text) for row in ROWS]))
    assert strange.structure == plain.structure


def test_a_map_of_rows_at_one_place_is_drawn() -> None:
    assert "nan" not in page(profile(), map_rows=[replace(row, x=0.0, y=0.0) for row in ROWS])
