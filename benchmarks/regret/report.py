"""The tables of `make bench-regret`, from the committed files alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from thaw.records import Strategy

from . import calibration, table
from .cells import Cell, Seed, load
from .choosers import Chooser, Learned, constants, everything, oracle, rule_of_thumb
from .measure import Regrets, perfect, regrets
from .noise import SeedNoise
from .rivals import constant_of_kind, regrets_of_all, shuffled_choosers


def print_tables() -> None:
    cells = load()
    noise, learned = SeedNoise(cells), Learned(cells)
    print(
        f"{len(cells)} cells (task, network, rows) of {len({cell.family for cell in cells})} families, "
        f"{sum(len(cell.seeds) for cell in cells)} with their seeds\n"
    )
    choosers: dict[str, Chooser] = {
        "thaw": learned,
        "thaw --prefer accuracy": Learned(cells, "accuracy"),
        **constants(),
        "rule of thumb": rule_of_thumb,
        "try everything": everything,
        "oracle": oracle,
    }
    measured = {name: regrets(cells, chooser, noise) for name, chooser in choosers.items()}
    simulated = perfect(cells, noise)
    print(head())
    for name, found in measured.items():
        print(line(name, found, cost(cells, choosers[name])))
    print_rivals(cells, noise)
    print(line_of_perfect(simulated))
    best = min((name for name in measured if name.startswith("always")), key=lambda name: measured[name].mean)
    print(f"\nbest constant: {best}; gap closed: {1 - measured['thaw'].mean / measured[best].mean:.0%}")
    print(
        f"pilots: {count_piloted(cells, learned)} of {sum(len(cell.seeds) for cell in cells)} draws; "
        f"choosing and training ÷ training the same: {overhead(cells, learned):.2f}\n"
    )
    print(calibration.table(cells, learned))
    print(by("rows", cells, measured, lambda cell: size(cell.rows)))
    print(by("held out", cells, measured, lambda cell: "yes" if cell.validated else "no"))
    print(by("family", cells, measured, lambda cell: cell.family))
    print(worst(cells, measured["thaw"], learned))
    print(scratch())


def print_rivals(cells: Sequence[Cell], noise: SeedNoise) -> None:
    kind = regrets(cells, constant_of_kind, noise)
    print(line("constant of each kind", kind, cost(cells, constant_of_kind)))
    choosers = shuffled_choosers(cells)
    costs = [cost(cells, chooser) for chooser in choosers]
    print(line("shuffled evidence", regrets_of_all(cells, choosers, noise), float(np.mean(costs))))


def head() -> str:
    return f"{'chooser':<24}{'regret':>8}{'95% interval':>16}{'95th percentile':>17}{'hit rate':>10}{'cost':>7}"


def line(name: str, found: Regrets, cost: float) -> str:
    low, high = found.interval
    return (
        f"{name:<24}{100 * found.mean:>8.2f}{f'{100 * low:.2f} to {100 * high:.2f}':>16}{100 * found.tail:>17.2f}"
        f"{found.hits.mean():>10.1%}{cost:>7.2f}"
    )


def line_of_perfect(simulated: Sequence[Regrets]) -> str:
    mean = 100 * np.mean([each.mean for each in simulated])
    tail = 100 * np.mean([each.tail for each in simulated])
    hits = np.mean([each.hits.mean() for each in simulated])
    return f"{'perfect, same noise':<24}{mean:>8.2f}{'':>16}{tail:>17.2f}{hits:>10.1%}"


def cost(cells: Sequence[Cell], chooser: Chooser) -> float:
    """Time of profile, pilots and the chosen training, as a share of profile and full fine-tuning: a ratio of sums."""
    chosen = full = 0.0
    for cell in cells:
        for seed in cell.seeds:
            chosen += profile_seconds(seed) + seconds(cell, seed, chooser)
            full += profile_seconds(seed) + training(cell, seed, "full")
    return chosen / full


def count_piloted(cells: Sequence[Cell], learned: Learned) -> int:
    return sum(bool(learned.decided(cell.name, seed.seed).pilots) for cell in cells for seed in cell.seeds)


def overhead(cells: Sequence[Cell], learned: Learned) -> float:
    """A forced run takes the profile's pass too: added are the updates of pilots whose candidate was not chosen."""
    lost = sum(learned.decided(cell.name, seed.seed).lost_seconds for cell in cells for seed in cell.seeds)
    all_of_it = sum(profile_seconds(seed) + seconds(cell, seed, learned) for cell in cells for seed in cell.seeds)
    return all_of_it / (all_of_it - lost)


