"""Sentences of facts: for the pages, for the terminal, and for the `text` that stands beside the numbers in a file.

No sentence about a fact is made anywhere else. Each kind has a function, which is found by the type of its argument.
"""

from __future__ import annotations

from functools import singledispatch
from typing import TypeVar

from ..records import Fact
from . import wording_decision, wording_gate, wording_training

AnyFact = TypeVar("AnyFact", bound=Fact)


@singledispatch
def sentence(fact: Fact) -> str:
    """The sentence of a fact. A kind without one of its own, like those of version 1, keeps its text."""
    return fact.text


for function in (*wording_decision.SENTENCES, *wording_training.SENTENCES, *wording_gate.SENTENCES):
    sentence.register(function)


def with_text(fact: AnyFact) -> AnyFact:
    """The fact with its sentence as `text`."""
    return fact.model_copy(update={"text": sentence(fact)})
