import pytest

from thaw.records import Pilot
from thaw.steps.choose.flips import flips, turns


def choice(rows: int) -> str:
    return "frozen" if rows < 150 else "partial" if rows < 1000 else "full"


def test_both_directions_with_their_rows():
    grown, shrunk = flips(choice, 400, 2, "partial")
    assert grown.startswith("From about 1221 rows to train on, 610 a class, full")
    assert shrunk.startswith("Below about 131 rows to train on, 66 a class, frozen")


def test_where_nothing_changes_the_range_is_said():
    (said,) = flips(lambda rows: "full", 400, 2, "full")
    assert said == "From 22 to 9095 rows to train on, all else equal, the choice stays full."


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        (0.62, "Had the pilot of full ended at 0.570 instead of 0.620, frozen would be chosen."),
        (0.50, "Had the pilot of full ended at 0.575 instead of 0.500, full would be chosen."),
        (0.99, ""),
    ],
)
def test_the_score_of_a_pilot_with_which_the_choice_turns(ended, said):
    pilot = Pilot(strategy="full", updates=54, score=ended, head_score=0.5, seconds=1.0)

    def choice(score: float) -> str:
        return "full" if score > 0.572 else "frozen"

    assert turns(choice, pilot, choice(ended)) == said
