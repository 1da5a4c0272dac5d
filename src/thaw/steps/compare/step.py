"""A leaderboard of the runs of every strategy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from ...records import Candidate, Decision, Evaluation, Interval, Leaderboard, Metric, Runs, Strategy, Training
from .regret import regret_interval, standard_error


@dataclass(frozen=True)
class Run:
    """One training and the evaluation of its model."""

    training: Training
    evaluation: Evaluation


def run(decision: Decision, trainings: Sequence[Training], evaluations: Sequence[Evaluation]) -> Leaderboard:
    """The leaderboard of one dataset.

    Args:
        decision: What was chosen before.
        trainings: Every candidate with every seed.
        evaluations: Those of the same runs, in the same order.

    Raises:
        InputError: When the runs are not all of one dataset, or not every candidate ran with the same seeds.
    """
    pairs = [Run(*pair) for pair in zip(trainings, evaluations, strict=True)]
    _check_dataset(decision, pairs)
    table = {candidate.strategy: sorted_runs(candidate.strategy, pairs) for candidate in decision.candidates}
    seeds = common_seeds(table)
    strategies = {candidate.strategy: summary(candidate, table, decision.metric) for candidate in decision.candidates}
    chosen, best = decision.strategy, best_strategy(strategies, decision.strategy)
    regret = mean_score(strategies[best]) - mean_score(strategies[chosen])
    scores = {strategy: runs.scores for strategy, runs in strategies.items()}
    low, high = regret_interval(scores, mean_errors(table, decision.metric), chosen)
    return Leaderboard(
        metric=decision.metric,
        test_rows=evaluations[0].examples,
        seeds=seeds,
        strategies=with_lora(strategies),
        chosen=chosen,
        best=best,
        regret=regret,
        regret_low=min(low, regret),
        regret_high=max(high, regret),
        dataset=decision.plan.dataset,
    )


def sorted_runs(strategy: Strategy, runs: Sequence[Run]) -> list[Run]:
    """The runs of one strategy, by seed."""
    own = [run for run in runs if run.training.strategy == strategy]
    return sorted(own, key=lambda run: run.training.plan.seed)


def common_seeds(table: dict[Strategy, list[Run]]) -> tuple[int, ...]:
    """The seeds that every strategy ran with.

    Raises:
        InputError: The seeds differ between strategies.
    """
    seeds = {tuple(run.training.plan.seed for run in runs) for runs in table.values()}
    if len(seeds) > 1:
        raise InputError("not every strategy was run with the same seeds", "run every strategy with every seed")
    return seeds.pop()


def summary(candidate: Candidate, table: dict[Strategy, list[Run]], metric: Metric) -> Runs:
    """Scores and seconds of a candidate's runs, beside the prediction."""
    runs = table[candidate.strategy]
    return Runs(
        scores=tuple(score_of(run, metric).value for run in runs),
        seconds=tuple(run.training.seconds for run in runs),
        predicted=candidate.score,
        low=candidate.low,
        high=candidate.high,
    )


def score_of(run: Run, metric: Metric) -> Interval:
    """Test score of a run, with its interval."""
    return run.evaluation.intervals[metric]


def mean_errors(table: dict[Strategy, list[Run]], metric: Metric) -> dict[Strategy, float]:
    """Standard error that the test rows leave in a score of each strategy, averaged over its runs."""
    return {
        strategy: float(np.mean([standard_error(score_of(run, metric), run.evaluation.examples) for run in runs]))
        for strategy, runs in table.items()
    }


def best_strategy(strategies: dict[Strategy, Runs], chosen: Strategy) -> Strategy:
    """The strategy with the best mean score. Of equal ones the chosen strategy, then the cheapest."""
    return max(
        strategies,
        key=lambda name: (mean_score(strategies[name]), name == chosen, -float(np.mean(strategies[name].seconds))),
    )


def mean_score(runs: Runs) -> float:
    """Mean score over seeds."""
    return float(np.mean(runs.scores))


def with_lora(strategies: dict[Strategy, Runs]) -> dict[Strategy, Runs]:
    """The runs, with those of full for lora where it did not run: convolutional networks have no layers to adapt."""
    if "lora" in strategies:
        return strategies
    return {**strategies, "lora": strategies["full"].model_copy(update={"counted_as": "full"})}


def _check_dataset(decision: Decision, runs: Sequence[Run]) -> None:
    datasets = {name for run in runs for name in (run.training.plan.dataset, run.evaluation.dataset)}
    if datasets != {decision.plan.dataset}:
        raise InputError("the runs are not all of the dataset of the decision", "compare runs on one dataset")