def profile_seconds(seed: Seed) -> float:
    """Seconds of the profile's pass."""
    return seed.profile.forward_seconds_per_row * seed.profile.sample_rows


def seconds(cell: Cell, seed: Seed, chooser: Chooser) -> float:
    """Seconds of all that a chooser trains."""
    if chooser is everything and seed.head_validation is not None:
        return sum(training(cell, seed, each) for each in cell.strategies)
    lost = chooser.decided(cell.name, seed.seed).lost_seconds if isinstance(chooser, Learned) else 0.0
    return lost + training(cell, seed, chooser(cell, seed))


def training(cell: Cell, seed: Seed, strategy: Strategy) -> float:
    """The table's runs are from an empty store. After a profile of all rows, it holds the features for their heads: no
    pass is taken for them, except below the cut of a partial training, which goes on from the activations there."""
    run = seed.runs[strategy]
    if seed.profile.sample_rows != cell.rows:
        return float(run["cpu_seconds"])
    below = run["recipe"]["cut"] / len(seed.profile.network.blocks) if strategy == "partial" else 0.0
    return float(max(0.0, run["cpu_seconds"] - (1 - below) * profile_seconds(seed)))


def size(rows: int) -> str:
    return "few" if rows < 300 else str(rows)


def by(name: str, cells: Sequence[Cell], measured: dict[str, Regrets], key: Callable[[Cell], str]) -> str:
    groups = sorted({key(cell) for cell in cells}, key=lambda each: (len(each), each))
    short = {chooser: found for chooser, found in measured.items() if "accuracy" not in chooser}
    lines = [
        f"regret in points by {name}",
        f"{'':<12}{'cells':>6}" + "".join(f"{each.replace('always ', ''):>15}" for each in short),
    ]
    for group in groups:
        inside = np.array([key(cell) == group for cell in cells])
        numbers = "".join(f"{100 * found.each[inside].mean():>15.2f}" for found in short.values())
        lines.append(f"{group:<12}{inside.sum():>6}{numbers}")
    return "\n".join(lines) + "\n"


def worst(cells: Sequence[Cell], found: Regrets, learned: Learned) -> str:
    lines = ["the cells that cost most"]
    for place in np.argsort(-found.each)[:10]:
        cell = cells[place]
        scores = ", ".join(
            f"{each} {100 * score:.1f}" for each, score in zip(cell.strategies, cell.scores.mean(0), strict=True)
        )
        picks = "/".join(learned(cell, seed) for seed in cell.seeds)
        lines.append(f"{cell.name:<32}{100 * found.each[place]:>6.2f}  chose {picks}: {scores}")
    return "\n".join(lines)


def scratch() -> str:
    """What is reached by full training without pretraining, beside the same with it: a baseline, and no candidate."""
    runs = {
        (run["task"], run["network"], run["rows"], run["seed"], run["strategy"]): run["score"]
        for run in table.read(table.TRUTH)
    }
    lines = ["\nwithout pretraining"]
    for (task, network, rows, seed, strategy), score in runs.items():
        pretrained = network.removesuffix("-scratch")
        if pretrained != network:
            full, frozen = (runs.get((task, pretrained, rows, seed, each), float("nan")) for each in ("full", "frozen"))
            scores = f"{100 * score:.1f}, with it frozen {100 * frozen:.1f}, full {100 * full:.1f}"
            lines.append(f"{task} {pretrained} {rows}: {strategy} {scores}")
    return "\n".join(lines)
