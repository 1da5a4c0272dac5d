"""A run in one screen: what the data are, what was expected of each strategy, the choice and why, the score."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from .. import storage
from ..records import (
    Dataset,
    Decision,
    Document,
    Evaluation,
    Interval,
    Leaderboard,
    Metric,
    Outcome,
    Profile,
    Release,
    Runs,
    Training,
)
from ..report import wording
from ..report.formats import count, large, percent
from ..runtime.step_context import COMPARISON, COMPARISON_PAGE, DATASET
from .display import clock
from .terminal import UNBROKEN, Terminal

INDENT = 12
Result = TypeVar("Result", bound=Document)


def show(outcome: Outcome, terminal: Terminal) -> None:
    """What a finished run found, read from its output."""
    output = outcome.output
    evaluation = _result(output, "evaluation.json", Evaluation)
    training = _result(output, "training.json", Training)
    release = _result(output, "release.json", Release) if outcome.status == "succeeded" else None
    show_profile(output, terminal)
    for line in (
        *_decision(_result(output, "decision.json", Decision), terminal),
        *_scores(evaluation, terminal),
        *_gate(evaluation, terminal),
        "",
        *_places(output, training, release, terminal),
        "",
    ):
        terminal.line(line)


def show_profile(output: str, terminal: Terminal) -> None:
    dataset = _result(output, DATASET, Dataset)
    profile = _result(output, "profile.json", Profile)
    terminal.line()
    for number, sentence in enumerate(_profile(dataset, profile)):
        for line in _titled("" if number else "Profile", sentence, terminal):
            terminal.line(line)


def show_comparison(output: str, terminal: Terminal) -> None:
    """The leaderboard, from the best mean down, and what the choice has cost."""
    show_profile(output, terminal)
    board = _result(output, COMPARISON, Leaderboard)
    lines = (*_leaderboard(board, terminal), *_regret(board, terminal))
    for line in (*lines, "", *_place("Report", storage.join(output, COMPARISON_PAGE), terminal), ""):
        terminal.line(line)


def _leaderboard(board: Leaderboard, terminal: Terminal) -> Iterable[str]:
    yield ""
    mean = f"{'mean':>6}  {'each seed':<{max(9, 5 * len(board.seeds) - 1)}}"
    head = f"{mean}   {'seconds':<13}expected {_metric(board.metric)}  ({count(board.examples)} test rows)"
    yield terminal.bold("Strategies".ljust(INDENT)) + terminal.dim(head)
    for strategy, runs in sorted(board.strategies.items(), key=lambda item: (-_mean(item[1]), item[1].counted_as)):
        chosen = strategy == board.chosen
        text = f"{'▸' if chosen else ' '} {strategy:<{INDENT - 2}}"
        text += f"counted as {runs.counted_as}" if runs.counted_as else _runs(runs)
        yield terminal.bold(text) if chosen else text


def _runs(runs: Runs) -> str:
    seeds = " ".join(f"{100 * score:.1f}" for score in runs.scores)
    seconds = clock(sum(runs.seconds) / len(runs.seconds))
    expected = f"{percent(runs.predicted)}  ({_range(runs.low, runs.high)})"
    return f"{percent(_mean(runs)):>6}  {seeds:<9}   {seconds:<13}{expected}"


def _regret(board: Leaderboard, terminal: Terminal) -> Iterable[str]:
    yield ""
    lost = f"{100 * board.regret:.1f} points  (95% interval {100 * board.regret_low:.1f}–{100 * board.regret_high:.1f})"
    yield terminal.bold("Regret".ljust(INDENT)) + lost
    best = "and is the best" if board.best == board.chosen else f"{board.best} is the best"
    yield from terminal.wrapped(f"{board.chosen} was chosen before any of these runs, {best}", INDENT + 2, "· ")


def _mean(runs: Runs) -> float:
    return sum(runs.scores) / len(runs.scores)


def show_blocks(output: str, terminal: Terminal) -> None:
    """Every block, from the input up: what --train-from takes."""
    names = [block.name for block in _result(output, "profile.json", Profile).network.blocks]
    terminal.line()
    for line in _titled("Blocks", " · ".join(names), terminal):
        terminal.line(line)


def _profile(dataset: Dataset, profile: Profile) -> Iterable[str]:
    """Three lines: the rows, their quality, what the network knows."""
    splits = " · ".join(f"{count(rows)} {split}" for split, rows in profile.rows.items() if rows)
    per_class = profile.rows_per_class
    balance = f"{count(per_class.low)}–{count(per_class.high)} rows a class" if profile.classes > 2 else ""
    rows = sum(profile.rows.values())
    yield _joined(
        f"{count(rows)} rows ({splits})", f"{profile.classes} classes", balance, f"largest {percent(profile.majority)}"
    )
    extent = profile.extent
    yield _joined(
        f"{count(extent.low)}–{count(extent.high)} {profile.extent_unit}, median {count(extent.median)}",
        f"duplicates {percent(profile.duplicates)}" if profile.duplicates else "no duplicates",
        f"{count(profile.leaked)} test rows also in training" if profile.leaked else "no leaks",
        f"{count(dataset.rejected)} rows set aside" if dataset.rejected else "",
        f"labels in doubt {percent(profile.label_noise)}",
    )
    network = profile.network
    size = f"{len(network.blocks)} blocks, {large(sum(block.parameters for block in network.blocks))} parameters"
    yield _joined(f"network {network.reference}", size, f"on {profile.device}")
    if profile.depths:
        shown = _joined(*(f"{depth.block} {percent(depth.ridge)}" for depth in _spread(profile.depths)))
        yield f"linear probes by depth, {_metric(profile.metric)}: {shown}"


Item = TypeVar("Item")


def _spread(items: tuple[Item, ...], most: int = 4) -> list[Item]:
    """At most `most`, evenly spaced, the last one among them."""
    last = len(items) - 1
    return [items[i] for i in sorted({round(last * step / (most - 1)) for step in range(most)})]


def _decision(decision: Decision, terminal: Terminal) -> Iterable[str]:
    yield ""
    metric = _metric(decision.metric)
    head = f"{f'expected {metric}':<27}{'cost':<13}expected loss  (on {decision.cost_device})"
    yield terminal.bold("Candidates".ljust(INDENT)) + terminal.dim(head)
    for candidate in decision.candidates:
        score = f"{percent(candidate.score):>6}  ({_range(candidate.low, candidate.high)})"
        loss = f"{100 * candidate.expected_loss:.1f} points"
        chosen = candidate.strategy == decision.strategy
        text = f"{'▸' if chosen else ' '} {candidate.strategy:<{INDENT - 2}}{score:<27}"
        text += f"{clock(candidate.cost_seconds):<13}{loss}"
        yield terminal.bold(text.rstrip()) if chosen else text.rstrip()
    yield ""
    how = "as asked for" if decision.forced else f"chosen, preferring {decision.prefer}"
    yield from _titled("Choice", f"{decision.strategy}, {how}", terminal)
    for doubt in decision.doubts:
        yield from terminal.wrapped(f"not sure: {wording.sentence(doubt)}", INDENT + 2, "! ")
    for fact in (*decision.reasons, *decision.counterfactuals):
        yield from terminal.wrapped(wording.sentence(fact), INDENT + 2, "· ")


def _scores(evaluation: Evaluation, terminal: Terminal) -> Iterable[str]:
    yield ""
    head = f"accuracy on {count(evaluation.examples)} rows that nothing has seen before, with its 95% interval"
    yield terminal.bold("Test".ljust(INDENT)) + terminal.dim(head)
    rows = [("this model", evaluation.intervals["accuracy"])]
    rows += [(baseline.name, baseline.accuracy) for baseline in evaluation.baselines]
    if evaluation.champion:
        rows.append((f"champion {evaluation.champion.version[:12]}", evaluation.champion.accuracy))
    width = max(len(name) for name, _ in rows) + 2
    for number, (name, accuracy) in enumerate(rows):
        text = f"{' ' * INDENT}{name:<{width}}{_interval(accuracy)}"
        yield text if number else terminal.bold(text)
    others = ("balanced_accuracy", "macro_f1", "log_loss", "ece")
    shown = " · ".join(f"{name.replace('_', ' ')} {getattr(evaluation, name):.3f}" for name in others)
    yield terminal.dim(" " * INDENT + shown)


def _gate(evaluation: Evaluation, terminal: Terminal) -> Iterable[str]:
    yield ""
    verdict = terminal.good("passed") if evaluation.passed else terminal.bad("refused")
    yield terminal.bold("Gate".ljust(INDENT)) + verdict
    for sentence in evaluation.gate:
        yield from terminal.wrapped(sentence, INDENT + 2, "· ")


def _places(output: str, training: Training, release: Release | None, terminal: Terminal) -> Iterable[str]:
    trained = f"{large(training.trained_parameters)} of {large(training.total_parameters)} parameters trained"
    yield from _place("Model", storage.join(output, "model"), terminal)
    yield terminal.dim(f"{' ' * INDENT}{trained} in {clock(training.seconds)} on {training.device}")
    if release:
        yield from _place("Release", release.uri, terminal)
    yield from _place("Report", storage.join(output, "report.html"), terminal)


def _place(title: str, uri: str, terminal: Terminal) -> Iterable[str]:
    """Never broken over lines, so that it can be copied."""
    yield terminal.bold(title.ljust(INDENT)) + uri


def _titled(title: str, text: str, terminal: Terminal) -> Iterable[str]:
    first, *rest = terminal.wrapped(text, INDENT)
    return [terminal.bold(title) + first[len(title) :], *rest]


def _joined(*parts: str) -> str:
    """Phrases that are not broken over lines."""
    return " · ".join(part.replace(" ", UNBROKEN) for part in parts if part)


def _metric(metric: Metric) -> str:
    return metric.replace("_", " ")


def _interval(score: Interval) -> str:
    return f"{percent(score.value):>6}  ({_range(score.low, score.high)})"


def _range(low: float, high: float) -> str:
    return f"{100 * low:.1f}–{percent(high)}"


def _result(output: str, name: str, contract: type[Result]) -> Result:
    uri = storage.join(output, name)
    return contract.parse(storage.read(uri), uri)
