"""The policy: which strategy is chosen, by what each is expected to score and to cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...records import Doubt, DoubtKind, Preference, Strategy
from .posterior import Posterior
from .score_model import ScoreModel, architecture

ALLOWED_LOSS = 0.003
"""Expected loss against the best, as a fraction, that a cheaper strategy may have."""


@dataclass(frozen=True)
class Policy:
    """What is preferred, and what every strategy would cost."""

    costs: Mapping[Strategy, float]
    """Seconds of each candidate."""
    prefer: Preference = "cost"
    max_seconds: float = 0.0
    """Time that training may take; 0 for no limit."""

    @property
    def affordable(self) -> tuple[Strategy, ...]:
        """Candidates that the time limit is enough for: frozen always is, as it takes no update."""
        unlimited = not self.max_seconds
        return tuple(
            name for name, cost in self.costs.items() if name == "frozen" or unlimited or cost <= self.max_seconds
        )

    def choose(self, posterior: Posterior) -> Strategy:
        """The cheapest candidate whose expected loss is at most ALLOWED_LOSS; the best where accuracy is preferred."""
        best = max(self.affordable, key=posterior.score)
        if self.prefer == "accuracy":
            return best
        lowest = posterior.score(best)
        allowed = [each for each in self.affordable if lowest - posterior.score(each) <= ALLOWED_LOSS]
        return min(allowed, key=self.costs.__getitem__)

    def required_lead(self, rival: Strategy, chosen: Strategy) -> float:
        """The lead in expected score at which a rival is chosen instead of the chosen one: `choose`, of two."""
        if self.prefer == "accuracy":
            return 0.0
        return ALLOWED_LOSS if self.costs[rival] > self.costs[chosen] else -ALLOWED_LOSS


def choose_with_doubts(
    posterior: Posterior, policy: Policy, doubts: Sequence[Doubt], model: ScoreModel
) -> tuple[Strategy, DoubtKind | None]:
    """The choice by the profile alone, and the kind of the doubt that decided it.

    The first doubt decides, for what measured best where it holds. None where the prediction decides: without doubts,
    and where nothing was measured that would be safe or there is no time for it.
    """
    kind = doubts[0].kind if doubts else None
    safe = model.safest[architecture(posterior.features)].get(kind) if kind else None
    return (safe, kind) if safe and safe in policy.affordable else (policy.choose(posterior), None)
