"""Draw the pictures of guide/one-hot.md: python docs/draw_one_hot.py. Needs matplotlib."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from fastemb.layers import Adagrad, BCEWithLogitsLoss, Embedding, Linear, Tanh

WORDS = ["cat", "dog", "red", "blue", "runs"]
BLUE, ORANGE, GREY = "#2b6cb0", "#dd6b20", "#e2e8f0"


def cells(axes: Any, values: Any, *, left: float, top: float, marked: int | None = None, digits: int = 0) -> None:
    """A matrix as boxes with numbers, its upper left corner at (left, top)."""
    for (row, column), value in np.ndenumerate(values):
        fill = ORANGE if row == marked else (BLUE if digits == 0 and value == 1 else "white")
        x, y = left + column, top - row
        axes.fill([x, x + 1, x + 1, x], [y, y, y - 1, y - 1], facecolor=fill, edgecolor="#4a5568", linewidth=0.8)
        dark = fill != "white"
        colour = "white" if dark else ("#718096" if value == 0 else "black")
        axes.text(x + 0.5, y - 0.5, f"{value:.{digits}f}", ha="center", va="center", color=colour, fontsize=9)


def blank(width: float, height: float) -> tuple[Figure, Any]:
    """A picture without axes."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.set_aspect("equal")
    axes.axis("off")
    return figure, axes


def save(figure: Figure, path: Path) -> None:
    """Write a picture."""
    figure.savefig(path, dpi=110, facecolor="white")


def one_hot(folder: Path) -> None:
    """Words as vectors with a single one."""
    figure, axes = blank(4.6, 3)
    cells(axes, np.eye(5), left=0, top=5)
    for row, word in enumerate(WORDS):
        axes.text(-0.25, 4.5 - row, word, ha="right", va="center", fontsize=10)
        axes.text(row + 0.5, 5.25, str(row), ha="center", color="#718096", fontsize=9)
    axes.set_xlim(-1.6, 5.2)
    axes.set_ylim(-0.2, 5.8)
    save(figure, folder / "one-hot.png")


def look_up(folder: Path) -> None:
    """A one-hot vector times a matrix is a row of it."""
    table = np.array([[0.9, 0.1, -0.4], [0.8, 0.2, -0.5], [-0.3, 0.7, 0.6], [-0.2, 0.8, 0.5], [0.1, -0.9, 0.2]])
    figure, axes = blank(7.4, 3)
    cells(axes, np.eye(5)[[3]], left=0, top=3)
    axes.text(2.5, 3.3, "blue, one-hot", ha="center", fontsize=10)
    axes.text(5.7, 2.5, "\u00d7", ha="center", va="center", fontsize=16)
    cells(axes, table, left=7.6, top=5, marked=3, digits=1)
    for row, word in enumerate(WORDS):
        axes.text(7.4, 4.5 - row, word, ha="right", va="center", fontsize=10)
    axes.text(9.1, 5.3, "table", ha="center", fontsize=10)
    axes.text(11.4, 2.5, "=", ha="center", va="center", fontsize=16)
    cells(axes, table[[3]], left=12.2, top=3, marked=0, digits=1)
    axes.text(13.7, 3.3, "row 3 of the table", ha="center", fontsize=10)
    axes.set_xlim(-0.2, 15.6)
    axes.set_ylim(-0.2, 5.9)
    save(figure, folder / "look-up.png")


def learned(folder: Path) -> None:
    """Vectors before and after a network learned which pairs of words are real."""
    nouns, verbs, colours = ["cat", "dog", "horse"], ["runs", "eats", "sleeps"], ["red", "blue", "green"]
    words = nouns + verbs + colours
    pairs = [(a, b) for a in nouns for b in verbs] + [(a, b) for a in colours for b in nouns]
    real = {(words.index(a), words.index(b)) for a, b in pairs}
    ids = np.array([(a, b) for a in range(9) for b in range(9)])
    targets = np.array([tuple(pair) in real for pair in ids.tolist()])[:, None]
    rate = Adagrad(0.1)
    start = np.random.default_rng(4).normal(0, 0.4, (9, 2)).astype(np.float32)
    table = Embedding(9, 2, weight=start.copy(), optimizer=rate)
    hidden, tanh, out = Linear(4, 12, optimizer=rate, seed=1), Tanh(), Linear(12, 1, optimizer=rate, seed=2)
    loss = BCEWithLogitsLoss()
    for _ in range(1500):
        loss(out(tanh(hidden(table(ids).reshape(-1, 4)))), targets)
        grad = hidden.backward(tanh.backward(out.backward(loss.backward())))
        for layer in (hidden, out):
            layer.step()
        table.update(ids, grad.reshape(-1, 2, 2))
    figure = Figure(figsize=(7.4, 3.4), layout="constrained")
    for axes, vectors, title in zip(
        figure.subplots(1, 2), (start, table.weight), ("before training", "after training"), strict=True
    ):
        for kind, colour in zip((nouns, verbs, colours), (BLUE, ORANGE, "#2f855a"), strict=True):
            rows = [words.index(word) for word in kind]
            axes.scatter(*vectors[rows].T, color=colour, s=28)
            if vectors is start:
                for row, word in zip(rows, kind, strict=True):
                    axes.annotate(word, vectors[row], xytext=(5, 4), textcoords="offset points", fontsize=9)
            else:  # they lie on top of each other
                place = vectors[rows].max(axis=0)
                axes.annotate(
                    ", ".join(kind), place, xytext=(0, 7), textcoords="offset points", ha="center", fontsize=9
                )
        axes.set_title(title, fontsize=11)
        axes.margins(0.25)
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    save(figure, folder / "learned.png")


def draw_all(folder: Path) -> None:
    """All pictures, into a folder that is there."""
    one_hot(folder)
    look_up(folder)
    learned(folder)


if __name__ == "__main__":
    draw_all(Path(__file__).parent / "pictures")
