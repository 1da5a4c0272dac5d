import numpy as np
import pytest

from thaw.metrics.bootstrap import Samples
from thaw.records import Comparison, Interval, SameModel
from thaw.steps.evaluate.champion import ChampionPredictions
from thaw.steps.evaluate.gate import against_champion, learned_something
from thaw.steps.evaluate.scoring import compare

CHAMPION, MODEL = "9f" * 32, "cd" * 32


def interval(value: float, low: float) -> Interval:
    return Interval(value=value, low=low, high=min(1.0, 2 * value - low))


def comparison(p_worse: float) -> Comparison:
    return Comparison(
        version=CHAMPION,
        accuracy=interval(0.8, 0.77),
        difference=Interval(value=0.02, low=-0.01, high=0.05),
        p_worse=p_worse,
        resamples=1000,
    )


@pytest.mark.parametrize(("low", "passed"), [(0.51, True), (0.50, False), (0.49, False)])
def test_a_model_has_learned_when_its_lower_bound_is_above_the_constant(low: float, passed: bool) -> None:
    rule = learned_something("accuracy", interval(0.6, low), 0.5, 2)
    assert (rule.passed, rule.metric, rule.low, rule.constant) == (passed, "accuracy", low, 0.5)


@pytest.mark.parametrize(("p_worse", "passed"), [(0.0, True), (0.974, True), (0.975, False), (1.0, False)])
def test_a_model_is_refused_when_it_is_significantly_worse(p_worse: float, passed: bool) -> None:
    rule = against_champion(comparison(p_worse), MODEL, 0.82)
    assert rule.kind == "not_significantly_worse"
    assert (rule.passed, rule.champion, rule.p_worse, rule.max_p_worse) == (passed, CHAMPION, p_worse, 0.975)
    assert (rule.accuracy, rule.champion_accuracy) == (0.82, 0.8)


def test_the_champion_itself_is_not_worse() -> None:
    assert against_champion(comparison(1.0), CHAMPION, 0.8) == SameModel(champion=CHAMPION)


def test_the_same_predictions_are_not_worse() -> None:
    labels = np.arange(30) % 3
    accuracies = np.random.default_rng(0).random(100)
    samples = Samples({"accuracy": accuracies}, (accuracies + 1e-15)[None])
    result = compare(labels, labels, ChampionPredictions(CHAMPION, labels), samples)
    assert result.p_worse == 0
    assert result.difference == Interval(value=0, low=0, high=0)


def test_where_rare_classes_count_the_constant_is_one_class() -> None:
    """A weighted model at .93 accuracy on rows of which .95 are of one class has learned, if its recalls say so."""
    assert learned_something("balanced_accuracy", interval(0.9, 0.85), 0.95, 2).passed
    refused = learned_something("balanced_accuracy", interval(0.55, 0.48), 0.95, 2)
    assert (refused.passed, refused.constant) == (False, 0.5)
