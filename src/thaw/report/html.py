"""Parts of a page: strings of HTML, escaped where text of others comes in, with nothing loaded from anywhere.

A page is `shell(title, sections)`; each step's `page.py` gives its own sections, so that pages can be put together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape as _escape

from ..records import Interval
from .style import CSS

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Nothing but the page's own style and inlined images, should hostile text ever get past `escape`."""

FORBIDDEN = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\ufffe\\uffff]")


def escape(text: object) -> str:
    """For text and for attribute values in double quotes. Characters that HTML forbids become U+FFFD."""
    return _escape(FORBIDDEN.sub("\ufffd", str(text)), quote=True)


def shell(title: str, sections: Sequence[str], footer: str = "") -> str:
    """One self-contained document."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>{escape(title)}</title><style>{CSS}</style></head><body><main><h1>{escape(title)}</h1>\n"
        + "\n".join(sections)
        + (f"\n<footer>{escape(footer)}</footer>" if footer else "")
        + "\n</main></body></html>\n"
    )


def section(title: str, body: str, note: str = "") -> str:
    """`title` and `note` are text, `body` is HTML."""
    below = f'<p class="note">{escape(note)}</p>' if note else ""
    return f"<section><h2>{escape(title)}</h2>{below}{body}</section>"


def columns(*parts: str) -> str:
    """Side by side where there is room."""
    return '<div class="two">' + "".join(f"<div>{part}</div>" for part in parts) + "</div>"


def heading(text: str) -> str:
    return f"<h3>{escape(text)}</h3>"


def bullets(sentences: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences) + "</ul>"


def tiles(facts: Iterable[tuple[str, str, str]]) -> str:
    """Facts as (name, value, a smaller word about it)."""
    shown = (
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}<small>{escape(more)}</small></dd></div>"
        for name, value, more in facts
    )
    return '<dl class="tiles">' + "".join(shown) + "</dl>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: int = 0, chosen: int = -1) -> str:
    """Cells are HTML. The last `numbers` columns are set flush right; row `chosen` is marked."""
    first = len(head) - numbers

    def cell(tag: str, column: int, content: str) -> str:
        return f'<{tag} class="num">{content}</{tag}>' if column >= first else f"<{tag}>{content}</{tag}>"

    def line(row: Sequence[str]) -> str:
        return "".join(cell("td", column, content) for column, content in enumerate(row))

    body = "".join(
        f'<tr class="chosen">{line(row)}</tr>' if number == chosen else f"<tr>{line(row)}</tr>"
        for number, row in enumerate(rows)
    )
    names = "".join(cell("th", column, escape(name)) for column, name in enumerate(head))
    top = f"<thead><tr>{names}</tr></thead>" if any(head) else ""
    return f'<div class="scroll"><table>{top}<tbody>{body}</tbody></table></div>'


def more(summary: str, body: str) -> str:
    """Folded away until asked for."""
    return f"<details><summary>{escape(summary)}</summary>{body}</details>"


def share_bar(share: float) -> str:
    """A fraction as a number beside a small bar."""
    return f'<span class="share">{percent(share)}<i><i style="width:{100 * share:.0f}%"></i></i></span>'


def percent(fraction: float) -> str:
    return f"{100 * fraction:.1f}%"


def short_percent(fraction: float) -> str:
    """For axes."""
    return f"{100 * fraction:.4g}%"


def points(fraction: float) -> str:
    """A difference of two fractions, signed."""
    return _minus(f"{100 * fraction:+.1f}")


def short_points(fraction: float) -> str:
    return _minus(f"{100 * fraction:+.4g}") if fraction else "0"


def between(interval: Interval) -> str:
    return f"{100 * interval.low:.1f}–{percent(interval.high)}"


def duration(seconds: float) -> str:
    if seconds < 0.995:
        return f"{1000 * seconds:.3g} ms"
    if seconds < 59.5:
        return f"{seconds:.2g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 10:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{round(seconds / 60)} min" if minutes < 100 else f"{seconds / 3600:.1f} h"


def count(number: float) -> str:
    return f"{number:,.0f}"


def large(number: float) -> str:
    """Three digits: 22.7 M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number:.3g}"


def _minus(number: str) -> str:
    return number.replace("-", "−")
