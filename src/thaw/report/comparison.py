"""A leaderboard as a page: what each strategy scored and took, and what the choice has cost."""

from __future__ import annotations

from ..records import Leaderboard, Runs, Strategy
from .charts import Scale, around, around_log, dot, line, plot, text
from .html import count, duration, escape, heading, percent, section, shell, table

TITLES: dict[Strategy, str] = {"frozen": "Frozen", "partial": "Partial", "lora": "LoRA", "full": "Full"}
BESIDE = 2.0
"""Percent of the picture's width between what was seen and what was expected."""


def page(board: Leaderboard) -> str:
    return shell("Every strategy, run for real", sections(board), f"Dataset {board.dataset}")


def sections(board: Leaderboard) -> list[str]:
    picture = heading("Score against seconds of training") + _key(board) + _picture(board)
    return [section("What the choice has cost", _headline(board)), section("Leaderboard", picture + _table(board))]


def mean(values: tuple[float, ...]) -> float:
    return sum(values) / len(values)


def ranked(board: Leaderboard) -> list[tuple[Strategy, Runs]]:
    """From the best mean down; what only counts as another strategy stands below it."""
    return sorted(board.strategies.items(), key=lambda item: (-mean(item[1].scores), bool(item[1].counted_as)))


def _headline(board: Leaderboard) -> str:
    chosen, best = TITLES[board.chosen], TITLES[board.best]
    bounds = f"{100 * board.regret_low:.1f}–{100 * board.regret_high:.1f}"
    whose = "the best of them" if board.best == board.chosen else f"{best} was best"
    return (
        f'<div class="big">{100 * board.regret:.1f} points</div>'
        f'<p class="note">of regret (95% interval {bounds}): {chosen} was chosen before anything ran, and {whose}.</p>'
        f"<p>Regret is the best strategy's mean {_metric(board)} minus the chosen one's, on {count(board.examples)} "
        f"test rows and {_seeds(board)}. Its interval takes the strategies' errors on these rows as independent; they "
        "partly agree, so it is rather too wide.</p>"
    )


def _key(board: Leaderboard) -> str:
    chosen = escape(TITLES[board.chosen])
    return (
        f'<p class="key"><span class="a">{chosen}, which was chosen</span><span>the others: a dot a seed, a bar '
        'their mean</span><span class="w">what was expected, with its 80% interval</span></p>'
    )


def _picture(board: Leaderboard) -> str:
    shown = {name: runs for name, runs in board.strategies.items() if not runs.counted_as}
    x = around_log([max(seconds, 1e-3) for runs in shown.values() for seconds in runs.seconds])
    y = around([end for runs in shown.values() for end in (*runs.scores, runs.low, runs.high)], 0, 1)
    marks = [mark for name, runs in shown.items() for mark in _marks(name, runs, name == board.chosen, x, y)]
    return plot(
        x,
        y,
        marks,
        x_name="seconds of training, logarithmic",
        x_label=duration,
        height=320,
        about=f"{_metric(board)} against seconds of training, each strategy and seed, with what was expected",
    )


def _marks(name: Strategy, runs: Runs, chosen: bool, x: Scale, y: Scale) -> list[str]:
    kind = "a" if chosen else ""
    across, score = x(mean(runs.seconds)), mean(runs.scores)
    beside, bar = across + BESIDE, 100 - y(score)
    expected = f"{TITLES[name]}: {percent(runs.predicted)} expected ({_between(runs)})"
    top = min(100 - y(value) for value in (*runs.scores, runs.high))
    return [
        line(across - BESIDE / 2, bar, across + BESIDE / 2, bar, f"line {kind}"),
        line(beside, 100 - y(runs.low), beside, 100 - y(runs.high), "whisker w"),
        dot(beside, 100 - y(runs.predicted), "w", 3, expected),
        *(
            dot(x(seconds), 100 - y(value), kind, 4, f"{TITLES[name]}: {percent(value)} in {duration(seconds)}")
            for value, seconds in zip(runs.scores, runs.seconds, strict=True)
        ),
        text(across, top, TITLES[name], dy=-10, kind=f"halo {'name' if chosen else ''}"),
    ]


def _table(board: Leaderboard) -> str:
    order = ranked(board)
    rows = [
        (
            TITLES[name] + (f"<small>counted as {escape(TITLES[_of(runs)])}</small>" if runs.counted_as else ""),
            percent(mean(runs.scores)),
            " ".join(f"{100 * score:.1f}" for score in runs.scores),
            duration(mean(runs.seconds)),
            percent(runs.predicted),
            _between(runs),
        )
        for name, runs in order
    ]
    head = ("Strategy", f"Mean {_metric(board)}", "Each seed", "Seconds", "Expected", "80% interval")
    return table(head, rows, numbers=5, chosen=[name for name, _ in order].index(board.chosen))


def _of(runs: Runs) -> Strategy:
    return next(name for name in TITLES if name == runs.counted_as)


def _seeds(board: Leaderboard) -> str:
    return "1 seed" if len(board.seeds) == 1 else f"{len(board.seeds)} seeds"


def _metric(board: Leaderboard) -> str:
    return board.metric.replace("_", " ")


def _between(runs: Runs) -> str:
    return f"{100 * runs.low:.1f}–{percent(runs.high)}"
