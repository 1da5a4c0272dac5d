"""Numbers and names as people read them, on a page and in a terminal."""

from __future__ import annotations

from typing import Protocol

from ..records import Metric, Strategy

STRATEGY_NAMES: dict[Strategy, str] = {"frozen": "Frozen", "partial": "Partial", "lora": "LoRA", "full": "Full"}


class Bounded(Protocol):
    """A number with an interval: a score, a candidate, the runs of a strategy."""

    @property
    def low(self) -> float: ...

    @property
    def high(self) -> float: ...


def percent(fraction: float) -> str:
    """A fraction in percent, to a tenth.

    >>> percent(0.9123)
    '91.2%'
    """
    return f"{100 * fraction:.1f}%"


def whole_percent(fraction: float) -> str:
    """A fraction in percent, without decimals.

    >>> whole_percent(0.9123)
    '91%'
    """
    return f"{fraction:.0%}"


def short_percent(fraction: float) -> str:
    """A round fraction in percent, for an axis.

    >>> short_percent(0.6), short_percent(0.625)
    ('60%', '62.5%')
    """
    return f"{100 * fraction:.4g}%"


def percent_range(bounds: Bounded) -> str:
    """An interval of fractions in percent.

    >>> from thaw.records import Interval
    >>> percent_range(Interval(value=0.5, low=0.4, high=0.625))
    '40.0–62.5%'
    """
    return f"{100 * bounds.low:.1f}–{percent(bounds.high)}"


def signed_points(difference: float) -> str:
    """A difference of two fractions in points, signed.

    >>> signed_points(0.0125), signed_points(-0.02)
    ('+1.2', '−2.0')
    """
    return _with_minus(f"{100 * difference:+.1f}")


def short_signed_points(difference: float) -> str:
    """A round difference of two fractions in points, signed, for an axis.

    >>> short_signed_points(-0.05), short_signed_points(0.0)
    ('−5', '0')
    """
    return _with_minus(f"{100 * difference:+.4g}") if difference else "0"


def duration(seconds: float) -> str:
    """A time in the unit that suits its size.

    >>> [duration(each) for each in (0.0121, 9.4, 60, 131, 1500, 9000)]
    ['12.1 ms', '9.4 s', '1 min', '2 min 11 s', '25 min', '2.5 h']
    """
    if seconds < 0.995:
        return f"{1000 * seconds:.3g} ms"
    if seconds < 59.5:
        return f"{seconds:.2g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 10:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{round(seconds / 60)} min" if minutes < 100 else f"{seconds / 3600:.1f} h"


def count(number: float) -> str:
    """A whole number, in groups of three digits.

    >>> count(12345)
    '12,345'
    """
    return f"{number:,.0f}"


def large(number: float) -> str:
    """A number to three digits, with the letter of its size.

    >>> large(22_700_000), large(512)
    ('22.7 M', '512')
    """
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number:.3g}"


def metric_name(metric: Metric) -> str:
    """A metric's name in a sentence.

    >>> metric_name("balanced_accuracy")
    'balanced accuracy'
    """
    return metric.replace("_", " ")


def strategy_name(strategy: Strategy) -> str:
    """A strategy's name in a heading.

    >>> strategy_name("lora")
    'LoRA'
    """
    return STRATEGY_NAMES[strategy]


def _with_minus(number: str) -> str:
    return number.replace("-", "−")
