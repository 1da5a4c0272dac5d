from thaw.components.choose_strategy.flips import flips


def choice(rows: int) -> str:
    return "frozen" if rows < 150 else "partial" if rows < 1000 else "full"


def test_both_directions_with_their_rows():
    grown, shrunk = flips(choice, 400, 2, "partial")
    assert grown.startswith("From about 1221 rows to train on, 610 a class, full")
    assert shrunk.startswith("Below about 131 rows to train on, 66 a class, frozen")


def test_nothing_where_nothing_changes():
    assert flips(lambda rows: "full", 400, 2, "full") == ()
