"""The evaluation as sections of the report."""

from __future__ import annotations

import numpy as np
import pytest

from tests.report.parsed import Parsed
from thaw.records import (
    Baseline,
    CalibrationBin,
    ClassScore,
    Comparison,
    Evaluation,
    Forgetting,
    Interval,
    Mistake,
    Modality,
    Sentence,
)
from thaw.report.evaluation import forgetting_verdict
from thaw.report.run import page

FORGETTING = Forgetting(task="one thing from another", before=0.8, after=0.655, refitted=0.6, rows=200)
ROWS = 900


def interval(value: float) -> Interval:
    return Interval(value=value, low=value - 0.02, high=value + 0.02)


def confusion(classes: int) -> np.ndarray:
    """Counts of `ROWS` rows, four in five of them right."""
    rng = np.random.default_rng(0)
    labels, guesses = rng.integers(classes, size=(2, ROWS))
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (labels, np.where(rng.random(ROWS) < 0.8, labels, guesses)), 1)
    return counts


def evaluation(classes: int = 3, champion: bool = False, modality: Modality = "text") -> Evaluation:
    counts = confusion(classes)
    names = tuple(f"class {index}" for index in range(classes))
    scores = {"accuracy": 0.82, "balanced_accuracy": 0.81, "macro_f1": 0.8, "log_loss": 0.55, "ece": 0.03}
    return Evaluation(
        **scores,
        examples=ROWS,
        train_accuracy=0.95,
        train_rows=400,
        forgetting=FORGETTING,
        intervals={name: interval(value) for name, value in scores.items()},
        majority=0.4,
        baselines=(
            Baseline(name="Majority class", accuracy=interval(0.4)),
            Baseline(name="TF-IDF, logistic regression", accuracy=interval(0.7)),
        ),
        classes=names,
        confusion=tuple(map(tuple, counts.tolist())),
        per_class=tuple(
            ClassScore(name=name, rows=int(rows), precision=0.8, recall=0.7, f1=0.75)
            for name, rows in zip(names, counts.sum(axis=1), strict=True)
        ),
        calibration=(
            CalibrationBin(low=0.6, high=0.8, confidence=0.71, accuracy=0.66, rows=300),
            CalibrationBin(low=0.8, high=1.0, confidence=0.93, accuracy=0.9, rows=600),
        ),
        mistakes=tuple(
            Mistake(
                row=f"{row:064x}",
                label=names[0],
                predicted=names[1],
                confidence=0.98,
                excerpt=f"row {row}: a film that is long, quiet and never dull" if modality == "text" else "",
            )
            for row in range(5)
        ),
        champion=Comparison(
            version="9f" * 32, accuracy=interval(0.79), difference=interval(0.03), p_worse=0.042, resamples=1000
        )
        if champion
        else None,
        passed=True,
        gate=(Sentence(text="Has learned something."), Sentence(text="Better than the champion.")),
        dataset="ab" * 32,
        model="cd" * 32,
        seconds=1.5,
    )


def parsed(result: Evaluation) -> Parsed:
    return Parsed(page(result, "reviews.csv"))


@pytest.mark.parametrize("classes", [2, 3, 10, 11, 50, 300])
def test_a_page_of_any_number_of_classes_is_whole_and_small(classes: int) -> None:
    document = page(evaluation(classes), "reviews.csv")
    assert Parsed(document).count("table", "heat") == 1
    assert Parsed(document).count("details") == (classes > 25)
    assert len(document) < 600_000
    assert "nan" not in document


def test_numbers_of_the_record_are_on_the_page() -> None:
    shown = parsed(evaluation(champion=True)).text
    for number in ("82.0%", "95.0%", "81.0%", "80.0%", "0.550", "0.530–0.570", "3.0%", "65.5%", "60.0%", "4.2%"):
        assert any(number in each for each in shown), number


@pytest.mark.parametrize("passed", [True, False])
def test_every_rule_of_the_gate_is_on_the_page(passed: bool) -> None:
    result = evaluation().model_copy(update={"passed": passed})
    page = parsed(result)
    assert page.count("div", "verdict" if passed else "verdict no") == 1
    assert {rule.text for rule in result.gate} <= set(page.text)


def test_a_champion_has_a_line_beside_the_model_and_a_section() -> None:
    alone, beside = parsed(evaluation()), parsed(evaluation(champion=True))
    assert beside.count("circle", "dot warm") == alone.count("circle", "dot warm") + 1
    assert beside.count("section") == alone.count("section") + 1
    assert "+3.0" in beside.text
    assert any("1,000" in each for each in beside.text)


def test_a_model_that_is_the_champion_is_not_compared_with_itself() -> None:
    result = evaluation(champion=True)
    same = parsed(result.model_copy(update={"model": result.champion.version if result.champion else ""}))
    assert "+3.0" not in same.text


def test_a_bin_is_as_wide_as_its_edges_say() -> None:
    assert "20.00%" in parsed(evaluation()).values, "width of the bar from 0.6 to 0.8"


@pytest.mark.parametrize("modality", ["text", "image"])
def test_mistakes_are_cards(modality: Modality) -> None:
    page = parsed(evaluation(modality=modality))
    assert page.count("figure") == 5
    assert page.count("blockquote") == (5 if modality == "text" else 0)
    assert page.count("div", "cards" if modality == "text" else "cards pictures") == 1


def test_mistaken_images_are_inside_the_page() -> None:
    result = evaluation(modality="image")
    pictures = {mistake.row: f"data:image/jpeg;base64,{number}" for number, mistake in enumerate(result.mistakes[:3])}
    assert Parsed(page(result, "photos", thumbnails=pictures)).sources == list(pictures.values())


def test_what_was_not_measured_is_not_on_the_page() -> None:
    assert not any("65.5%" in each for each in parsed(evaluation().model_copy(update={"forgetting": None})).text)


@pytest.mark.parametrize(
    ("after", "refitted", "verdict"),
    [
        (0.85, 0.85, "nothing"),
        (0.8, 0.1, "nothing"),
        (0.79, 0.79, "chance"),
        (0.72, 0.1, "chance"),
        (0.71, 0.8, "moved"),
        (0.1, 0.72, "moved"),
        (0.1, 0.71, "forgotten"),
    ],
)
def test_what_chance_would_explain_is_not_called_forgetting(after: float, refitted: float, verdict: str) -> None:
    """Two standard errors of a fall from 80% are 8.50 points at 72% and 8.55 at 71%, of 200 rows each."""
    measured = FORGETTING.model_copy(update={"after": after, "refitted": refitted})
    assert forgetting_verdict(measured) == verdict
    assert parsed(evaluation().model_copy(update={"forgetting": measured})).structure
