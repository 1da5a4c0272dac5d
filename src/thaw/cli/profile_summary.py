"""What a profile found: the rows, their quality, what the network knows, and the names of its blocks."""

from __future__ import annotations

from typing import TypeVar

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from ..records import Dataset, Profile
from ..report.formats import count, large, metric_name, percent
from ..report.wording_data import data_sentences
from ..report.wording_profile import finding_sentences, suspect_sentence
from ..runtime.results import DATASET
from .summary import points, read
from .terminal import INDENT, MAX_WIDTH, block, literal

Item = TypeVar("Item")
MAX_SUSPECTS = 3


def show_profile(output: str, screen: Console) -> None:
    dataset, profile = read(output, DATASET, Dataset), read(output, "profile.json", Profile)
    if sentences := data_sentences(dataset):
        block(screen, "Data", points(sentences))
    paragraphs = [_rows(profile), _quality(dataset, profile), _network(profile), _probes(profile)]
    block(screen, "Profile", Text("\n").join(phrases(each, screen) for each in paragraphs if each))
    if sentences := finding_sentences(profile, dataset.split_by):
        block(screen, "Findings", points([*sentences, *worst_labels(profile)]))


def worst_labels(profile: Profile) -> list[str]:
    """The labels that are most in doubt."""
    suspects = [each for each in profile.findings.suspects if each.kind == "label"] if profile.findings else []
    return [suspect_sentence(each.label, each.claimed_by, each.source) for each in suspects[:MAX_SUSPECTS]]


def show_blocks(output: str, screen: Console) -> None:
    """Every block, from the input up: what --train-from takes."""
    names = [each.name for each in read(output, "profile.json", Profile).network.blocks]
    block(screen, "Blocks", phrases(names, screen))


def _rows(profile: Profile) -> list[str]:
    rows = sum(profile.rows.values())
    splits = " · ".join(f"{count(number)} {split}" for split, number in profile.rows.items() if number)
    per_class = profile.rows_per_class
    return [
        f"{count(rows)} rows ({splits})",
        f"{profile.classes} classes",
        f"{count(per_class.low)}–{count(per_class.high)} rows a class" if profile.classes > 2 else "",
        f"largest {percent(profile.majority)}",
    ]


def _quality(dataset: Dataset, profile: Profile) -> list[str]:
    extent = profile.extent
    return [
        f"{count(extent.low)}–{count(extent.high)} {profile.extent_unit}, median {count(extent.median)}",
        f"duplicates {percent(profile.duplicates)}" if profile.duplicates else "no duplicates",
        f"{count(profile.leaked)} test rows also in training" if profile.leaked else "no leaks",
        f"{count(dataset.rejected)} rows set aside" if dataset.rejected else "",
        f"labels in doubt {percent(profile.label_noise)}",
    ]


def _network(profile: Profile) -> list[str]:
    network = profile.network
    parameters = large(sum(each.parameters for each in network.blocks))
    return [
        f"network {network.reference}",
        f"{len(network.blocks)} blocks, {parameters} parameters",
        f"on {profile.device}",
    ]


def _probes(profile: Profile) -> list[str]:
    scores = [f"{depth.block} {percent(depth.ridge)}" for depth in spread(profile.depths)]
    return [f"linear probes by depth, {metric_name(profile.metric)}: {scores[0]}", *scores[1:]] if scores else []


def phrases(parts: list[str], screen: Console) -> Text:
    """Phrases side by side, on as many lines as they need: a phrase that fits on a line is not broken."""
    width = min(MAX_WIDTH, screen.width) - INDENT - len(" ·")
    lines = [""]
    for part in filter(None, parts):
        longer = f"{lines[-1]} · {part}" if lines[-1] else part
        if cell_len(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(part)
    return Text(" ·\n").join(literal(each) for each in lines)


def spread(items: tuple[Item, ...], max_items: int = 4) -> list[Item]:
    """At most `max_items` items, evenly spaced, the last one among them.

    >>> spread((0, 1, 2, 3, 4, 5, 6))
    [0, 2, 4, 6]
    """
    last = len(items) - 1
    return [items[i] for i in sorted({round(last * step / (max_items - 1)) for step in range(max_items)})]
