"""Sentences of the gate: why a model may be released, or not."""

from __future__ import annotations

from collections.abc import Callable

from ..records import (
    LearnedSomething,
    Loads,
    NoChampion,
    NotSignificantlyWorse,
    OtherClasses,
    OtherModality,
    SameModel,
)

MAX_NAMES = 3
"""Classes that a sentence names before it counts the rest."""


def learned_something(fact: LearnedSomething) -> str:
    whose = "the majority class's" if fact.metric == "accuracy" else "a constant's"
    bound = f"the lower bound of its {fact.metric.replace('_', ' ')}, {fact.low:.1%}"
    if fact.passed:
        return f"Has learned something: {bound}, is above {whose} {fact.constant:.1%}."
    return f"Has not shown that it learned anything: {bound}, is not above {whose} {fact.constant:.1%}."


def loads(fact: Loads) -> str:
    if fact.passed:
        apart = f", {fact.apart} of them only when they are cut or converted first" if fact.apart else ""
        return f"Loads without Thaw, and gives the same logits for {fact.rows} test rows{apart}."
    return f"Does not load without Thaw as the model that was scored: {'; '.join(load_faults(fact))}."


def load_faults(fact: Loads) -> list[str]:
    """What is wrong with a model that a stranger has loaded."""
    if fact.error:
        return [fact.error.rstrip(".")]
    keys = {"has no": fact.missing, "has an unknown": fact.unexpected}
    faults = [f"the file {verb} {listed(names, 'arrays')}" for verb, names in keys.items() if names]
    faults += [] if fact.same_classes else ["its classes are others, or in another order"]
    if fact.difference is None:
        return [*faults, "it gives logits of another shape"]
    differs = fact.difference >= fact.max_difference
    return [*faults, f"its logits differ by up to {fact.difference:.2g}"] if differs else faults


def no_champion(fact: NoChampion) -> str:
    return "No champion to compare with: this would be the first release."


def same_model(fact: SameModel) -> str:
    return f"The champion {fact.champion[:12]} is this very model: its files have the same content."


def other_modality(fact: OtherModality) -> str:
    why = f"it takes {fact.champion_modality}s, not {fact.modality}s"
    return f"Not comparable with the champion {fact.champion[:12]}: {why}."


def other_classes(fact: OtherClasses) -> str:
    added = [f"it does not know {listed(fact.added)}"] if fact.added else []
    removed = [f"it knows {listed(fact.removed)}, which the data lacks"] if fact.removed else []
    why = " and ".join([*added, *removed]) or "it has its classes in another order"
    return f"Not comparable with the champion {fact.champion[:12]}: {why}."


def not_significantly_worse(fact: NotSignificantlyWorse) -> str:
    worse = "Not significantly worse" if fact.passed else "Significantly worse"
    return (
        f"{worse} than the champion {fact.champion[:12]}: accuracy {fact.accuracy:.1%} against "
        f"{fact.champion_accuracy:.1%} on the same rows, worse in {fact.p_worse:.1%} of paired resamples (refused from "
        f"{fact.max_p_worse:.1%})."
    )


def listed(names: tuple[str, ...], things: str = "classes") -> str:
    """Names of classes or other things, quoted, and how many more there are.

    >>> listed(("cat", "dog"))
    "'cat', 'dog'"
    """
    quoted = ", ".join(f"'{name}'" for name in names[:MAX_NAMES])
    return quoted if len(names) <= MAX_NAMES else f"{quoted} and {len(names) - MAX_NAMES} more {things}"


SENTENCES: tuple[Callable[..., str], ...] = (
    learned_something,
    loads,
    no_champion,
    same_model,
    other_modality,
    other_classes,
    not_significantly_worse,
)
