"""Sentences, word for word: the only tests that know them."""

from __future__ import annotations

import pytest

from thaw.records import (
    AugmentUnused,
    BestScore,
    CheapestAndBest,
    Fact,
    FeatureEffect,
    FewerRows,
    FewRows,
    Forced,
    LabelNoise,
    LoraUnsupported,
    ManyRows,
    MoreRows,
    NearestTask,
    NoNearestTask,
    OutOfDistribution,
    OverTimeLimit,
    PilotResult,
    PilotScore,
    ProbeScore,
    SafeChoice,
    Sentence,
    StableChoice,
    UnmeasuredNetwork,
    WithinAllowedLoss,
    WithoutDoubt,
)
from thaw.report.wording import sentence, with_text


def effect(feature: str, value: float | None, reference: float | None = None, block: str = "") -> FeatureEffect:
    return FeatureEffect(
        feature=feature,
        strategy="full",
        effect=-0.0113,
        value=value,
        reference=reference,
        block=block,
    )


def scored(**changes: object) -> ProbeScore:
    numbers = {"score": 0.984, "standard_error": 0.003, "majority": 0.103, "sample_rows": 1500, "rows": 1701}
    return ProbeScore.model_validate(
        {"metric": "accuracy", **numbers, "last_depth": None, "median_class_rows": 171.4} | changes
    )


