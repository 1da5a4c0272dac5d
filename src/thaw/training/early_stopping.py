"""Early stopping: keep the best weights by validation score, stop when they no longer improve."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..networks.protocol import StateDict


@dataclass
class EarlyStopping:
    """The best evaluation so far. Of equal scores the one with the lower loss is better."""

    best: tuple[float, float] | None = None
    """Score, and minus the loss."""
    weights: StateDict = field(default_factory=dict)
    """Variables at the best evaluation."""
    evaluations_since: int = 0
    """Evaluations since the best one."""

    def improves(self, score: float, loss: float) -> bool:
        """Record an evaluation. True when it is the best so far."""
        if self.best is None or (score, -loss) > self.best:
            self.best, self.evaluations_since = (score, -loss), 0
            return True
        self.evaluations_since += 1
        return False

    @property
    def score(self) -> float | None:
        """The best score."""
        return self.best[0] if self.best else None
