"""Ways to choose a strategy for a cell: a score model learned from other families, constants, the rule of thumb."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from thaw.records import STRATEGIES, Preference, Profile, Strategy
from thaw.steps.choose.applicability import VARIANCE_FACTOR, find_doubts
from thaw.steps.choose.policy import Policy, choose_with_doubts
from thaw.steps.choose.posterior import Posterior, condition_on_pilot, effective_share, head_lead, predict
from thaw.steps.choose.score_model import ScoreModel
from thaw.steps.choose.value_of_information import pilot_candidates

from . import learn, pilots
from .cells import Cell, Seed, features_of

Chooser = Callable[[Cell, Seed], Strategy]

MAX_SMALL_ROWS = 1000
"""Rows below which the rule of thumb calls a dataset small."""
MIN_LIKENESS = 0.6
"""Share of the error of always answering the largest class that the frozen network's probe removes, above which the
rule of thumb calls a dataset like the source."""


def rule_of_thumb(cell: Cell, seed: Seed) -> Strategy:
    """Small and alike: freeze. Small and unlike: train the upper part. Large and alike: adapt all of it cheaply, or
    where that is not possible its upper part. Large and unlike: train it all (Yosinski 2014; Karpathy, CS231n)."""
    alike = likeness(seed.profile) >= MIN_LIKENESS
    if cell.rows < MAX_SMALL_ROWS:
        return "frozen" if alike else "partial"
    if not alike:
        return "full"
    return "lora" if "lora" in cell.strategies else "partial"


def likeness(profile: Profile) -> float:
    chance = profile.majority if profile.metric == "accuracy" else 1 / profile.classes
    return (profile.depths[-1].ridge - chance) / (1 - chance)


def constant(strategy: Strategy) -> Chooser:
    """A chooser that always takes the same strategy; where there is no lora, full counts for it."""
    return lambda cell, seed: strategy if strategy in cell.strategies else "full"


def oracle(cell: Cell, seed: Seed) -> Strategy:
    """Sees the scores, luck included: below the regret of 0 that it has when it is scored on other rows than it saw."""
    return cell.strategies[int(cell.scores.mean(0).argmax())]


def everything(cell: Cell, seed: Seed) -> Strategy:
    """Runs every strategy to its end and takes the best on the validation split: the usual search, at the price of it.

    A training counts with its best epoch, as early stopping leaves it; the frozen network with the validation score of
    the head that training starts from, and what the profile says that reading several depths adds. Without a validation
    split there is nothing to tell trainings apart by, and it is taken at once, as the cheapest.
    """
    if seed.head_validation is None:
        return "frozen"
    scores: dict[Strategy, float] = {"frozen": seed.head_validation + head_lead(features_of(cell, seed))}
    scores |= {each: score for each in cell.strategies if (score := validated(seed, each)) is not None}
    return max(scores, key=scores.__getitem__)


def validated(seed: Seed, strategy: Strategy) -> float | None:
    """Validation score of a finished training; None where there was no training, or nothing to validate it on."""
    return seed.runs[strategy]["validation_score"] if strategy != "frozen" else None


@dataclass(frozen=True)
class Choice:
    """What a chooser that predicts makes of a cell."""

    strategy: Strategy
    predicted: Posterior
    """After the pilots, if there were any."""
    pilots: tuple[Strategy, ...] = ()
    lost_seconds: float = 0.0
    """Seconds of pilots that the chosen training does not go on from."""


class Learned:
    """The score model, for each cell learned from the families that are not the cell's own; with pilots, which are the
    first updates of the cell's own trainings."""

    def __init__(self, cells: list[Cell], prefer: Preference = "cost") -> None:
        self.cells, self.prefer = cells, prefer
        self.without = cache(self._without)
        self.decided = cache(self._decided)

    def __call__(self, cell: Cell, seed: Seed) -> Strategy:
        return self.decided(cell.name, seed.seed).strategy

    def _without(self, family: str) -> ScoreModel:
        return learn.learn([cell for cell in self.cells if cell.family != family])

    def _decided(self, name: str, seed: int) -> Choice:
        cell = next(cell for cell in self.cells if cell.name == name)
        return self.choose(cell, next(each for each in cell.seeds if each.seed == seed))

    def choose(self, cell: Cell, seed: Seed) -> Choice:
        model = self.without(cell.family)
        posterior = predict(seed.profile, cell.rows, cell.strategies, 0, model)
        policy = Policy({each: seed.runs[each]["passes"] for each in cell.strategies}, self.prefer)
        doubts = find_doubts(seed.profile, cell.rows, posterior, model)
        chosen, decisive = choose_with_doubts(posterior, policy, doubts, model)
        if decisive:
            return Choice(chosen, posterior.widened(VARIANCE_FACTOR))
        return self.choose_after_pilots(cell, seed, posterior, chosen, policy, model)

    def choose_after_pilots(
        self, cell: Cell, seed: Seed, posterior: Posterior, chosen: Strategy, policy: Policy, model: ScoreModel
    ) -> Choice:
        fractions, rows = pilots.fractions(cell, seed), effective_share(seed.profile) * seed.validation
        close = pilot_candidates(posterior, chosen, policy, fractions, rows, model)
        for each in close:
            posterior = condition_on_pilot(posterior, pilots.pilot(seed, each), rows, model)
        chosen = policy.choose(posterior)
        lost_seconds = sum(pilots.lost_seconds(seed, each) for each in close if each != chosen)
        return Choice(chosen, posterior, tuple(close), lost_seconds)


def constants() -> dict[str, Chooser]:
    return {f"always {each}": constant(each) for each in STRATEGIES}
