"""A page as a browser would read it."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = frozenset(("meta", "img", "line"))
LOADING = frozenset(("src", "href", "srcset", "action", "data", "poster", "xlink:href"))
"""Attributes that name what a page loads or leads to."""


class Parsed(HTMLParser):
    """Tags with the names of their attributes, in order; values of attributes; text. Tags that do not match fail."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.structure: list[tuple[str, ...]] = []
        self.values: list[str] = []
        self.sources: list[str] = []
        self.text: list[str] = []
        self.style = ""
        self.classes: list[tuple[str, str]] = []
        """Tag and class of each element."""
        self._open: list[str] = []
        self.feed(document)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        names = tuple(name for name, _ in attributes)
        assert not [name for name in names if name.startswith("on")]
        self.structure.append((tag, *names))
        self.values += [value or "" for _, value in attributes]
        self.sources += [value or "" for name, value in attributes if name in LOADING]
        self.classes.append((tag, " ".join((dict(attributes).get("class") or "").split())))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "style":
            self.style += data
        elif data.strip():
            self.text.append(" ".join(data.split()))

    def count(self, tag: str, name: str | None = None) -> int:
        """Elements of this tag, and of exactly this class where one is asked for."""
        return sum(each == tag and name in (None, classes) for each, classes in self.classes)
