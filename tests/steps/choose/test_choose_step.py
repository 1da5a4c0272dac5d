from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.steps.choose.score_models import score_model
from thaw.errors import InputError
from thaw.records import AugmentUnused, Dataset, Decision, OverTimeLimit, Profile, Readout, WithoutDoubt
from thaw.report.wording import sentence
from thaw.steps.choose import step
from thaw.steps.choose.choose import Request, choose_by_profile, scaled
from thaw.steps.choose.features import FEATURES
from thaw.steps.choose.plans import TrainingOptions
from thaw.steps.choose.score_model import ScoreModel


@pytest.fixture(autouse=True)
def use_model(monkeypatch: pytest.MonkeyPatch) -> Callable[[ScoreModel], None]:
    """Replaces the score model; the first one was learned from runs like these tests' profile."""

    def use(model: ScoreModel) -> None:
        monkeypatch.setattr(step, "load_score_model", lambda: model)

    use(score_model())
    return use


def fact_of(facts: Any, kind: str) -> Any:
    """The only fact of its kind."""
    (fact,) = (fact for fact in facts if fact.kind == kind)
    return fact


def with_depths(profile: Any, *scores: Any, error: float = 0.01, together: Any = None, **changes: Any) -> Any:
    """The profile with probes of these scores at each depth, and one of all depths `together` where given."""
    depths = [
        evidence.model_copy(update={"ridge": score, "ridge_error": error})
        for evidence, score in zip(profile.depths, scores, strict=True)
    ]
    alone = Readout(decay=0.0, ridge=scores[-1], ridge_error=error, squared_error=1 - scores[-1])
    readouts = (
        [alone]
        if together is None
        else [alone, Readout(decay=1.0, ridge=together, ridge_error=error, squared_error=1 - together)]
    )
    return profile.model_copy(update={"depths": tuple(depths), "readouts": tuple(readouts), "curve": (), **changes})


