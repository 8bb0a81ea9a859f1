"""Colours that people with any kind of colour vision tell apart."""

from __future__ import annotations

# Okabe and Ito 2008, without black, and without yellow, which is too pale for points on white.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9")
MARKS = ("o", "^", "s", "D", "v", "P")  # when there are more groups than colours
INK = "#222222"
FAINT = "#8a8a8a"
PALE = "#d0d0d0"
SCALE = "viridis"
MOST_GROUPS = len(COLOURS) * len(MARKS)


def style_of(group: int) -> tuple[str, str]:
    """Colour and mark of a group, by its number."""
    return COLOURS[group % len(COLOURS)], MARKS[group // len(COLOURS) % len(MARKS)]
