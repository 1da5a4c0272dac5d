"""A comparison in one screen: every strategy as it was run, and what the choice among them has cost."""

from __future__ import annotations

from rich.console import Console, Group
from rich.constrain import Constrain
from rich.table import Table
from rich.text import Text

from .. import storage
from ..records import Leaderboard, Runs
from ..report.formats import count, duration, metric_name, percent, percent_range
from ..runtime.results import COMPARISON, COMPARISON_PAGE
from .summary import add_strategy, comparison_table, points, read, show_location
from .terminal import MAX_WIDTH, block


def show_comparison(output: str, screen: Console) -> None:
    """The leaderboard, from the best mean down, and the regret."""
    board = read(output, COMPARISON, Leaderboard)
    screen.print()
    screen.print(Constrain(leaderboard(board), MAX_WIDTH))
    best = "and is the best" if board.best == board.chosen else f"{board.best} is the best"
    timing = f"{board.chosen} was chosen before any of these runs, {best}"
    block(screen, "Regret", Group(Text(regret(board)), points([timing])))
    screen.print()
    show_location(screen, "Report", storage.join(output, COMPARISON_PAGE))


def leaderboard(board: Leaderboard) -> Table:
    table = comparison_table("Strategies")
    expected = f"expected {metric_name(board.metric)}  ({count(board.test_rows)} test rows)"
    for title in ("mean", "each seed", "seconds", expected):
        table.add_column(title)
    for strategy, runs in sorted(board.strategies.items(), key=lambda item: (-_mean(item[1]), item[1].counted_as)):
        cells = ("", f"counted as {runs.counted_as}", "", "") if runs.counted_as else _cells(runs)
        add_strategy(table, strategy, strategy == board.chosen, cells)
    return table


def regret(board: Leaderboard) -> str:
    interval = f"{100 * board.regret_low:.1f}–{100 * board.regret_high:.1f}"
    return f"{100 * board.regret:.1f} points  (95% interval {interval})"


def _cells(runs: Runs) -> tuple[str, ...]:
    seeds = " ".join(f"{100 * score:.1f}" for score in runs.scores)
    seconds = duration(sum(runs.seconds) / len(runs.seconds))
    return percent(_mean(runs)), seeds, seconds, f"{percent(runs.predicted)}  ({percent_range(runs)})"


def _mean(runs: Runs) -> float:
    return sum(runs.scores) / len(runs.scores)
