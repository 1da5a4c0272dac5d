from __future__ import annotations

import json

import pytest

from tests.steps.choose.predictors import predictor
from thaw.errors import InputError
from thaw.records import Decision, Readout
from thaw.steps.choose import case, step
from thaw.steps.choose.case import Case, scaled
from thaw.steps.choose.evidence import NAMES
from thaw.steps.choose.plans import Wishes


@pytest.fixture(autouse=True)
def known(monkeypatch):
    """A predictor to which these tests' profile is nothing strange; what it predicts can be set by a test."""
    made = {"predictor": predictor()}
    monkeypatch.setattr(step, "learned", lambda: made["predictor"])
    return made


def with_depths(profile, *scores, error=0.01, together=None, **changes):
    """Probes of each depth, and one of all `together` where it is given."""
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


def sized(dataset, rows):
    """The dataset as if it had `rows` training rows."""
    return dataset.model_copy(
        update={"counts": {"train": (rows // 2, rows // 2), "validation": (150, 150), "test": (150, 150)}}
    )


def test_the_decision_is_complete_and_deterministic(texts, text_profile):
    decision = step.run(texts, text_profile)
    assert decision == step.run(texts, text_profile)
    assert Decision.parse(decision.to_json()) == decision
    assert [each.strategy for each in decision.candidates] == ["frozen", "partial", "lora", "full"]
    for each in decision.candidates:
        assert 0 <= each.low <= each.score <= each.high <= 1
        assert each.cost_seconds > 0
    assert not decision.forced
    assert decision.plan.strategy == decision.strategy
    assert any(character.isdigit() for character in decision.reasons[0])
    assert {"strategy", "candidates", "reasons"} <= json.loads(decision.to_json()).keys()


def test_a_gain_that_is_worth_little_is_left(texts, text_profile, known):
    known["predictor"] = predictor(gains=(0.0, 0.001, 0.002, 0.004), deviation=1e-4)
    decision = step.run(texts, text_profile)
    assert decision.strategy == "frozen"
    assert "within the 0.3 points that a cheaper way may lose" in decision.reasons[0]


def test_a_gain_that_is_worth_its_cost_is_taken(texts, text_profile, known):
    hard = with_depths(text_profile, 0.6, 0.65, 0.66, 0.66)
    known["predictor"] = predictor(gains=(0.0, 0.2, 0.4, 0.9))
    decision = step.run(sized(texts, 5000), hard)
    assert decision.strategy == "full"
    assert decision.candidates[-1].expected_loss == 0
    assert "the cheaper ways are expected to score less" in decision.reasons[0]


def test_an_inner_depth_ahead_of_the_last_is_where_partial_training_starts(texts, text_profile):
    bent = with_depths(text_profile, 0.7, 0.8, 0.75, 0.7)
    assert step.run(texts, bent, strategy="partial").plan.cut == 2


def test_a_frozen_head_reads_the_depths_that_probes_find_better(texts, text_profile):
    better = with_depths(text_profile, 0.6, 0.65, 0.66, 0.66, together=0.7)
    plan = step.run(texts, better, strategy="frozen").plan
    assert [(each.depth, each.weight) for each in plan.feature_depths] == [(1, 1), (2, 1), (3, 1), (4, 1)]
    worse = with_depths(text_profile, 0.6, 0.65, 0.66, 0.66, together=0.6)
    assert step.run(texts, worse, strategy="frozen").plan.feature_depths == ()
    dense = step.run(texts, better, strategy="frozen", head="dense")
    assert dense.plan.feature_depths == ()
    assert dense.candidates[0].score == pytest.approx(0.66, abs=0.01)  # that of the depth which it does read
    assert step.run(texts, better, strategy="full").plan.feature_depths == ()


def test_doubts_lead_to_the_safe_choice_and_wide_intervals(texts, text_profile, known):
    hard = with_depths(text_profile, 0.6, 0.65, 0.66, 0.66)
    sure, unsure = (step.run(texts, hard.model_copy(update={"label_noise": noise})) for noise in (0.1, 0.4))
    assert sure.doubts == ()
    assert "sure of another class for 40%" in unsure.doubts[0]
    assert unsure.strategy == known["predictor"].safe["attention"]["noise"]
    assert "safe choice" in unsure.reasons[0]
    assert unsure.counterfactuals == (f"Were the prediction to be relied on, {sure.strategy} would be chosen.",)
    assert unsure.pilots == ()
    for before, after in zip(sure.candidates, unsure.candidates, strict=True):
        assert after.high - after.low > before.high - before.low
        assert after.score == pytest.approx(before.score, abs=0.01)


def test_the_evidence_is_told_with_its_numbers(texts, text_profile, known):
    from dataclasses import replace

    import numpy as np

    made = predictor()
    weights = np.array(made.weights)
    weights[3, 1 + list(NAMES).index("together")] = 2.0
    known["predictor"] = replace(made, weights=weights.tolist())
    profile = with_depths(text_profile, 0.6, 0.65, 0.66, 0.66, together=0.7)
    reasons = step.run(texts, profile).reasons
    assert any("(0.700 against 0.660) moves the expected gain of full over frozen by +" in reason for reason in reasons)
    assert any("not among the measured ones" in reason for reason in reasons)


def test_a_time_limit_excludes_what_takes_longer(texts, text_profile, known):
    known["predictor"] = predictor(gains=(0.0, 0.5, 1.0, 2.0))
    slow = with_depths(text_profile, 0.6, 0.65, 0.66, 0.66).model_copy(update={"forward_seconds_per_row": 0.05})
    free = step.run(sized(texts, 2000), slow)
    cost = {each.strategy: each.cost_seconds for each in free.candidates}
    short = step.run(sized(texts, 2000), slow, max_seconds=cost["full"] - 1)
    assert free.strategy == "full" != short.strategy
    assert any("not enough for" in reason and "full" in reason for reason in short.reasons)


def test_the_reason_under_a_time_limit_is_about_what_there_is_time_for(texts, text_profile, known):
    known["predictor"] = predictor(gains=(0.0, 0.5, 1.0, 2.0))
    slow = with_depths(text_profile, 0.6, 0.65, 0.66, 0.66).model_copy(update={"forward_seconds_per_row": 0.05})
    cost = {each.strategy: each.cost_seconds for each in step.run(sized(texts, 2000), slow).candidates}
    for prefer in ("cost", "accuracy"):
        short = step.run(sized(texts, 2000), slow, prefer=prefer, max_seconds=cost["partial"] + 1)
        assert short.strategy == "partial"
        assert short.reasons[0].startswith("Training the upper blocks has the best expected score of those that there")
    none = step.run(sized(texts, 2000), slow, max_seconds=1.0)
    assert none.strategy == "frozen"
    assert none.reasons[0].endswith("and nothing that there is time for is expected to score more.")
    (late,) = (reason for reason in none.reasons if "not enough for" in reason)
    assert "frozen" not in late


def test_a_doubt_does_not_overrule_a_time_limit(texts, text_profile, known):
    noisy = text_profile.model_copy(update={"label_noise": 0.4, "forward_seconds_per_row": 0.05})
    assert step.run(sized(texts, 2000), noisy).strategy == "partial"
    assert step.run(sized(texts, 2000), noisy, max_seconds=1.0).strategy == "frozen"


def test_more_rows_are_costed_as_they_would_be_planned(texts, text_profile):
    slow = text_profile.model_copy(update={"forward_seconds_per_row": 0.05})
    few = Case(sized(texts, 300), slow, Wishes(), "cost", predictor())
    more = Case(scaled(sized(texts, 300), 4800), slow, Wishes(), "cost", predictor())
    assert few.costs(8 * 600) == more.costs(8 * 600)


def test_many_small_classes_are_costed_down_to_few_rows(texts, text_profile):
    counts = {"train": (12,) * 77, "validation": (3,) * 77, "test": (3,) * 77}
    many = texts.model_copy(update={"classes": tuple(f"class {k}" for k in range(77)), "counts": counts})
    case = Case(many, text_profile, Wishes(), "cost", predictor())
    assert scaled(many, 20).rows("train") + scaled(many, 20).rows("validation") == 20
    assert case.costs(20)["full"] < case.costs(case.rows)["full"]


def test_what_augmentation_does_not_change_is_said(texts, text_profile):
    images = text_profile.model_copy(update={"modality": "image"})
    decision = step.run(texts, images, augment=True, strategy="frozen")
    assert decision.reasons[-1].startswith("--augment changes nothing here")
    assert "--augment" not in " ".join(step.run(texts, images, augment=True, strategy="full").reasons)


def test_costs_rise_from_frozen_to_full(texts, text_profile):
    slow = text_profile.model_copy(update={"forward_seconds_per_row": 0.02})
    cost = {each.strategy: each.cost_seconds for each in step.run(sized(texts, 1000), slow).candidates}
    assert cost["frozen"] < cost["partial"] < cost["full"]
    assert cost["lora"] < cost["full"]


def test_a_forced_strategy_is_recorded(texts, text_profile):
    for strategy in ("frozen", "partial", "lora", "full"):
        decision = step.run(texts, text_profile, strategy=strategy)
        assert decision.forced
        assert decision.strategy == decision.plan.strategy == strategy
        assert "forced" in decision.reasons[0]
        assert ("chosen anyway" in decision.reasons[0]) == (strategy == step.run(texts, text_profile).strategy)
        assert decision.counterfactuals == ()
        assert (decision.plan.training is None) == (strategy == "frozen")
        assert (decision.plan.training is not None and decision.plan.training.lora is not None) == (strategy == "lora")


def test_preferring_accuracy_takes_the_best(texts, text_profile):
    decision = step.run(texts, text_profile, prefer="accuracy")
    assert decision.strategy == max(decision.candidates, key=lambda each: each.score).strategy


def test_a_flip_is_where_it_says(texts, text_profile, known):
    known["predictor"] = predictor(gains=(0.0, -0.1, -0.1, 0.0), by_rows=0.2)
    profile = with_depths(text_profile, 0.6, 0.65, 0.66, 0.66)
    decision = step.run(sized(texts, 600), profile)
    assert decision.strategy == "frozen"
    rows, other = next(
        (int(f.split()[2]), f.split()[-4].strip(",")) for f in decision.counterfactuals if f.startswith("From")
    )
    assert other == "full"
    assert step.run(sized(texts, rows - 300), profile).strategy == other
    assert step.run(sized(texts, round(rows / 1.25) - 302), profile).strategy == "frozen"


def test_close_candidates_are_piloted_and_the_plan_goes_on_from_there(
    texts, text_profile, store, tmp_path, known, monkeypatch
):
    """With a real training of the tiny network, on as many validation rows as a pilot asks for."""
    known["predictor"] = predictor(gains=(0.0, 0.0, 0.0, 0.3), deviation=0.5)
    assert step.run(texts, text_profile, store=store, scratch=tmp_path).pilots == ()  # some twenty validation rows
    monkeypatch.setattr(case, "contenders", lambda *given: ["full"])
    decision = step.run(texts, text_profile, store=store, scratch=tmp_path)
    (pilot,) = decision.pilots
    assert pilot.strategy == "full"
    assert pilot.updates > 0
    assert any("A pilot of" in reason for reason in decision.reasons)
    if decision.strategy == "full":
        assert decision.plan.start_from.startswith(store)


def test_what_there_is_no_time_for_is_no_rival(texts, text_profile, store, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(case, "contenders", lambda *given: asked.append(set(given[3])) or [])
    slow = text_profile.model_copy(update={"forward_seconds_per_row": 0.05})
    cost = {each.strategy: each.cost_seconds for each in step.run(sized(texts, 2000), slow).candidates}
    for limit in (0.0, cost["partial"] + 1):
        step.run(sized(texts, 2000), slow, max_seconds=limit, store=store, scratch=tmp_path)
    assert asked == [{"partial", "lora", "full"}, {"partial"}]


def test_train_from_names_the_first_trained_block(texts, text_profile):
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
def test_wrong_options(texts, text_profile, options, message):
    with pytest.raises(InputError, match=message):
        step.run(texts, text_profile, **options)


def test_lora_is_refused_on_a_convolutional_network(texts, text_profile):
    network = text_profile.network.model_copy(update={"supports_lora": False, "reference": "resnet50"})
    convolutional = text_profile.model_copy(update={"network": network})
    with pytest.raises(InputError, match="resnet50 is a convolutional network"):
        step.run(texts, convolutional, strategy="lora")
    assert "lora" not in [each.strategy for each in step.run(texts, convolutional).candidates]


def test_a_profile_of_other_data_is_refused(texts, text_profile):
    with pytest.raises(InputError, match="of another dataset"):
        step.run(texts.model_copy(update={"fingerprint": "1" * 64}), text_profile)
