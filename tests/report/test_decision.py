from html.parser import HTMLParser

import pytest

from thaw.records import Candidate, Decision, LoraPlan, Neighbour, Pilot, Plan, Strategy, TrainingPlan
from thaw.report.decision import page

HOSTILE = '<script>alert("1")</script>'


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
        reasons=(
            "The probe still gains 2.1 points for each doubling of the rows, so the features are not exhausted.",
            "The best depth is block 4 of 7, 1.8 points above the last: the top blocks are made for something else.",
            "LoRA costs 30% less than full training and is expected to lose 0.4 points against the best.",
        ),
        counterfactuals=(
            "Frozen would be chosen if the predicted gain of training fell below 1.0 points (it is 5.4).",
        ),
        doubts=(),
        pilots=(),
        neighbours=(Neighbour(task=HOSTILE, rows=300, distance=0.41, scores={"frozen": 0.712, "full": 0.773}),),
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


class Seen(HTMLParser):
    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.feed(document)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)


@pytest.mark.parametrize("strategy", ["frozen", "partial", "lora", "full"])
def test_the_choice_is_marked_once_in_picture_and_table(strategy: Strategy) -> None:
    document = page(decision(strategy))
    assert document.count('<circle class="dot a"') == 1
    assert document.count('<tr class="chosen">') == 1
    assert document.count("<circle") == 4


def test_reasons_and_what_would_flip_it_are_told() -> None:
    document = page(decision())
    assert all(sentence in document for sentence in (*decision().reasons, *decision().counterfactuals))


def test_doubts_pilots_and_known_tasks_are_told() -> None:
    pilot = Pilot(strategy="full", updates=54, score=0.811, head_score=0.774, seconds=12.4)
    doubtful = decision().model_copy(update={"doubts": ("There are 2.0 rows a class.",), "pilots": (pilot,)})
    document = page(doubtful)
    assert "There are 2.0 rows a class." in document
    assert "54" in document
    assert "81.1%" in document
    assert "77.3%" in document
    assert "What the prediction does not know" not in page(decision())
    assert "not among the measured ones" in page(decision().model_copy(update={"nearest": None}))


def test_a_forced_choice_says_so() -> None:
    assert "asked for;" in page(decision(forced=True))
    assert "asked for;" not in page(decision())


def test_names_of_others_stay_text() -> None:
    seen = Seen(page(decision(network=HOSTILE)))
    assert "script" not in seen.tags


def test_one_candidate_of_no_cost_can_be_drawn() -> None:
    only = Candidate(strategy="lora", score=1.0, low=1.0, high=1.0, cost_seconds=0.0, expected_loss=0.0)
    document = page(decision().model_copy(update={"candidates": (only,)}))
    assert document.count("<circle") == 1


def test_where_training_stops_is_said_of_trainings_alone() -> None:
    assert "Stops on" in page(decision())
    assert "Stops on" not in page(decision("frozen"))
