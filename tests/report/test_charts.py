"""Axes, marks and the charts made of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.report.parsed import Parsed
from thaw.records import Interval
from thaw.report.charts import Score, difference_forest, forest, plot
from thaw.report.formats import count
from thaw.report.scale import Scale, linear_scale, log_scale

finite = st.floats(1e-6, 1e6)


@given(low=finite, span=finite, log=st.booleans(), at=st.floats(0, 1))
def test_ticks_and_values_lie_on_the_axis(low: float, span: float, log: bool, at: float) -> None:
    scale = Scale(low, low + span, log)
    ticks = scale.ticks()
    assert len(ticks) <= 8
    assert all(-1e-6 <= scale(tick) <= 100 + 1e-6 for tick in ticks)
    assert 0 <= scale(low + at * span) <= 100


@given(value=st.floats(0, 1))
def test_equal_values_still_span_an_axis(value: float) -> None:
    scale = linear_scale([value, value], 0, 1)
    assert scale.low < scale.high
    assert 0 <= scale(value) <= 100


def test_a_scale_holds_its_values_with_a_margin() -> None:
    assert linear_scale([0.2, 0.7]).low < 0.2
    assert linear_scale([0.2, 1.0], 0, 1).high == 1
    assert log_scale([1, 100]).low < 1


def test_a_forest_has_a_dot_and_a_whisker_a_score_and_the_first_leads() -> None:
    high, low = (Interval(value=value, low=value - 0.1, high=value + 0.05) for value in (0.9, 0.5))
    drawn = forest([Score("this", high, "accent"), Score("that", low)])
    assert [(row.name, row.leads, row.value, row.bounds) for row in drawn.rows] == [
        ("this", True, "90.0%", "80.0–95.0%"),
        ("that", False, "50.0%", "40.0–55.0%"),
    ]
    for row, colour in zip(drawn.rows, ("accent", ""), strict=True):
        parsed = Parsed(row.picture)
        assert parsed.count("circle", f"dot {colour}".strip()) == 1
        assert parsed.count("line", f"whisker {colour}".strip()) == 1


def test_a_difference_stands_beside_a_line_at_zero() -> None:
    difference = Interval(value=0.03, low=0.01, high=0.05)
    (row,) = difference_forest(Score("this − that", difference, "accent")).rows
    assert (row.value, row.bounds) == ("+3.0", "+1.0 to +5.0")
    assert Parsed(row.picture).count("line", "base") == 1
    assert not Parsed(forest([Score("this", difference)]).rows[0].picture).count("line", "base")


def test_a_plot_names_its_axes_and_says_what_it_is() -> None:
    scale = Scale(0, 1)
    parsed = Parsed(plot(scale, scale, [], about="<b>", x_name="<i>", x_label=count, x_ticks=[0, 1]))
    assert parsed.count("line", "base") == 3, "the axis and two ticks"
    assert ("<b>" in parsed.values, "<i>" in parsed.text) == (True, True)
    assert {tag for tag, *_ in parsed.structure} == {"svg", "line", "text"}
