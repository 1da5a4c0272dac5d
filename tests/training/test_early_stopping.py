from __future__ import annotations

from thaw.training.early_stopping import EarlyStopping


def test_the_best_evaluation_is_kept_and_of_equal_scores_that_of_the_lower_loss() -> None:
    stopping = EarlyStopping()
    evaluations = [(0.5, 1.0), (0.6, 1.0), (0.6, 0.9), (0.6, 0.95)]
    assert [stopping.improves(*each) for each in evaluations] == [True, True, True, False]
    stopping.improves(0.1, 2.0)
    assert (stopping.best, stopping.score, stopping.evaluations_since) == ((0.6, -0.9), 0.6, 2)
