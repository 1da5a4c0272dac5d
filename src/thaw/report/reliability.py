"""Charts of calibration: how often the model is right at each confidence, and how often it is so sure."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from ..records import CalibrationBin
from .charts import plot
from .formats import count, percent, short_percent
from .scale import Scale
from .svg import bar, dot, line

HEIGHT = 270
CONFIDENCE = Scale(0, 1)


def reliability_chart(bins: Sequence[CalibrationBin]) -> Markup:
    """Accuracy against confidence, a dot for each bin, larger where it holds more rows."""
    max_rows = max(item.rows for item in bins)
    marks = [mark for item in bins for mark in _reliability_marks(item, max_rows)]
    return plot(
        CONFIDENCE,
        CONFIDENCE,
        [line(0, 100, 100, 0, "dash"), *marks],
        about="Accuracy against confidence, the diagonal is perfect calibration",
        x_name="confidence",
        x_label=short_percent,
        height=HEIGHT,
    )


def confidence_chart(bins: Sequence[CalibrationBin]) -> Markup:
    """A histogram of the test rows by confidence."""
    rows = Scale(0, max(item.rows for item in bins))
    bars = [
        bar(CONFIDENCE(item.low), CONFIDENCE(item.high), 100 - rows(item.rows), "accent", _title(item)) for item in bins
    ]
    return plot(
        CONFIDENCE,
        rows,
        bars,
        about="Test rows by confidence",
        x_name="confidence",
        x_label=short_percent,
        y_label=count,
        height=HEIGHT,
    )


def _reliability_marks(item: CalibrationBin, max_rows: int) -> list[Markup]:
    x, height = CONFIDENCE(item.confidence), 100 - CONFIDENCE(item.accuracy)
    radius = 3 + 6 * (item.rows / max_rows) ** 0.5
    return [line(x, 100 - x, x, height, "whisker", "warm"), dot(x, height, "accent", radius, _title(item))]


def _title(item: CalibrationBin) -> str:
    return f"{count(item.rows)} rows: sure to {percent(item.confidence)}, right {percent(item.accuracy)}"
