"""A decision as a page: what was chosen, against what, and why."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from ..records import Candidate, Decision, Neighbour, Strategy
from .charts import plot
from .formats import duration, metric_name, percent, percent_range, strategy_name
from .pages import render
from .scale import Scale, linear_scale, log_scale
from .svg import dot, line, text

TICKS = [unit * factor for unit in (1, 60, 3600) for factor in (1, 3, 10, 30)]
"""Seconds, minutes and hours to mark on the axis of costs."""
MIN_SECONDS = 1e-3
"""Smallest cost on the logarithmic axis."""


def page(decision: Decision) -> str:
    """The page of the step `choose_strategy`."""
    return render("How much of the network to train", {"decision.html": context(decision)})


def context(decision: Decision) -> dict[str, object]:
    """What `decision.html` shows."""
    strategies = [item.strategy for item in decision.candidates]
    return {
        "decision": decision,
        "chosen": decision.candidates[strategies.index(decision.strategy)],
        "cost_chart": cost_chart(decision),
        "strategies": strategies,
        "neighbours": [(task, _scores(task, strategies)) for task in decision.neighbours or ()],
    }


def cost_chart(decision: Decision) -> Markup:
    """Predicted score of every candidate, with its interval, against its cost."""
    candidates = sorted(decision.candidates, key=lambda item: item.cost_seconds)
    x = log_scale([max(item.cost_seconds, MIN_SECONDS) for item in candidates])
    y = linear_scale([end for item in candidates for end in (item.low, item.high)], 0, 1)
    chosen = decision.strategy
    marks = [mark for item in candidates for mark in _marks(item, item.strategy == chosen, x, y)]
    # Names stand above and below in turn: strategies of like cost stand close together.
    names = [_name(item, item.strategy == chosen, number % 2 == 0, x, y) for number, item in enumerate(candidates)]
    return plot(
        x,
        y,
        marks + names,
        about=f"Predicted {metric_name(decision.metric)} against cost of each strategy, with 80% intervals",
        x_name="cost of training, logarithmic",
        x_label=duration,
        x_ticks=[tick for tick in TICKS if x.low <= tick <= x.high] or None,
        height=260,
    )


def _scores(task: Neighbour, strategies: Sequence[Strategy]) -> list[str]:
    """Scores in the order of the strategies, empty for those that were not measured."""
    return [percent(task.scores[strategy]) if strategy in task.scores else "" for strategy in strategies]


def _marks(item: Candidate, chosen: bool, x: Scale, y: Scale) -> list[Markup]:
    across = x(item.cost_seconds)
    about = f"{strategy_name(item.strategy)}: {percent(item.score)} ({percent_range(item)})"
    title = f"{about}, {duration(item.cost_seconds)}"
    return [
        line(across, 100 - y(item.low), across, 100 - y(item.high), "whisker", "accent" if chosen else ""),
        dot(across, 100 - y(item.score), "accent" if chosen else "", 7 if chosen else 5, title),
    ]


def _name(item: Candidate, chosen: bool, above: bool, x: Scale, y: Scale) -> Markup:
    height, dy = (y(item.high), -8) if above else (y(item.low), 17)
    kind = "halo name" if chosen else "halo"
    return text(x(item.cost_seconds), 100 - height, strategy_name(item.strategy), dy=dy, kind=kind)
