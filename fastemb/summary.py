"""What notebooks show of an object: a small table of HTML, which is made without walking through the object."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

_KEYS = 8  # are shown
_KEY_LENGTH = 40  # characters of one
_VALUE_LENGTH = 200


def table(title: str, rows: Mapping[str, str | None], examples: Mapping[str, Iterable[Any]]) -> str:
    """Return HTML of a title and a table.

    Args:
        title: What it is; escaped here, as all texts are.
        rows: Values by name; those that are None or empty are left out.
        examples: Keys or other things by name, of which only the first few are read.
    """
    cells = [(name, html.escape(_shortened(value, _VALUE_LENGTH))) for name, value in rows.items() if value]
    cells += [(name, text) for name, things in examples.items() if (text := _first(iter(things)))]
    lines = [
        f'<tr><th scope="row" style="text-align: left">{html.escape(name)}</th>'
        f'<td style="text-align: left">{text}</td></tr>'
        for name, text in cells
    ]
    return f"<div><p><strong>{html.escape(title)}</strong></p><table><tbody>{''.join(lines)}</tbody></table></div>"


def changed_settings(values: Mapping[str, object], defaults: Mapping[str, object]) -> str:
    """The settings that are not the defaults, as ``name=value``."""
    return ", ".join(f"{name}={value!r}" for name, value in values.items() if value != defaults.get(name))


def memory_size(count: int) -> str:
    """A number of bytes."""
    shown = float(count)
    for unit in ("bytes", "kB", "MB"):
        if shown < 999.5:
            return f"{shown:.3g} {unit}"
        shown /= 1000
    return f"{shown:.3g} GB" if shown < 999.5 else f"{shown:,.0f} GB"


def _first(things: Iterator[Any]) -> str:
    """The first things of many as HTML, and dots where there are more."""
    shown = [f"<code>{html.escape(_shortened(str(thing), _KEY_LENGTH))}</code>" for thing in islice(things, _KEYS)]
    return " ".join(shown) + (" …" if shown and next(things, things) is not things else "")


def _shortened(text: str, length: int) -> str:
    """The beginning of a text. What cannot be printed, such as a lone surrogate, is escaped."""
    start = text if len(text) <= length else f"{text[: length - 1]}…"
    return start if start.isprintable() else "".join(one if one.isprintable() else repr(one)[1:-1] for one in start)
