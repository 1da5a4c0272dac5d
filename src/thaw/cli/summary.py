"""A run in one screen: what the data are, what was expected of each strategy, the choice and why, the score."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from rich.console import Console, Group
from rich.constrain import Constrain
from rich.table import Table
from rich.text import Text

from .. import storage
from ..records import Decision, Document, Evaluation, Interval, Outcome, Release, Training
from ..report import wording
from ..report.formats import count, duration, large, metric_name, percent, percent_range
from .terminal import INDENT, MAX_WIDTH, block, line, literal

Result = TypeVar("Result", bound=Document)


def read(output: str, name: str, record: type[Result]) -> Result:
    """A result of a run, from its output folder."""
    uri = storage.join(output, name)
    return record.parse(storage.read(uri), uri)


def show_decision(decision: Decision, screen: Console) -> None:
    screen.print()
    screen.print(Constrain(candidates(decision), MAX_WIDTH))
    how = "as asked for" if decision.forced else f"chosen, preferring {decision.prefer}"
    doubts = [f"not sure: {wording.sentence(doubt)}" for doubt in decision.doubts]
    reasons = map(wording.sentence, (*decision.reasons, *decision.counterfactuals))
    choice = literal(f"{decision.strategy}, {how}")
    block(screen, "Choice", Group(choice, points(doubts, "!", "yellow"), points(reasons)))


def candidates(decision: Decision) -> Table:
    """What was expected of each strategy; the chosen one is marked."""
    table = comparison_table("Candidates")
    for title in (f"expected {metric_name(decision.metric)}", f"cost on {decision.cost_device}", "expected loss"):
        table.add_column(title)
    for candidate in decision.candidates:
        expected = f"{percent(candidate.score):>6}  ({percent_range(candidate)})"
        loss = f"{100 * candidate.expected_loss:.1f} points"
        cells = (expected, duration(candidate.cost_seconds), loss)
        add_strategy(table, candidate.strategy, candidate.strategy == decision.strategy, cells)
    return table


def comparison_table(title: str) -> Table:
    """A table with a row for each strategy, and no lines."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(Text(title, "bold not dim"), min_width=INDENT - 1, no_wrap=True)
    return table


def add_strategy(table: Table, strategy: str, chosen: bool, cells: Iterable[str]) -> None:
    name = Text.assemble(("▸ " if chosen else "  ", "green"), strategy)
    table.add_row(name, *(literal(cell) for cell in cells), style="bold" if chosen else "")


def points(sentences: Iterable[str], mark: str = "·", style: str = "") -> Table:
    """A list of sentences."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    for sentence in sentences:
        table.add_row(Text(mark, style), literal(sentence))
    return table


def show_evaluation(evaluation: Evaluation, screen: Console) -> None:
    head = f"accuracy on {count(evaluation.examples)} test rows, with its 95% interval"
    others = ("balanced_accuracy", "macro_f1", "log_loss", "ece")
    scores = " · ".join(f"{name.replace('_', ' ')} {getattr(evaluation, name):.3f}" for name in others)
    block(screen, "Test", Group(Text(head, "dim"), accuracies(evaluation), Text(scores, "dim")))
    verdict = Text("passed", "green") if evaluation.passed else Text("refused", "red")
    block(screen, "Gate", Group(verdict, points(map(wording.sentence, evaluation.gate))))


def accuracies(evaluation: Evaluation) -> Table:
    """The model beside its rivals: baselines, and the model in production."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_row(Text("this model"), _interval(evaluation.intervals["accuracy"]), style="bold")
    for baseline in evaluation.baselines:
        table.add_row(literal(baseline.name), _interval(baseline.accuracy))
    if champion := evaluation.champion:
        table.add_row(literal(f"champion {champion.version[:12]}"), _interval(champion.accuracy))
    return table


def show_places(outcome: Outcome, options: str, screen: Console) -> None:
    """Where the results are, and where the options came from."""
    training = read(outcome.output, "training.json", Training)
    trained = f"{large(training.trained_parameters)} of {large(training.total_parameters)} parameters trained"
    screen.print()
    show_location(screen, "Model", storage.join(outcome.output, "model"))
    show_location(screen, "", f"{trained} in {duration(training.seconds)} on {training.device}", "dim")
    if outcome.status == "succeeded":
        show_location(screen, "Release", read(outcome.output, "release.json", Release).uri)
    show_location(screen, "Report", storage.join(outcome.output, "report.html"))
    show_options(options, screen)
    screen.print()


def show_options(options: str, screen: Console) -> None:
    if options:
        show_location(screen, "Options", options, "dim")


def show_location(screen: Console, title: str, text: str, style: str = "") -> None:
    """Print a title and a text in one line, never broken, so that it can be copied."""
    line(screen, Text(title.ljust(INDENT), "bold"), literal(text, style))


def show(outcome: Outcome, options: str, screen: Console) -> None:
    """What a finished run found, read from its output. `options` says where its options came from."""
    show_decision(read(outcome.output, "decision.json", Decision), screen)
    show_evaluation(read(outcome.output, "evaluation.json", Evaluation), screen)
    show_places(outcome, options, screen)


def _interval(score: Interval) -> Text:
    return Text(f"{percent(score.value):>6}  ({percent_range(score)})")
