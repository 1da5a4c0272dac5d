"""One self-contained document, made of templates and what they show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from ..records import Fact
from . import formats, wording


def sentence(item: Fact | str) -> str:
    """The sentence of a fact; a sentence stays as it is."""
    return item if isinstance(item, str) else wording.sentence(item)


FILTERS = (
    formats.count,  # in place of Jinja's own filter of this name, which is another name of `length`
    formats.duration,
    formats.large,
    formats.metric_name,
    formats.percent,
    formats.percent_range,
    formats.signed_points,
    formats.strategy_name,
    formats.whole_percent,
    sentence,
)
FORBIDDEN = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\ufffe\\uffff\\u202a-\\u202e\\u2066-\\u2069]"
)
"""Characters that HTML does not allow, and those that turn the text around that follows a name."""


@cache
def environment() -> Environment:
    """Templates of this package; whatever they insert is escaped, and a name that they lack is an error."""
    made = Environment(
        loader=PackageLoader("thaw.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update({each.__name__: each for each in FILTERS})
    return made


def render(title: str, sections: Mapping[str, Mapping[str, object]], footer: str = "") -> str:
    """A page of the sections in these templates, in this order, each with the names that it shows."""
    names = {name: value for context in sections.values() for name, value in context.items()}
    document = environment().get_template("page.html").render(names, title=title, sections=[*sections], footer=footer)
    return FORBIDDEN.sub("\ufffd", document)
