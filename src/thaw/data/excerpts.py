"""What a page shows of a row: the beginning of a text, or a small picture."""

from __future__ import annotations

import base64
import io

from PIL import Image

from .images import decode, size_of

MAX_EXCERPT = 240
"""Characters of a text that a page shows."""
SIDE = 112
"""Pixels of a picture's longer side."""


def excerpt(text: str, max_characters: int = MAX_EXCERPT) -> str:
    """The beginning of a text, at most `max_characters`, on one line.

    >>> excerpt("two\\n lines")
    'two lines'
    """
    words = " ".join(text[: 2 * max_characters].split())
    return words if len(words) <= max_characters else words[: max_characters - 1].rstrip() + "…"


def data_uri(content: bytes, side: int = SIDE) -> str:
    """An image file as a small JPEG in a `data:` URI."""
    width, height = size_of(content)
    longer = max(width, height)
    shape = (max(1, round(side * width / longer)), max(1, round(side * height / longer)))
    file = io.BytesIO()
    Image.fromarray(decode(content, side)).resize(shape).save(file, "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
