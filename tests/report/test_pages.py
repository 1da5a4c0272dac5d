"""Every page: text of others stays text, and nothing is loaded from anywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError

from tests.report.parsed import Parsed
from tests.report.test_comparison import board
from tests.report.test_decision import decision
from tests.report.test_evaluation import evaluation
from tests.report.test_profile import profile
from thaw.errors import InputError
from thaw.records import Decision, Document, Evaluation, Pilot, Sentence
from thaw.report import comparison, run
from thaw.report import decision as decision_page
from thaw.report import profile as profile_page
from thaw.report.pages import FORBIDDEN, environment, render

HOSTILE = (
    '<script>alert("1")</script>',
    "\"><img src=x onerror='alert(1)'>",
    "{{ 7 * 7 }}{% raw %}",
    "</title></style></svg><b>",
    "nul \x00 and \x1b",
    "\u202egnp.exe \u2066",
)
texts = st.sampled_from(HOSTILE) | st.text(min_size=1, max_size=20)


def with_pilot() -> Decision:
    pilot = Pilot(strategy="full", updates=54, score=0.811, head_score=0.774, seconds=12.4)
    return decision().model_copy(update={"pilots": (pilot,)})


def report(result: Evaluation) -> str:
    return run.page(result, result.model, thumbnails={result.mistakes[0].row: "data:image/jpeg;base64,AA=="})


PAGES: dict[str, tuple[Document, Callable[[Any], str]]] = {
    "profile": (profile(), profile_page.page),
    "decision": (with_pilot(), decision_page.page),
    "comparison": (board(), comparison.page),
    "evaluation": (evaluation(champion=True), report),
}
Place = tuple[str | int, ...]


def places(record: Document) -> list[Place]:
    """Paths of the strings in a record that may as well be any other."""
    data = json.loads(record.to_json())
    return [place for place in _strings(data) if _accepts(type(record), _replaced(data, {place: "any"}))]


def rewritten(record: Document, where: list[Place], text: str) -> Document:
    """The record with `text` and a number in every place."""
    texts = {place: f"{text}{number}" for number, place in enumerate(where)}
    return type(record).parse(json.dumps(_replaced(json.loads(record.to_json()), texts)))


def _strings(data: Any, place: Place = ()) -> list[Place]:
    if isinstance(data, str):
        return [place]
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [found for key, value in items for found in _strings(value, (*place, key))]


def _replaced(data: Any, texts: dict[Place, str], place: Place = ()) -> Any:
    if isinstance(data, dict):
        return {key: _replaced(value, texts, (*place, key)) for key, value in data.items()}
    if isinstance(data, list):
        return [_replaced(value, texts, (*place, index)) for index, value in enumerate(data)]
    return texts.get(place, data)


def _accepts(kind: type[Document], data: Any) -> bool:
    try:
        kind.parse(json.dumps(data))
    except InputError:
        return False
    return True


WHERE = {name: places(record) for name, (record, _) in PAGES.items()}


@pytest.mark.parametrize("name", PAGES)
@settings(max_examples=25, deadline=None)
@given(text=texts)
def test_text_of_others_stays_text(name: str, text: str) -> None:
    record, page = PAGES[name]
    plain, strange = (Parsed(page(rewritten(record, WHERE[name], each))) for each in ("plain", text))
    assert strange.structure == plain.structure
    shown = [value for value in (*strange.text, *strange.values) if "plain" not in value]
    assert any(" ".join(FORBIDDEN.sub("\ufffd", text).split()) in " ".join(value.split()) for value in shown)
    assert not any(FORBIDDEN.search(value) for value in shown)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_nothing(name: str) -> None:
    record, page = PAGES[name]
    document = page(record)
    parsed = Parsed(document)
    assert all(source.startswith("data:image/") for source in parsed.sources)
    assert not re.search("https?:|//", document.replace("data:image/jpeg;base64,AA==", ""))
    assert parsed.style
    assert not re.search("url|@import", parsed.style)
    assert "nan" not in document


def test_a_name_that_a_template_lacks_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("A page", {"profile.html": {}})


def test_templates_take_facts_and_sentences() -> None:
    template = environment().from_string("{{ item | sentence }}")
    assert template.render(item=Sentence(text="<b>")) == template.render(item="<b>") == "&lt;b&gt;"
