import pytest

from thaw.errors import InputError
from thaw.kubeflow.cron import check_cron


@pytest.mark.parametrize(
    "expression",
    ["0 0 2 * * *", "0 0 9 ? * 2-6", "*/30 0,15,45 8-18/2 1 jan-Jun MON", "59 59 23 31 12 6", "0 0 0 1 1/3 ?"],
)
def test_six_fields_pass(expression: str) -> None:
    assert check_cron(f"  {expression} ") == expression


def test_five_fields_are_answered_with_the_six_that_are_meant() -> None:
    with pytest.raises(InputError, match=r"five fields.*'0 0 2 \* \* \*'"):
        check_cron("0 2 * * *")


@pytest.mark.parametrize("expression", ["", "@daily", "0 0 2 *", "0 0 2 * * * 2027"])
def test_other_numbers_of_fields_are_refused(expression: str) -> None:
    with pytest.raises(InputError, match="six"):
        check_cron(expression)


@pytest.mark.parametrize(
    ("expression", "field"),
    [
        ("60 0 2 * * *", "'60' .* is no seconds"),
        ("0 0 24 * * *", "'24' .* is no hours: use .* 0-23"),
        ("0 0 2 0 * *", "'0' .* is no day of the month"),
        ("0 0 2 * 13 *", "'13' .* is no month: use .* 1-12 or jan-dec"),
        ("0 0 2 * * 7", "'7' .* is no day of the week"),
        ("0 0 2 * * fun", "'fun' .* is no day of the week"),
        ("0 30-10 2 * * *", "'30-10' .* is no minutes"),
        ("0 */0 2 * * *", "is no minutes"),
        ("0 1,, 2 * * *", "is no minutes"),
    ],
)
def test_the_field_that_is_wrong_is_named(expression: str, field: str) -> None:
    with pytest.raises(InputError, match=field):
        check_cron(expression)
