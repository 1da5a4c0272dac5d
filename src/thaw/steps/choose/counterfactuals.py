"""What would have to be different for the choice to be another: the number of rows, or what a pilot showed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...records import Counterfactual, FewerRows, MoreRows, Pilot, PilotScore, StableChoice, Strategy, WithoutDoubt
from .choose import State, choose_by_profile, choose_without_doubts, condition_on_pilots

ROWS_FACTOR = 1.25
MIN_ROWS, MAX_ROWS = 20, 10_000
"""The table ends there: what lies far beyond is not predicted."""
SCORE_STEP, MAX_SCORE_CHANGE = 0.005, 0.2
"""Other scores of a pilot: in steps of SCORE_STEP, up to MAX_SCORE_CHANGE away."""


def counterfactuals(state: State) -> tuple[Counterfactual, ...]:
    """Other pilots where they decided, other rows where the profile did; with a doubt, its end."""
    request = state.request
    if state.pilots:
        return tuple(fact for pilot in state.pilots if (fact := other_score(state, pilot)))
    if state.decisive_doubt:
        return (WithoutDoubt(strategy=choose_without_doubts(state)),)

    def choice(rows: int) -> Strategy:
        return choose_by_profile(request, rows).strategy

    return other_rows(choice, request.rows, request.profile.classes, state.strategy)


def other_rows(
    choice: Callable[[int], Strategy], rows: int, classes: int, current: Strategy
) -> tuple[Counterfactual, ...]:
    """The next more and fewer rows with which another strategy is chosen; the range without one where there are none.

    `choice` is the strategy chosen with so many rows, `current` that with `rows`.
    """
    more, fewer = growing(rows), shrinking(rows)
    facts: list[Counterfactual] = []
    if change := first_change(choice, more, current):
        facts.append(MoreRows(rows=change[0], class_rows=change[0] / classes, strategy=change[1]))
    if change := first_change(choice, fewer, current):
        facts.append(FewerRows(rows=change[0], class_rows=change[0] / classes, strategy=change[1]))
    stable = StableChoice(min_rows=min([*fewer, rows]), max_rows=max([*more, rows]), strategy=current)
    return tuple(facts) or (stable,)


def first_change(
    choice: Callable[[int], Strategy], counts: Sequence[int], current: Strategy
) -> tuple[int, Strategy] | None:
    return next(((count, other) for count in counts if (other := choice(count)) != current), None)


def other_score(state: State, pilot: Pilot) -> PilotScore | None:
    """The nearest score of one of the pilots after which another strategy would be chosen."""

    def choice(score: float) -> Strategy:
        other = pilot.model_copy(update={"score": score})
        return condition_on_pilots(state, tuple(other if each is pilot else each for each in state.pilots)).strategy

    return nearest_score(choice, pilot, state.strategy)


def nearest_score(choice: Callable[[float], Strategy], pilot: Pilot, current: Strategy) -> PilotScore | None:
    """`choice` is the strategy chosen after a score of the pilot, `current` that after its own."""
    changes = [sign * SCORE_STEP * k for k in range(1, round(MAX_SCORE_CHANGE / SCORE_STEP) + 1) for sign in (1, -1)]
    for score in (pilot.score + change for change in changes):
        if 0 <= score <= 1 and (other := choice(score)) != current:
            return PilotScore(pilot=pilot.strategy, score=score, measured=pilot.score, strategy=other)
    return None


def growing(rows: int) -> list[int]:
    """More and more rows, up to MAX_ROWS.

    >>> growing(6000)
    [7500, 9375]
    """
    return [round(rows * ROWS_FACTOR**k) for k in range(1, 40) if rows * ROWS_FACTOR**k <= MAX_ROWS]


def shrinking(rows: int) -> list[int]:
    """Fewer and fewer rows, down to MIN_ROWS.

    >>> shrinking(40)
    [32, 26, 20]
    """
    return [round(rows / ROWS_FACTOR**k) for k in range(1, 40) if rows / ROWS_FACTOR**k >= MIN_ROWS]
