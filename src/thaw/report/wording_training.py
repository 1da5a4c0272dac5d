"""Sentences of a training: why it ended."""

from __future__ import annotations

from collections.abc import Callable

from ..records import Completed, Diverged, FittedInClosedForm, LossRose, NoImprovement, TimeLimit


def fitted_in_closed_form(fact: FittedInClosedForm) -> str:
    return "the head is fitted in closed form"


def completed(fact: Completed) -> str:
    return "all epochs done"


def no_improvement(fact: NoImprovement) -> str:
    return f"no better validation score for {fact.patience} epochs"


def time_limit(fact: TimeLimit) -> str:
    return f"the limit of {fact.seconds:.0f} seconds was reached"


def diverged(fact: Diverged) -> str:
    return "the loss was no longer finite"


def loss_rose(fact: LossRose) -> str:
    return "the loss rose: the fitted head on the frozen network was kept"


SENTENCES: tuple[Callable[..., str], ...] = (
    fitted_in_closed_form,
    completed,
    no_improvement,
    time_limit,
    diverged,
    loss_rose,
)
