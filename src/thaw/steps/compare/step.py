"""From the runs of every strategy to a leaderboard."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import InputError
from ...records import Candidate, Decision, Evaluation, Leaderboard, Runs, Strategy, Training
from . import regret

Run = tuple[Training, Evaluation]


def run(decision: Decision, trainings: Sequence[Training], evaluations: Sequence[Evaluation]) -> Leaderboard:
    """The leaderboard of one dataset. `trainings[i]` and `evaluations[i]` are of the same run, `decision` is what was
    chosen before. InputError when they are not of one dataset, or not every candidate ran with the same seeds."""
    seeds, table = arranged(decision, trainings, evaluations)
    examples = evaluations[0].examples
    measured = {
        strategy: [evaluation.intervals[decision.metric] for _, evaluation in runs] for strategy, runs in table.items()
    }
    scores = {strategy: tuple(each.value for each in of_seeds) for strategy, of_seeds in measured.items()}
    errors = {
        strategy: float(np.mean([regret.error(each, examples) for each in of_seeds]))
        for strategy, of_seeds in measured.items()
    }
    strategies = {
        candidate.strategy: Runs(
            scores=scores[candidate.strategy],
            seconds=tuple(training.seconds for training, _ in table[candidate.strategy]),
            predicted=candidate.score,
            low=candidate.low,
            high=candidate.high,
        )
        for candidate in decision.candidates
    }
    best = best_of(strategies, decision.strategy)
    lost = mean(strategies[best]) - mean(strategies[decision.strategy])
    low, high = regret.interval(scores, errors, decision.strategy)
    return Leaderboard(
        metric=decision.metric,
        examples=examples,
        seeds=seeds,
        strategies=with_lora(strategies),
        chosen=decision.strategy,
        best=best,
        regret=lost,
        regret_low=min(low, lost),
        regret_high=max(high, lost),
        dataset=decision.plan.dataset,
    )


def arranged(
    decision: Decision, trainings: Sequence[Training], evaluations: Sequence[Evaluation]
) -> tuple[tuple[int, ...], dict[Strategy, list[Run]]]:
    """The seeds, and the runs of each candidate in the order of the seeds."""
    pairs = list(zip(trainings, evaluations, strict=True))
    if {decision.plan.dataset} != {name for a, b in pairs for name in (a.plan.dataset, b.dataset)}:
        raise InputError("the runs are not all of the dataset of the decision", "compare runs on one dataset")
    table = {candidate.strategy: of(candidate, pairs) for candidate in decision.candidates}
    seeds = {tuple(training.plan.seed for training, _ in runs) for runs in table.values()}
    if len(seeds) > 1:
        raise InputError("not every strategy was run with the same seeds", "run every strategy with every seed")
    return seeds.pop(), table


def of(candidate: Candidate, pairs: list[Run]) -> list[Run]:
    found = [pair for pair in pairs if pair[0].strategy == candidate.strategy]
    return sorted(found, key=lambda pair: pair[0].plan.seed)


def best_of(strategies: dict[Strategy, Runs], chosen: Strategy) -> Strategy:
    """The best mean score. Of equal ones the chosen strategy, then the cheapest: nothing is lost between them."""
    return max(
        strategies, key=lambda name: (mean(strategies[name]), name == chosen, -float(np.mean(strategies[name].seconds)))
    )


def mean(runs: Runs) -> float:
    return float(np.mean(runs.scores))


def with_lora(strategies: dict[Strategy, Runs]) -> dict[Strategy, Runs]:
    """Convolutional networks have no linear layers to adapt: full is what counts for lora there."""
    if "lora" in strategies:
        return strategies
    return {**strategies, "lora": strategies["full"].model_copy(update={"counted_as": "full"})}