def sized(dataset: Any, rows: Any) -> Any:
    """The dataset as if it had `rows` training rows."""
    return dataset.model_copy(
        update={"counts": {"train": (rows // 2, rows // 2), "validation": (150, 150), "test": (150, 150)}}
    )


def test_the_decision_is_complete_and_deterministic(texts: Dataset, text_profile: Profile) -> None:
    decision = step.run(texts, text_profile)
    assert decision == step.run(texts, text_profile)
    assert Decision.parse(decision.to_json()) == decision
    assert [each.strategy for each in decision.candidates] == ["frozen", "partial", "lora", "full"]
    for each in decision.candidates:
        assert 0 <= each.low <= each.score <= each.high <= 1
        assert each.cost_seconds > 0
    assert not decision.forced
    assert decision.plan.strategy == decision.strategy
    assert {"strategy", "candidates", "reasons"} <= json.loads(decision.to_json()).keys()
    facts = (*decision.reasons, *decision.counterfactuals, *decision.doubts)
    assert all(fact.text == sentence(fact) != "" for fact in facts)


def test_a_gain_that_is_worth_little_is_left(
    texts: Dataset, text_profile: Profile, use_model: Callable[[ScoreModel], None]
) -> None:
    use_model(score_model(gains=(0.0, 0.001, 0.002, 0.004), deviation=1e-4))
    decision = step.run(texts, text_profile)
    reason, frozen, full = decision.reasons[0], decision.candidates[0], decision.candidates[-1]
    assert (decision.strategy, reason.kind, reason.best) == ("frozen", "within_allowed_loss", "full")
    assert reason.loss == pytest.approx(full.score - frozen.score)
    assert reason.loss <= reason.allowed_loss == 0.003
    assert (reason.cost_seconds, reason.best_cost_seconds) == (frozen.cost_seconds, full.cost_seconds)


def test_a_gain_that_is_worth_its_cost_is_taken(
    texts: Dataset, text_profile: Profile, use_model: Callable[[ScoreModel], None]
) -> None:
    hard = with_depths(text_profile, 0.6, 0.65, 0.66, 0.66)
    use_model(score_model(gains=(0.0, 0.2, 0.4, 0.9)))
    decision = step.run(sized(texts, 5000), hard)
    assert decision.strategy == "full"
    assert decision.candidates[-1].expected_loss == 0
    reason, *cheaper, full = decision.reasons[0], *decision.candidates
    assert (reason.kind, reason.score, reason.time_limited) == ("best_score", full.score, False)
    assert reason.losses == {each.strategy: full.score - each.score for each in cheaper}


def test_an_inner_depth_ahead_of_the_last_is_where_partial_training_starts(
    texts: Dataset, text_profile: Profile
) -> None:
    bent = with_depths(text_profile, 0.7, 0.8, 0.75, 0.7)
    assert step.run(texts, bent, strategy="partial").plan.cut == 2


def test_a_frozen_head_reads_the_depths_that_probes_find_better(texts: Dataset, text_profile: Profile) -> None:
    better = with_depths(text_profile, 0.6, 0.65, 0.66, 0.66, together=0.7)
    plan = step.run(texts, better, strategy="frozen").plan
    assert [(each.depth, each.weight) for each in plan.feature_depths] == [(1, 1), (2, 1), (3, 1), (4, 1)]
    worse = with_depths(text_profile, 0.6, 0.65, 0.66, 0.66, together=0.6)
    assert step.run(texts, worse, strategy="frozen").plan.feature_depths == ()
    dense = step.run(texts, better, strategy="frozen", head="dense")
    assert dense.plan.feature_depths == ()
    assert dense.candidates[0].score == pytest.approx(0.66, abs=0.01)  # that of the depth which it does read
    assert step.run(texts, better, strategy="full").plan.feature_depths == ()


def test_doubts_lead_to_the_safe_choice_and_wide_intervals(texts: Dataset, text_profile: Profile) -> None:
    hard = with_depths(text_profile, 0.6, 0.65, 0.66, 0.66)
    sure, unsure = (step.run(texts, hard.model_copy(update={"label_noise": noise})) for noise in (0.1, 0.4))
    assert sure.doubts == ()
    assert [(doubt.kind, doubt.share) for doubt in unsure.doubts] == [("label_noise", 0.4)]
    assert unsure.strategy == score_model().safest["attention"]["label_noise"]
    reason, (change,) = unsure.reasons[0], unsure.counterfactuals
    assert (reason.kind, reason.doubt, reason.runs) == ("safe_choice", "label_noise", 100)
    assert change == WithoutDoubt(strategy=sure.strategy, text=change.text)
    assert unsure.pilots == ()
    for before, after in zip(sure.candidates, unsure.candidates, strict=True):
        assert after.high - after.low > before.high - before.low
        assert after.score == pytest.approx(before.score, abs=0.01)


def test_the_effect_of_a_feature_has_its_numbers(
    texts: Dataset, text_profile: Profile, use_model: Callable[[ScoreModel], None]
) -> None:
    weights = np.array(score_model().weights)
    weights[3, 1 + FEATURES.index("all_depths_gain")] = 2.0
    use_model(replace(score_model(), weights=weights.tolist()))
    profile = with_depths(text_profile, 0.6, 0.65, 0.66, 0.66, together=0.7)
    decision = step.run(texts, profile)
    effect = fact_of(decision.reasons, "feature_effect")
    assert (effect.feature, effect.strategy) == ("all_depths_gain", "full")
    assert (effect.value, effect.reference) == (0.7, 0.66)
    assert effect.effect > 0
    assert fact_of(decision.reasons, "no_nearest_task")
    probe = fact_of(decision.reasons, "probe_score")
    assert (probe.score, probe.last_depth, probe.standard_error) == (0.7, 0.66, 0.01)


def test_a_time_limit_excludes_what_takes_longer(
    texts: Dataset, text_profile: Profile, use_model: Callable[[ScoreModel], None]
) -> None:
    use_model(score_model(gains=(0.0, 0.5, 1.0, 2.0)))
    slow = with_depths(text_profile, 0.6, 0.65, 0.66, 0.66).model_copy(update={"forward_seconds_per_row": 0.05})
    free = step.run(sized(texts, 2000), slow)
    cost = {each.strategy: each.cost_seconds for each in free.candidates}
    short = step.run(sized(texts, 2000), slow, max_seconds=cost["full"] - 1)
    assert free.strategy == "full" != short.strategy
    late = fact_of(short.reasons, "over_time_limit")
    costs = {each.strategy: each.cost_seconds for each in short.candidates}
    assert late == OverTimeLimit(max_seconds=cost["full"] - 1, costs={"full": costs["full"]}, text=late.text)


def test_the_reason_under_a_time_limit_is_about_what_there_is_time_for(
    texts: Dataset, text_profile: Profile, use_model: Callable[[ScoreModel], None]
) -> None:
    use_model(score_model(gains=(0.0, 0.5, 1.0, 2.0)))
    slow = with_depths(text_profile, 0.6, 0.65, 0.66, 0.66).model_copy(update={"forward_seconds_per_row": 0.05})
    cost = {each.strategy: each.cost_seconds for each in step.run(sized(texts, 2000), slow).candidates}
    for prefer in ("cost", "accuracy"):
        short = step.run(sized(texts, 2000), slow, prefer=prefer, max_seconds=cost["partial"] + 1)
        assert short.strategy == "partial"
        reason = short.reasons[0]
        assert (reason.kind, reason.prefer, reason.time_limited) == ("best_score", prefer, True)
        assert reason.losses.keys() == {"frozen"}
    none = step.run(sized(texts, 2000), slow, max_seconds=1.0)
    assert none.strategy == "frozen"
    assert (none.reasons[0].kind, none.reasons[0].time_limited) == ("cheapest_and_best", True)
    assert fact_of(none.reasons, "over_time_limit").costs.keys() == {"partial", "lora", "full"}


def test_a_doubt_does_not_overrule_a_time_limit(texts: Dataset, text_profile: Profile) -> None:
    noisy = text_profile.model_copy(update={"label_noise": 0.4, "forward_seconds_per_row": 0.05})
    assert step.run(sized(texts, 2000), noisy).strategy == "partial"
    assert step.run(sized(texts, 2000), noisy, max_seconds=1.0).strategy == "frozen"


def costs(dataset: Any, profile: Any, rows: int) -> dict[str, float]:
    request = Request(dataset, profile, TrainingOptions(), "cost", score_model())
    return dict(choose_by_profile(request, rows).policy.costs)


def test_more_rows_are_costed_as_they_would_be_planned(texts: Dataset, text_profile: Profile) -> None:
    slow, few = text_profile.model_copy(update={"forward_seconds_per_row": 0.05}), sized(texts, 300)
    assert costs(few, slow, 8 * 600) == costs(scaled(few, 4800), slow, 8 * 600)


def test_many_small_classes_are_costed_down_to_few_rows(texts: Dataset, text_profile: Profile) -> None:
    counts = {"train": (12,) * 77, "validation": (3,) * 77, "test": (3,) * 77}
    many = texts.model_copy(update={"classes": tuple(f"class {k}" for k in range(77)), "counts": counts})
    assert scaled(many, 20).rows("train") + scaled(many, 20).rows("validation") == 20
    assert costs(many, text_profile, 20)["full"] < costs(many, text_profile, 15 * 77)["full"]


def test_augmentation_that_changes_nothing_is_a_reason(texts: Dataset, text_profile: Profile) -> None:
    images = text_profile.model_copy(update={"modality": "image"})
    frozen, full = (step.run(texts, images, augment=True, strategy=strategy) for strategy in ("frozen", "full"))
    assert isinstance(frozen.reasons[-1], AugmentUnused)
    assert not any(isinstance(reason, AugmentUnused) for reason in full.reasons)


def test_costs_rise_from_frozen_to_full(texts: Dataset, text_profile: Profile) -> None:
    slow = text_profile.model_copy(update={"forward_seconds_per_row": 0.02})
    cost = {each.strategy: each.cost_seconds for each in step.run(sized(texts, 1000), slow).candidates}
    assert cost["frozen"] < cost["partial"] < cost["full"]
    assert cost["lora"] < cost["full"]


def test_a_forced_strategy_is_recorded(texts: Dataset, text_profile: Profile) -> None:
    for strategy in ("frozen", "partial", "lora", "full"):
        decision = step.run(texts, text_profile, strategy=strategy)
        assert decision.forced
        assert decision.strategy == decision.plan.strategy == strategy
        reason = decision.reasons[0]
        assert (reason.kind, reason.strategy) == ("forced", strategy)
        assert reason.unforced == step.run(texts, text_profile).strategy
        assert decision.counterfactuals == ()
        assert (decision.plan.training is None) == (strategy == "frozen")
        assert (decision.plan.training is not None and decision.plan.training.lora is not None) == (strategy == "lora")


def test_preferring_accuracy_takes_the_best(texts: Dataset, text_profile: Profile) -> None:
    decision = step.run(texts, text_profile, prefer="accuracy")
    assert decision.strategy == max(decision.candidates, key=lambda each: each.score).strategy


def test_a_counterfactual_is_where_it_says(
    texts: Dataset, text_profile: Profile, use_model: Callable[[ScoreModel], None]
) -> None:
    use_model(score_model(gains=(0.0, -0.1, -0.1, 0.0), by_rows=0.2))
    profile = with_depths(text_profile, 0.6, 0.65, 0.66, 0.66)
    decision = step.run(sized(texts, 600), profile)
    assert decision.strategy == "frozen"
    more = fact_of(decision.counterfactuals, "more_rows")
    assert more.strategy == "full"
    assert more.class_rows == more.rows / text_profile.classes
    assert step.run(sized(texts, more.rows - 300), profile).strategy == "full"
    assert step.run(sized(texts, round(more.rows / 1.25) - 302), profile).strategy == "frozen"


def test_close_candidates_are_piloted_and_the_plan_goes_on_from_there(
    texts: Dataset, text_profile: Profile, store: str, tmp_path: Path, use_model: Callable[[ScoreModel], None]
) -> None:
    """The pilot is a real training of the tiny network, whose score on few validation rows is taken as exact."""
    close = score_model(gains=(0.0, 0.0, 0.0, 0.3), deviation=0.5)
    use_model(close)
    assert step.run(texts, text_profile, store=store, scratch=tmp_path).pilots == ()  # some twenty validation rows
    use_model(replace(close, pilot_disagreement=1e-3))
    profile = with_depths(text_profile, 0.6, 0.65, 0.66, 0.66)
    decision = step.run(texts, profile, store=store, scratch=tmp_path)
    piloted = [pilot.strategy for pilot in decision.pilots]
    results = [reason for reason in decision.reasons if reason.kind == "pilot_result"]
    assert "full" in piloted
    assert [(fact.strategy, fact.updates, fact.score, fact.head_score) for fact in results] == [
        (pilot.strategy, pilot.updates, pilot.score, pilot.head_score) for pilot in decision.pilots
    ]
    assert decision.plan.start_from.startswith(store) == (decision.strategy in piloted)


def test_train_from_names_the_first_trained_block(texts: Dataset, text_profile: Profile) -> None:
    plan = step.run(texts, text_profile, strategy="partial", train_from="layer.1").plan
    assert (plan.cut, plan.cut_block) == (2, "layer.1")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strategy": "thaw"}, "there is no strategy thaw"),
        ({"head": "deep"}, "there is no head deep"),
        ({"prefer": "speed"}, "there is no preference speed"),
        ({"train_from": "layer.1"}, "add --strategy partial"),
        ({"strategy": "partial", "train_from": "layer.9"}, "take one of embeddings, layer.0"),
    ],
)
def test_wrong_options(texts: Dataset, text_profile: Profile, options: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        step.run(texts, text_profile, **options)


def test_lora_is_refused_on_a_convolutional_network(texts: Dataset, text_profile: Profile) -> None:
    network = text_profile.network.model_copy(update={"supports_lora": False, "reference": "resnet50"})
    convolutional = text_profile.model_copy(update={"network": network})
    with pytest.raises(InputError, match="resnet50 is a convolutional network"):
        step.run(texts, convolutional, strategy="lora")
    assert "lora" not in [each.strategy for each in step.run(texts, convolutional).candidates]


def test_a_profile_of_other_data_is_refused(texts: Dataset, text_profile: Profile) -> None:
    with pytest.raises(InputError, match="of another dataset"):
        step.run(texts.model_copy(update={"fingerprint": "1" * 64}), text_profile)
