"""A leaderboard as a page: what each strategy scored and took, and what the choice has cost."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from ..records import Leaderboard, Runs, Strategy
from .charts import plot
from .formats import duration, metric_name, percent, percent_range, strategy_name
from .pages import render
from .scale import Scale, linear_scale, log_scale
from .svg import Colour, dot, line, text

OFFSET = 2.0
"""Percent of the chart's width between the measured scores and the expected one."""
MIN_SECONDS = 1e-3
"""Smallest time on the logarithmic axis."""


def page(board: Leaderboard) -> str:
    """The page of the step `compare_strategies`."""
    return render("Every strategy, run for real", {"comparison.html": context(board)}, f"Dataset {board.dataset}")


def context(board: Leaderboard) -> dict[str, object]:
    """What `comparison.html` shows."""
    rows = [(strategy, runs, mean(runs.scores), mean(runs.seconds)) for strategy, runs in ranked(board)]
    return {"board": board, "leaderboard": rows, "runs_chart": runs_chart(board)}


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean."""
    return sum(values) / len(values)


def ranked(board: Leaderboard) -> list[tuple[Strategy, Runs]]:
    """Strategies from the best mean score down; one that is counted as another stands below it."""
    return sorted(board.strategies.items(), key=lambda item: (-mean(item[1].scores), bool(item[1].counted_as)))


def runs_chart(board: Leaderboard) -> Markup:
    """Score of every run against its time, a bar at the mean of a strategy, and beside it what was expected."""
    drawn = {strategy: runs for strategy, runs in board.strategies.items() if not runs.counted_as}
    x = log_scale([max(seconds, MIN_SECONDS) for runs in drawn.values() for seconds in runs.seconds])
    y = linear_scale([end for runs in drawn.values() for end in (*runs.scores, runs.low, runs.high)], 0, 1)
    marks = [mark for name, runs in drawn.items() for mark in _marks(name, runs, name == board.chosen, x, y)]
    return plot(
        x,
        y,
        marks,
        about=f"{metric_name(board.metric)} against seconds of training, of each run and as expected",
        x_name="seconds of training, logarithmic",
        x_label=duration,
        height=320,
    )


def _marks(strategy: Strategy, runs: Runs, chosen: bool, x: Scale, y: Scale) -> list[Markup]:
    across, top = x(mean(runs.seconds)), max(*runs.scores, runs.high)
    kind = "halo name" if chosen else "halo"
    return [
        *_measured(strategy, runs, "accent" if chosen else "", x, y),
        *_expected(strategy, runs, across + OFFSET, y),
        text(across, 100 - y(top), strategy_name(strategy), dy=-10, kind=kind),
    ]


def _measured(strategy: Strategy, runs: Runs, colour: Colour, x: Scale, y: Scale) -> list[Markup]:
    across, height = x(mean(runs.seconds)), 100 - y(mean(runs.scores))
    return [
        line(across - OFFSET / 2, height, across + OFFSET / 2, height, colour=colour),
        *(
            dot(
                x(seconds),
                100 - y(score),
                colour,
                4,
                f"{strategy_name(strategy)}: {percent(score)} in {duration(seconds)}",
            )
            for score, seconds in zip(runs.scores, runs.seconds, strict=True)
        ),
    ]


def _expected(strategy: Strategy, runs: Runs, across: float, y: Scale) -> list[Markup]:
    title = f"{strategy_name(strategy)}: {percent(runs.predicted)} expected ({percent_range(runs)})"
    return [
        line(across, 100 - y(runs.low), across, 100 - y(runs.high), "whisker", "warm"),
        dot(across, 100 - y(runs.predicted), "warm", 3, title),
    ]
