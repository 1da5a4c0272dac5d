from __future__ import annotations

import json

import pytest

from thaw.components.choose_strategy import step
from thaw.components.choose_strategy.forecast import depth_share, forecast, gain_of_full
from thaw.components.core.contracts import Decision
from thaw.components.core.errors import InputError


def with_depths(profile, *scores, error=0.01, **changes):
    depths = [
        evidence.model_copy(update={"ridge": score, "ridge_error": error})
        for evidence, score in zip(profile.depths, scores, strict=True)
    ]
    return profile.model_copy(update={"depths": tuple(depths), "curve": (), **changes})


def sized(dataset, rows):
    """The dataset as if it had `rows` training rows."""
    return dataset.model_copy(update={"counts": {"train": (rows // 2, rows // 2), "validation": (150, 150),
                                                 "test": (150, 150)}})  # fmt: skip


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


def test_a_good_probe_on_little_data_freezes(texts, text_profile):
    easy = with_depths(text_profile, 0.9, 0.95, 0.98, 0.99)
    assert step.run(sized(texts, 100), easy).strategy == "frozen"


def test_much_data_and_a_poor_probe_train_it_all(texts, text_profile):
    hard = with_depths(text_profile, 0.6, 0.65, 0.66, 0.66)
    assert step.run(sized(texts, 5000), hard).strategy == "full"


def test_an_inner_depth_ahead_of_the_last_speaks_for_training(texts, text_profile):
    flat = with_depths(text_profile, 0.7, 0.7, 0.7, 0.7)
    bent = with_depths(text_profile, 0.7, 0.8, 0.75, 0.7)
    assert depth_share(flat) == 0
    assert depth_share(bent) == pytest.approx(1 / 3)
    names = ("frozen", "full")
    assert forecast(bent, 500, names, 0).score("full") > forecast(flat, 500, names, 0).score("full") + 0.05
    assert any("above the last" in reason for reason in step.run(sized(texts, 500), bent).reasons)
    assert step.run(texts, bent, strategy="partial").plan.cut == 2


def test_costs_rise_from_frozen_to_full(texts, text_profile):
    slow = text_profile.model_copy(update={"forward_seconds_per_row": 0.02})
    cost = {each.strategy: each.cost_seconds for each in step.run(sized(texts, 1000), slow).candidates}
    assert cost["frozen"] < cost["partial"] < cost["full"]
    assert cost["lora"] < cost["full"]


def test_more_rows_never_lower_the_expected_gain():
    gains = [gain_of_full(rows, 0.0) for rows in (5, 40, 200, 1000, 10_000)]
    assert gains == sorted(gains)


def test_a_forced_strategy_is_recorded(texts, text_profile):
    for strategy in ("frozen", "partial", "lora", "full"):
        decision = step.run(texts, text_profile, strategy=strategy)
        assert decision.forced
        assert decision.strategy == decision.plan.strategy == strategy
        assert "forced" in decision.reasons[0]
        assert (decision.plan.training is None) == (strategy == "frozen")
        assert (decision.plan.training is not None and decision.plan.training.lora is not None) == (strategy == "lora")


def test_preferring_accuracy_takes_the_best(texts, text_profile):
    decision = step.run(texts, text_profile, prefer="accuracy")
    assert decision.strategy == max(decision.candidates, key=lambda each: each.score).strategy


def test_a_flip_is_where_it_says(texts, text_profile):
    profile = with_depths(text_profile, 0.9, 0.95, 0.95, 0.96)
    decision = step.run(sized(texts, 100), profile)
    rows, other = next((int(f.split()[2]), f.split()[-4].strip(",")) for f in decision.flips if f.startswith("From"))
    flipped = step.run(sized(texts, rows - 300), profile)
    assert flipped.strategy == other != decision.strategy


def test_train_from_names_the_first_trained_block(texts, text_profile):
    plan = step.run(texts, text_profile, strategy="partial", train_from="layer.1").plan
    assert (plan.cut, plan.cut_block) == (2, "layer.1")


def test_without_validation_below_twenty_rows_a_class(texts, text_profile):
    few = texts.model_copy(update={"counts": {"train": (12, 12), "validation": (3, 3), "test": (3, 3)}})
    plan = step.run(few, text_profile, strategy="full").plan
    assert not plan.validate_split
    assert plan.training.patience == 0


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