GOLDEN = [
    (Sentence(text="As it was said."), "As it was said."),
    (
        Forced(strategy="full", expected_loss=0.0123, unforced="frozen", unforced_expected_loss=0.001),
        "The strategy was forced: full, expected to lose 1.2 points on average against the best. Unforced it would "
        "have been frozen, 0.1 points of loss.",
    ),
    (
        Forced(strategy="full", expected_loss=0.0123, unforced="full", unforced_expected_loss=0.0123),
        "The strategy was forced: full, which would have been chosen anyway; it is expected to lose 1.2 points on "
        "average against the best.",
    ),
    (
        WithinAllowedLoss(
            strategy="partial", best="full", loss=0.002, allowed_loss=0.003, cost_seconds=40.4, best_cost_seconds=99.6
        ),
        "Training the upper blocks is expected to score 0.2 points less than full, within the 0.3 points that a "
        "cheaper way may lose, and costs 40 s instead of 100 s.",
    ),
    (
        CheapestAndBest(strategy="frozen", time_limited=False),
        "The frozen network under a fitted head is the cheapest, and nothing is expected to score more.",
    ),
    (
        CheapestAndBest(strategy="frozen", time_limited=True),
        "The frozen network under a fitted head is the cheapest, and nothing that there is time for is expected to "
        "score more.",
    ),
    (
        BestScore(
            strategy="full", score=0.8714, prefer="cost", losses={"frozen": 0.02, "lora": 0.01}, time_limited=False
        ),
        "Full fine-tuning has the best expected score, 0.871; the cheaper ways are expected to score less: frozen 2.0 "
        "points, lora 1.0 points less.",
    ),
    (
        BestScore(strategy="lora", score=0.9, prefer="accuracy", losses={"frozen": 0.001}, time_limited=True),
        "Training low-rank adapters has the best expected score of those that there is time for, 0.900; accuracy is "
        "preferred: frozen 0.1 points less.",
    ),
    (
        SafeChoice(strategy="frozen", doubt="few_rows", runs=224),
        "The frozen network under a fitted head is the safe choice: with few rows a class it measured best on average "
        "in the table of 224 runs.",
    ),
    (
        scored(),
        "A linear probe on the last depth of the frozen network scores 0.984 ± 0.006 accuracy (largest class 0.103) on "
        "1500 rows; there are 1701 rows to train on, 171 in the median class.",
    ),
    (
        scored(metric="balanced_accuracy", last_depth=0.927),
        "A linear probe on all depths of the frozen network scores 0.984 ± 0.006 balanced accuracy (largest class "
        "0.103) on 1500 rows, on its last depth alone 0.927; there are 1701 rows to train on, 171 in the median class.",
    ),
    (
        PilotResult(strategy="full", updates=54, head_score=0.774, score=0.811, seconds=12.4),
        "A pilot of 54 steps of full moved the validation score from 0.774 to 0.811 in 12 s.",
    ),
    (
        NearestTask(
            task="movie", distance=0.414, rows=300, metric="balanced_accuracy", scores={"frozen": 0.7, "full": 0.8}
        ),
        "The nearest known task is movie, at 0.41 of the median distance between two; with 300 rows there, balanced "
        "accuracy: frozen 0.700, full 0.800.",
    ),
    (NoNearestTask(), "This network was not among the measured ones, so no known task is named as near."),
    (LoraUnsupported(), "LoRA is no candidate: a convolutional network has no attention to adapt."),
    (
        OverTimeLimit(max_seconds=30, costs={"lora": 31.2, "full": 60.6}),
        "30 s of training are not enough for lora (31 s), full (61 s).",
    ),
    (
        AugmentUnused(),
        "--augment changes nothing here: the head of a frozen network is fitted in one pass over the images.",
    ),
    (
        UnmeasuredNetwork(),
        "No transformer on images is among the measured runs: what is expected of this one rests on texts.",
    ),
    (
        FewRows(median_class_rows=2, min_class_rows=5),
        "There are 2.0 rows in the median class, and no prediction from so few is worth much: label 5 a class at the "
        "least.",
    ),
    (
        LabelNoise(share=0.4),
        "Probes are sure of another class for 40% of the rows: many labels are wrong, or this network does not tell "
        "the classes apart.",
    ),
    (
        ManyRows(rows=60_000, max_measured_rows=4000),
        "There are 60000 rows to train on, and the most that was measured is 4000.",
    ),
    (
        OutOfDistribution(leverage_ratio=2.34, runs=224),
        "The profile lies 2.3 times as far out as the furthest of the 224 measured runs that the prediction was "
        "learned from.",
    ),
    (
        MoreRows(rows=1221, class_rows=610.5, strategy="full"),
        "From about 1221 rows to train on, 610 a class, full would be chosen.",
    ),
    (
        FewerRows(rows=131, class_rows=65.5, strategy="frozen"),
        "Below about 131 rows to train on, 66 a class, frozen would be chosen.",
    ),
    (
        StableChoice(min_rows=22, max_rows=9095, strategy="full"),
        "From 22 to 9095 rows to train on, all else equal, the choice stays full.",
    ),
    (
        PilotScore(pilot="full", score=0.57, measured=0.62, strategy="frozen"),
        "Had the pilot of full ended at 0.570 instead of 0.620, frozen would be chosen.",
    ),
    (WithoutDoubt(strategy="lora"), "Were the prediction to be relied on, lora would be chosen."),
]
EFFECTS = [
    (effect("log_rows", 1701), "The number of rows to train on (1701)"),
    (effect("probe", 0.7), "The linear probe of the frozen network (0.700)"),
    (effect("all_depths_gain", 0.7, 0.66), "What reading several depths adds to the last one (0.700 against 0.660)"),
    (effect("all_depths_gain", None, 0.66), "What reading several depths adds to the last one (nothing to its 0.660)"),
    (
        effect("best_depth_gain", 0.958, 0.927, "block6c"),
        "What the best inner block adds to the last one (0.958 after block6c, against 0.927)",
    ),
    (effect("best_depth_gain", None, 0.927), "What the best inner block adds to the last one (nothing to its 0.927)"),
    (effect("input_baseline_gap", 0.5, 0.7), "What the input alone tells, against the probe (0.500 against 0.700)"),
    (effect("held_out", 1), "Whether rows are held out of training to stop it (they are)"),
    (effect("held_out", 0), "Whether rows are held out of training to stop it (they are not)"),
    (effect("convolutional", 1), "The kind of network (convolutions)"),
    (effect("convolutional", 0), "The kind of network (attention)"),
]


@pytest.mark.parametrize(("fact", "expected"), GOLDEN, ids=lambda each: getattr(each, "kind", ""))
def test_golden_sentences(fact: Fact, expected: str) -> None:
    assert sentence(fact) == expected
    assert with_text(fact) == fact.model_copy(update={"text": expected})


@pytest.mark.parametrize(("fact", "beginning"), EFFECTS)
def test_a_feature_has_its_name_and_its_value(fact: FeatureEffect, beginning: str) -> None:
    rest = " moves the expected gain of full over frozen by -1.1 points against the average measured run."
    assert sentence(fact) == beginning + rest


def kinds(fact: type[Fact]) -> set[type[Fact]]:
    """All kinds of facts: classes with a `kind`."""
    below = set(fact.__subclasses__())
    return {each for each in below if "kind" in each.model_fields}.union(*map(kinds, below))


def test_every_kind_has_a_sentence_of_its_own() -> None:
    without = {kind for kind in kinds(Fact) if sentence.dispatch(kind) is sentence.dispatch(Fact)}
    assert without == {Sentence}
