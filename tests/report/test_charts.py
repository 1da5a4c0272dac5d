import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaw.records import Interval
from thaw.report import charts, html

finite = st.floats(1e-6, 1e6)


@given(low=finite, span=finite, log=st.booleans(), at=st.floats(0, 1))
def test_ticks_and_values_lie_on_the_axis(low: float, span: float, log: bool, at: float) -> None:
    scale = charts.Scale(low, low + span, log)
    ticks = scale.ticks()
    assert len(ticks) <= 8
    assert all(-1e-6 <= scale(tick) <= 100 + 1e-6 for tick in ticks)
    assert 0 <= scale(low + at * span) <= 100


def test_ticks_are_round() -> None:
    assert charts.Scale(0.52, 0.93).ticks(5) == [0.6, 0.7, 0.8, 0.9]
    assert charts.Scale(8, 210, log=True).ticks(5) == [10, 20, 50, 100, 200]


@given(value=st.floats(0, 1))
def test_equal_values_still_span_an_axis(value: float) -> None:
    scale = charts.around([value, value], 0, 1)
    assert scale.low < scale.high
    assert 0 <= scale(value) <= 100


def test_a_forest_has_a_dot_and_a_whisker_a_row() -> None:
    rows = [
        ("this", Interval(value=0.9, low=0.8, high=0.95), "a"),
        ("that", Interval(value=0.5, low=0.4, high=0.6), ""),
    ]
    drawn = charts.forest(rows)
    assert drawn.count("<circle") == 2
    assert len(re.findall('class="whisker', drawn)) == 2
    assert "90.0% <small>80.0–95.0%</small>" in drawn


def test_hostile_names_are_escaped_everywhere() -> None:
    hostile = "\"><script>alert('1')</script>\x00"
    interval = Interval(value=0.5, low=0.4, high=0.6)
    parts = [
        charts.forest([(hostile, interval, "a")]),
        charts.dot(1, 1, title=hostile),
        charts.text(1, 1, hostile),
        html.shell(hostile, [], hostile),
        html.section(hostile, "", hostile),
        html.tiles([(hostile, hostile, hostile)]),
        html.bullets([hostile]),
        html.table([hostile], []),
        html.more(hostile, ""),
    ]
    assert not any("<script" in part or "\x00" in part for part in parts)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.0121, "12.1 ms"),
        (9.4, "9.4 s"),
        (45, "45 s"),
        (60, "1 min"),
        (131, "2 min 11 s"),
        (1500, "25 min"),
        (9000, "2.5 h"),
    ],
)
def test_durations_read_naturally(seconds: float, shown: str) -> None:
    assert html.duration(seconds) == shown


def test_numbers_for_readers() -> None:
    assert html.percent(0.9123) == "91.2%"
    assert html.points(-0.0125) == "−1.2"
    assert html.large(22_700_000) == "22.7 M"
    assert html.count(12345) == "12,345"
