"""Keep the best weights by validation score; stop when they do not get better."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..networks.protocol import StateDict


@dataclass
class EarlyStopping:
    """`patience` evaluations without a better score are enough. Of equal scores the lower loss is better."""

    patience: int
    best: tuple[float, float] | None = None
    """Score, and minus the loss."""
    weights: StateDict = field(default_factory=dict)
    waited: int = 0

    def better(self, score: float, loss: float) -> bool:
        """Note an evaluation; True when its weights are the best so far and should be kept."""
        if self.best is None or (score, -loss) > self.best:
            self.best, self.waited = (score, -loss), 0
            return True
        self.waited += 1
        return False

    @property
    def over(self) -> bool:
        return self.waited >= self.patience
