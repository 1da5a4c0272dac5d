import numpy as np
import pytest

from thaw.records import Comparison, Interval
from thaw.steps.evaluate.gate import gate, has_learned
from thaw.steps.evaluate.scoring import Rival, compare

CHAMPION = "9f" * 32


def interval(value: float, low: float) -> Interval:
    return Interval(value=value, low=low, high=min(1.0, 2 * value - low))


def against(p_worse: float) -> Comparison:
    return Comparison(
        version=CHAMPION,
        accuracy=interval(0.8, 0.77),
        difference=Interval(value=0.02, low=-0.01, high=0.05),
        p_worse=p_worse,
        resamples=1000,
    )


@pytest.mark.parametrize(
    ("low", "p_worse", "passed"),
    [
        (0.51, None, True),
        (0.50, None, False),
        (0.49, None, False),
        (0.51, 0.0, True),
        (0.51, 0.974, True),
        (0.51, 0.975, False),
        (0.51, 1.0, False),
        (0.50, 0.0, False),
        (0.49, 1.0, False),
    ],
)
def test_truth_table(low: float, p_worse: float | None, passed: bool) -> None:
    verdict, sentences = gate(
        has_learned("accuracy", interval(0.6, low), 0.5, 2), None if p_worse is None else against(p_worse), "nobody yet"
    )
    assert verdict == passed
    assert len(sentences) == 2


def test_sentences_name_their_numbers() -> None:
    _, (learned, kept) = gate(has_learned("accuracy", interval(0.82, 0.79), 0.512, 2), against(0.031), "")
    assert "79.0%" in learned
    assert "51.2%" in learned
    assert "82.0%" in kept
    assert "80.0%" in kept
    assert "3.1%" in kept
    assert CHAMPION[:12] in kept


def test_without_a_comparison_the_reason_is_the_sentence() -> None:
    assert (
        gate(has_learned("accuracy", interval(0.82, 0.79), 0.5, 2), None, "it knows other classes")[1][1]
        == "it knows other classes"
    )


def test_the_same_answers_are_not_worse() -> None:
    labels = np.arange(30) % 3
    samples = np.random.default_rng(0).random(100)
    result = compare(labels, labels, Rival(CHAMPION, labels, ""), samples, samples + 1e-15)
    assert result.p_worse == 0
    assert result.difference == Interval(value=0, low=0, high=0)


def test_where_rare_classes_count_the_constant_is_one_class():
    """A weighted model at .93 accuracy on rows of which .95 are of one class has learned, if its recalls say so."""
    assert has_learned("balanced_accuracy", interval(0.9, 0.85), 0.95, 2)[0]
    refused, sentence = has_learned("balanced_accuracy", interval(0.55, 0.48), 0.95, 2)
    assert not refused
    assert "balanced accuracy, 48.0%, is not above a constant's 50.0%" in sentence
