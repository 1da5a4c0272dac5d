"""Values sealed against substitution, so that what a user wrote is never read as a placeholder.

kfp's local runner replaces placeholders (`{{$}}`, `{{$.inputs…}}`, its name for the workspace) wherever they stand in
the JSON that a step gets, in the values as well. A sealed text is letters and digits alone until the JSON is complete.
"""

from __future__ import annotations

import json
import re
from typing import Any

SEAL = re.compile("thaw-sealed-((?:[0-9a-f]{2})*)-sealed")


def sealed(value: Any, keys: bool = True) -> Any:
    """A JSON value with all of its texts sealed; those that are keys only where they are values too.

    >>> sealed({"ab": [1, "ab"]}, keys=False)
    {'ab': [1, 'thaw-sealed-6162-sealed']}
    """
    if isinstance(value, str):
        return f"thaw-sealed-{value.encode('utf-8', 'surrogatepass').hex()}-sealed"
    if isinstance(value, dict):
        return {sealed(key) if keys else key: sealed(each, keys) for key, each in value.items()}
    return [sealed(each, keys) for each in value] if isinstance(value, list) else value


def unsealed(document: str) -> str:
    """A JSON document in which the sealed texts are what they were.

    >>> unsealed('{"a": "thaw-sealed-227b-sealed"}')
    '{"a": "\\\\"{"}'
    """
    return SEAL.sub(lambda seal: json.dumps(_text(seal[1]))[1:-1], document)


def in_expression(text: str) -> str:
    """A text as it may stand between single quotes in an expression, whatever is replaced there before it is evaluated.

    >>> in_expression("it's")
    'it\\\\U00000027s'
    """
    return "".join(c if c.isascii() and c.isalnum() else f"\\U{ord(c):08x}" for c in text)


def _text(digits: str) -> str:
    return bytes.fromhex(digits).decode("utf-8", "surrogatepass")
