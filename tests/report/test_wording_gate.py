from thaw.records import LearnedSomething, NoChampion, NotSignificantlyWorse, OtherClasses, Sentence
from thaw.report.wording import sentence, with_text
from thaw.report.wording_gate import listed

KEPT = {"passed": True, "champion": "9f" * 32, "accuracy": 0.82, "champion_accuracy": 0.8, "p_worse": 0.031}


def test_a_sentence_has_the_numbers_of_its_fact() -> None:
    text = with_text(NotSignificantlyWorse(**KEPT, max_p_worse=0.975)).text
    assert all(number in text for number in ("82.0%", "80.0%", "3.1%", "97.5%", "9f" * 6))
    learned = LearnedSomething(passed=False, metric="accuracy", low=0.48, constant=0.5)
    assert all(number in sentence(learned) for number in ("48.0%", "50.0%"))


def test_passed_and_refused_rules_read_otherwise() -> None:
    rules = [LearnedSomething(passed=passed, metric="accuracy", low=0.5, constant=0.5) for passed in (True, False)]
    assert sentence(rules[0]) != sentence(rules[1])


def test_classes_are_named_as_far_as_they_are_few() -> None:
    names = tuple(f"class {number}" for number in range(9))
    assert listed(names[:3]).count("class ") == 3
    assert "6 more" in sentence(OtherClasses(champion="9f" * 32, added=names, removed=()))


def test_sentences_of_version_1_are_kept() -> None:
    assert with_text(Sentence(text="Has learned something.")).text == "Has learned something."
    assert NoChampion().text == ""
