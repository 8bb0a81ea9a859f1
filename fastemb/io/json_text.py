"""JSON from files that may be damaged or made to harm: one kind of error, and no more memory than sound ones take."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

_MOST_CONTAINERS = 1_000_000  # lists and objects, each of which takes fifty times the memory of its two bytes

_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)


def parse_json(
    text: str | bytes, pairs_hook: Callable[[list[tuple[str, Any]]], Any] | None = None, most_values: int | None = None
) -> Any:
    """What a JSON text holds.

    Args:
        text: JSON, as UTF-8 if it is bytes.
        pairs_hook: Makes each object of its pairs of key and value, as in ``json.loads``.
        most_values: Refuse a text of more values. Default None: of any number.

    Raises:
        ValueError: It is no JSON, too deep, or of too many parts.
    """
    text = text.decode("utf-8") if isinstance(text, bytes) else text
    if _count(text, "[{") > _MOST_CONTAINERS and _count(_STRING.sub("", text), "[{") > _MOST_CONTAINERS:
        raise ValueError(f"more than {_MOST_CONTAINERS:,} lists and objects")
    if most_values is not None and _count(text, ",") > most_values and _count(_STRING.sub("", text), ",") > most_values:
        raise ValueError(f"more than {most_values:,} values")
    try:
        return json.loads(text, object_pairs_hook=pairs_hook)
    except RecursionError:
        raise ValueError("lists and objects are too deep in each other") from None


def _count(text: str, characters: str) -> int:
    return sum(map(text.count, characters))
