"""The decision as a page."""

from __future__ import annotations

import pytest

from tests.report.parsed import Parsed
from thaw.records import (
    Candidate,
    Decision,
    LabelNoise,
    LoraPlan,
    LoraUnsupported,
    Neighbour,
    Pilot,
    Plan,
    SafeChoice,
    Strategy,
    TrainingPlan,
    WithoutDoubt,
)
from thaw.report.decision import page
from thaw.report.pages import sentence


def decision(strategy: Strategy = "lora", network: str = "all-minilm-l6-v2", forced: bool = False) -> Decision:
    training = TrainingPlan(
        optimizer="adamw",
        learning_rate=2e-4,
        head_learning_rate=1e-3,
        layer_decay=0.9,
        weight_decay=0.01,
        batch_size=16,
        epochs=10,
        warmup_ratio=0.1,
        patience=4,
        max_grad_norm=1.0,
        dropout=0.1,
        lora=LoraPlan(rank=8, alpha=16, dropout=0.05),
    )
    frozen = strategy == "frozen"
    return Decision(
        strategy=strategy,
        forced=forced,
        prefer="cost",
        metric="accuracy",
        candidates=(
            Candidate(strategy="frozen", score=0.752, low=0.731, high=0.772, cost_seconds=9.4, expected_loss=0.052),
            Candidate(strategy="partial", score=0.791, low=0.752, high=0.823, cost_seconds=88, expected_loss=0.016),
            Candidate(strategy="lora", score=0.806, low=0.766, high=0.841, cost_seconds=131, expected_loss=0.004),
            Candidate(strategy="full", score=0.805, low=0.757, high=0.846, cost_seconds=186, expected_loss=0.006),
        ),
        reasons=(SafeChoice(strategy=strategy, doubt="few_rows", runs=224), LoraUnsupported()),
        counterfactuals=(WithoutDoubt(strategy="full"),),
        doubts=(),
        pilots=(),
        neighbours=(Neighbour(task="movie", rows=300, distance=0.41, scores={"frozen": 0.712, "full": 0.773}),),
        cost_device="CPU, 2 cores",
        plan=Plan(
            strategy=strategy,
            dataset="ab" * 32,
            network=network,
            modality="text",
            input_size=64,
            cut=7 if frozen else 3,
            cut_block="" if frozen else "encoder.layer.2",
            head="linear",
            metric="accuracy",
            validate_split=True,
            training=None if frozen else training,
            class_weights=(0.9, 1.1),
            seed=0,
        ),
    )


@pytest.mark.parametrize("strategy", ["frozen", "partial", "lora", "full"])
def test_the_choice_is_marked_once_in_picture_and_table(strategy: Strategy) -> None:
    parsed = Parsed(page(decision(strategy)))
    assert parsed.count("circle", "dot accent") == 1
    assert parsed.count("tr", "chosen") == 1
    assert parsed.count("circle") == 4


def test_reasons_counterfactuals_and_doubts_are_listed() -> None:
    result = decision().model_copy(update={"doubts": (LabelNoise(share=0.4),)})
    facts = [*result.reasons, *result.counterfactuals, *result.doubts]
    parsed = Parsed(page(result))
    assert all(sentence(fact) in parsed.text for fact in facts)
    assert parsed.count("li") == len(facts)


def test_pilots_have_a_table_of_their_own() -> None:
    pilot = Pilot(strategy="full", updates=54, score=0.811, head_score=0.774, seconds=12.4)
    without = Parsed(page(decision()))
    parsed = Parsed(page(decision().model_copy(update={"pilots": (pilot,)})))
    assert parsed.count("table") == without.count("table") + 1
    assert {"54", "81.1%", "77.4%", "12 s"} <= set(parsed.text)


def test_known_tasks_have_a_table_where_the_network_was_measured() -> None:
    parsed = Parsed(page(decision()))
    assert {"71.2%", "77.3%", "0.41"} <= set(parsed.text)
    unmeasured = Parsed(page(decision().model_copy(update={"neighbours": None})))
    assert unmeasured.count("table") == parsed.count("table") - 1


def test_one_candidate_of_no_cost_can_be_drawn() -> None:
    only = Candidate(strategy="lora", score=1.0, low=1.0, high=1.0, cost_seconds=0.0, expected_loss=0.0)
    document = page(decision().model_copy(update={"candidates": (only,)}))
    assert Parsed(document).count("circle") == 1
    assert "nan" not in document


def test_only_a_training_has_rates_and_an_end() -> None:
    """The plan of a training has nine facts of what is trained (three of them only for trainings) and 13 of how."""
    plans = [Parsed(page(decision(strategy))).structure.count(("tr",)) for strategy in ("frozen", "lora")]
    assert plans[1] - plans[0] == 3 + 13
