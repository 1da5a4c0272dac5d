"""Decisions, trainings and evaluations as the steps before would have written them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from thaw.records import Candidate, Completed, Decision, Evaluation, Interval, Plan, Strategy, Training

DATASET = "ab" * 32
Scores = Mapping[Strategy, Sequence[float]]


def plan(strategy: Strategy, seed: int = 0, dataset: str = DATASET) -> Plan:
    return Plan(
        strategy=strategy,
        dataset=dataset,
        network="net",
        modality="text",
        input_size=64,
        cut=0,
        cut_block="",
        head="linear",
        metric="accuracy",
        validate_split=True,
        training=None,
        class_weights=(),
        seed=seed,
    )


def decision(chosen: Strategy, among: Sequence[Strategy] = ("frozen", "partial", "lora", "full")) -> Decision:
    candidates = [
        Candidate(strategy=name, score=0.8, low=0.7, high=0.9, cost_seconds=10.0, expected_loss=0.0) for name in among
    ]
    return Decision(
        strategy=chosen,
        forced=False,
        prefer="cost",
        metric="accuracy",
        candidates=tuple(candidates),
        reasons=(),
        counterfactuals=(),
        doubts=(),
        pilots=(),
        neighbours=(),
        cost_device="cpu",
        plan=plan(chosen),
    )


def training(strategy: Strategy, seed: int, seconds: float = 10.0) -> Training:
    return Training(
        strategy=strategy,
        plan=plan(strategy, seed),
        seconds=seconds,
        stages={},
        updates=1,
        trained_parameters=1,
        total_parameters=2,
        head_l2=1.0,
        head_score=0.5,
        validation_score=None,
        temperature=1.0,
        curve=(),
        device="cpu",
        compute_dtype="float32",
        stopped=Completed(epochs=1),
    )


def evaluation(score: float, dataset: str = DATASET) -> Evaluation:
    """Of 400 rows, with the 95% interval of that many."""
    half = 1.96 * (score * (1 - score) / 400) ** 0.5
    interval = Interval(value=score, low=score - half, high=score + half)
    return Evaluation(
        accuracy=score,
        balanced_accuracy=score,
        macro_f1=score,
        log_loss=0.5,
        ece=0.1,
        examples=400,
        train_accuracy=1.0,
        train_examples=400,
        forgetting=None,
        intervals={"accuracy": interval, "balanced_accuracy": interval},
        majority=0.5,
        baselines=(),
        classes=("a", "b"),
        confusion=((1, 0), (0, 1)),
        per_class=(),
        calibration=(),
        mistakes=(),
        champion=None,
        passed=True,
        gate=(),
        dataset=dataset,
        model="cd" * 32,
        seconds=1.0,
    )


def runs(scores: Scores) -> tuple[list[Training], list[Evaluation]]:
    """In the order of the loop: strategy by strategy, seed by seed. A run takes 10 seconds, and one for each seed."""
    pairs = [
        (training(strategy, seed, 10.0 + seed), evaluation(score))
        for strategy, of_seeds in scores.items()
        for seed, score in enumerate(of_seeds)
    ]
    return [one for one, _ in pairs], [other for _, other in pairs]
