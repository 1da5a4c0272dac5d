"""Ways to choose a strategy for a cell: the predictor learned from other families, constants, and the rule of thumb."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from thaw.components.choose_strategy.choice import pick
from thaw.components.choose_strategy.doubts import WIDER, doubts, safe
from thaw.components.choose_strategy.forecast import Forecast, forecast
from thaw.components.choose_strategy.predictor import Predictor
from thaw.components.choose_strategy.trial import contenders, given
from thaw.components.core.contracts import STRATEGIES, Preference, Profile, Strategy

from . import learn, pilots
from .cells import Cell, Seed

Chooser = Callable[[Cell, Seed], Strategy]

SMALL = 1000
"""Rows below which the rule of thumb calls a dataset small."""
ALIKE = 0.6
"""Share of the error of always answering the largest class that the frozen network's probe removes, above which the
rule of thumb calls a dataset like the source."""


def rule_of_thumb(cell: Cell, seed: Seed) -> Strategy:
    """Small and alike: freeze. Small and unlike: train the upper part. Large and alike: adapt all of it cheaply, or
    where that is not possible its upper part. Large and unlike: train it all (Yosinski 2014; Karpathy, CS231n)."""
    alike = likeness(seed.profile) >= ALIKE
    if cell.rows < SMALL:
        return "frozen" if alike else "partial"
    if not alike:
        return "full"
    return "lora" if "lora" in cell.strategies else "partial"


def likeness(profile: Profile) -> float:
    chance = profile.majority if profile.metric == "accuracy" else 1 / profile.classes
    return (profile.depths[-1].ridge - chance) / (1 - chance)


def constant(strategy: Strategy) -> Chooser:
    """Where there is no lora, full counts for it."""
    return lambda cell, seed: strategy if strategy in cell.strategies else "full"


def oracle(cell: Cell, seed: Seed) -> Strategy:
    """Sees the scores, luck included: below the regret of 0 that it has when it is scored on other rows than it saw."""
    return cell.strategies[int(cell.scores.mean(0).argmax())]


class Learned:
    """The predictor, for each cell learned from the families that are not the cell's own; with pilots, which are the
    first epochs of the cell's own trainings."""

    def __init__(self, cells: list[Cell], prefer: Preference = "cost") -> None:
        self.cells, self.prefer = cells, prefer
        self.without = cache(self._without)
        self.predicted = cache(self._predicted)

    def _without(self, family: str) -> Predictor:
        return learn.learn([cell for cell in self.cells if cell.family != family])

    def _predicted(self, name: str, seed: int) -> tuple[Forecast, dict[str, str]]:
        """And the doubts, by kind, that widen it."""
        cell = next(cell for cell in self.cells if cell.name == name)
        profile = next(each.profile for each in cell.seeds if each.seed == seed)
        predictor = self.without(cell.family)
        predicted = forecast(profile, cell.rows, cell.strategies, 0, predictor)
        doubted = doubts(profile, cell.rows, predicted, predictor)
        return (predicted.widened(WIDER) if doubted else predicted), doubted

    def __call__(self, cell: Cell, seed: Seed) -> Strategy:
        return self.tried(cell, seed)[0]

    def tried(self, cell: Cell, seed: Seed) -> tuple[Strategy, float]:
        """The choice, and the seconds of pilots that it does not go on from."""
        predicted, doubted = self.predicted(cell.name, seed.seed)
        predictor = self.without(cell.family)
        if doubted:
            return safe(doubted, predictor, cell.strategies), 0.0
        costs = {each: seed.runs[each]["passes"] for each in cell.strategies}
        chosen = pick(predicted, costs, self.prefer)
        shares = pilots.shares(cell, seed)
        tried = contenders(predicted, chosen, seed.validation, shares, costs, 0.0, predictor)
        for each in tried:
            predicted = given(predicted, pilots.pilot(seed, each), seed.validation, predictor)
        chosen = pick(predicted, costs, self.prefer)
        return chosen, sum(shares[each] * seed.runs[each]["cpu_seconds"] for each in tried if each != chosen)


def constants() -> dict[str, Chooser]:
    return {f"always {each}": constant(each) for each in STRATEGIES}
