"""Labels beside points that cover neither each other nor the edge, and as few points as can be.

Each label, the most important first, tries places around its point: close ones, then ones farther off with a line to
the point. All lengths are in typographic points.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..checks import warn
from ..signals import deliver
from .colours import FAINT
from .extra import library
from .picture import Canvas

if TYPE_CHECKING:
    from matplotlib.text import Annotation

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

_PAD = 0.9  # around a label
_GAP = 2.6  # from a point
_RINGS = (10.0, 18.0, 28.0, 40.0, 54.0, 70.0, 90.0, 115.0)  # of places with a line
_DIRECTIONS = 16
_MANY_POINTS = 4000  # among more it does not matter which ones a label covers
_FEW_POINTS = 300
_COVERED = (25.0, 4.0)  # what a covered point costs, among few points and among more, in points of distance
_CROSSED = 30.0  # the same for a line that crosses a label
_LINE_PARTS = 24
_STOREYS = 20


class Placer:
    """Puts labels on a canvas that has settled.

    Args:
        canvas: What is drawn on.
        points: (n, 2), all points that are drawn, in the axes' own numbers.
        far: Whether a label may stand away from its point, with a line to it; if not, it is left out where there is no
            room.
        storeys: Height of the storeys in which labels stand above and below their points, for points on a line. Default
            None: labels stand around them.
    """

    def __init__(self, canvas: Canvas, points: Doubles, *, far: bool = True, storeys: float | None = None) -> None:
        self._canvas = canvas
        self._axes = canvas.axes
        figure = self._axes.get_figure(root=True)
        assert figure is not None
        self._scale = figure.dpi / 72
        area = self._axes.get_window_extent()
        self._area = np.array([area.x0, area.y0, area.x1, area.y1]) / self._scale
        self._points = self._measured(points) if len(points) <= _MANY_POINTS else np.empty((0, 2))
        self._covered_cost = _COVERED[len(points) > _FEW_POINTS]
        self._rings = _RINGS if far else ()
        self._storeys = storeys
        self._taken = np.empty((0, 4))
        self.placed: list[Annotation] = []

    def _measured(self, points: Doubles) -> Doubles:
        return np.asarray(self._axes.transData.transform(points) / self._scale)

    def keep_free(self, boxes: Doubles) -> None:
        """Let no label stand there: (k, 4), left, bottom, right and top, in the axes' own numbers."""
        low, high = self._measured(boxes[:, :2]), self._measured(boxes[:, 2:])
        self._taken = np.vstack([self._taken, np.hstack([low, high])])

    def place(self, texts: Sequence[str], points: Doubles, colours: Sequence[str], most: int | None = None) -> Ints:
        """Write labels, the first ones first.

        Args:
            texts: k labels.
            points: (k, 2), their points, in the axes' own numbers.
            colours: Of each.
            most: Stop after so many. Default None: all that find room.

        Returns:
            Which ones found room, in order.
        """
        found: list[int] = []
        anchors = self._measured(points)
        for number, (text, anchor) in enumerate(zip(texts, anchors, strict=True)):
            if most is not None and len(found) >= most:
                break
            deliver()
            if self._place(text, anchor, points[number], colours[number]):
                found.append(number)
        return np.array(found, np.int64)

    def _place(self, text: str, anchor: Doubles, point: Doubles, colour: str) -> bool:
        if not text or not self._inside(np.hstack([anchor, anchor])[None])[0]:
            return False
        label = self._written(text, point, colour)
        extent = label.get_window_extent()
        size = np.array([extent.width, extent.height]) / self._scale
        corners, distances = self._places(anchor, size)
        boxes = np.hstack([corners, corners + size])
        free = self._inside(boxes) & ~self._hits(boxes)
        if not free.any():
            label.remove()
            return False
        lines = _lines(anchor, boxes)
        has_line = distances >= _RINGS[0]
        cost = distances + self._covered_cost * self._covered(boxes, anchor)
        cost += _CROSSED * np.where(has_line, self._crossed(lines), 0)
        best = int(np.where(free, cost, np.inf).argmin())
        label.set_position(tuple(corners[best] - anchor))
        self._taken = np.vstack([self._taken, boxes[best]])
        if has_line[best]:
            self._draw_line(anchor, boxes[best])
            self._taken = np.vstack([self._taken, np.hstack([lines[best], lines[best]])])
        self.placed.append(label)
        return True

    def _written(self, text: str, point: Doubles, colour: str) -> Annotation:
        stroke = library("matplotlib.patheffects").withStroke
        label = self._axes.annotate(
            text,
            xy=(float(point[0]), float(point[1])),
            xytext=(0, 0),
            textcoords="offset points",
            ha="left",
            va="bottom",
            color=colour,
            fontproperties=self._canvas.sized(),
            path_effects=[stroke(linewidth=1.6, foreground="white", alpha=0.85)],
            zorder=5,
        )
        label.set_parse_math(False)
        label.set_in_layout(False)
        return label

    def _places(self, anchor: Doubles, size: Doubles) -> tuple[Doubles, Doubles]:
        """Lower left corners of the places to try, (c, 2), and how far each is from the point."""
        width, height = size
        if self._storeys is not None:
            far: Doubles = np.arange(2 * _STOREYS, dtype=np.float64) + _RINGS[0]
            return anchor + np.array([-width / 2, -height / 2]) + self._up_and_down(self._storeys), far
        near = [  # right, left, above, below, and the four corners
            (_GAP, -height / 2),
            (-_GAP - width, -height / 2),
            (-width / 2, _GAP),
            (-width / 2, -_GAP - height),
            (_GAP * 0.6, _GAP * 0.6),
            (_GAP * 0.6, -_GAP * 0.6 - height),
            (-_GAP * 0.6 - width, _GAP * 0.6),
            (-_GAP * 0.6 - width, -_GAP * 0.6 - height),
        ]
        offsets: list[Doubles] = [np.array(near)]
        distances: list[Doubles] = [np.linspace(0, 2, len(near))]
        angles = 2 * np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS
        ways = np.column_stack([np.cos(angles), np.sin(angles)])
        for ring in self._rings:  # the label's nearest side or corner lies on the ring
            offsets.append(ring * ways + (ways - 1) / 2 * size)
            distances.append(np.full(_DIRECTIONS, ring) + np.linspace(0, 1, _DIRECTIONS))
        return anchor + np.vstack(offsets), np.concatenate(distances)

    @staticmethod
    def _up_and_down(height: float) -> Doubles:
        steps: Doubles = np.arange(1, _STOREYS + 1, dtype=np.float64) * height
        return np.column_stack([np.zeros(2 * _STOREYS), np.column_stack([steps, -steps]).reshape(-1)])

    def _inside(self, boxes: Doubles) -> NDArray[np.bool_]:
        left, bottom, right, top = self._area
        fits = (boxes[:, 0] >= left) & (boxes[:, 1] >= bottom) & (boxes[:, 2] <= right) & (boxes[:, 3] <= top)
        return np.asarray(fits)

    def _hits(self, boxes: Doubles) -> NDArray[np.bool_]:
        """Whether each of (c, 4) overlaps something that has its place."""
        if not len(self._taken):
            return np.zeros(len(boxes), bool)
        one, other = boxes[:, None], self._taken[None]
        apart = (
            (one[..., 0] >= other[..., 2] + _PAD)
            | (one[..., 2] + _PAD <= other[..., 0])
            | (one[..., 1] >= other[..., 3] + _PAD)
            | (one[..., 3] + _PAD <= other[..., 1])
        )
        return np.asarray(~apart.all(axis=1))

    def _covered(self, boxes: Doubles, anchor: Doubles) -> Doubles:
        """How many points each of (c, 4) covers; a point counts as wide as it is drawn."""
        if not len(self._points):
            return np.zeros(len(boxes))
        radius = 1.4
        reach = np.abs(boxes - np.hstack([anchor, anchor])).max() + radius
        points = self._points[(np.abs(self._points - anchor) <= reach).all(axis=1)]
        inside = (
            (points[None, :, 0] > boxes[:, None, 0] - radius)
            & (points[None, :, 0] < boxes[:, None, 2] + radius)
            & (points[None, :, 1] > boxes[:, None, 1] - radius)
            & (points[None, :, 1] < boxes[:, None, 3] + radius)
        )
        return np.asarray(inside.sum(axis=1), np.float64)

    def _crossed(self, lines: Doubles) -> Doubles:
        """Whether each of (c, parts, 2) goes through places that are taken, (c,), as 0 or 1."""
        if not len(self._taken):
            return np.zeros(len(lines))
        at, taken = lines[:, :, None], self._taken[None, None]
        inside = (at >= taken[..., :2]).all(axis=-1) & (at <= taken[..., 2:]).all(axis=-1)
        return np.asarray(np.asarray(inside).any(axis=(1, 2)), np.float64)

    def _draw_line(self, anchor: Doubles, box: Doubles) -> None:
        end = np.clip(anchor, box[:2], box[2:])
        data = self._axes.transData.inverted().transform(np.array([anchor, end]) * self._scale)
        how: dict[str, Any] = {"scalex": False, "scaley": False, "in_layout": False}
        self._axes.plot(data[:, 0], data[:, 1], color=FAINT, linewidth=0.5, zorder=3, **how)


def _lines(anchor: Doubles, boxes: Doubles) -> Doubles:
    """Places on the way from a point to the nearest place of each of (c, 4), (c, parts, 2)."""
    ends = np.clip(anchor, boxes[:, :2], boxes[:, 2:])
    steps = np.linspace(0.1, 0.9, _LINE_PARTS)[:, None]
    return np.asarray(anchor + steps * (ends - anchor)[:, None])


def warn_of_no_room(left_out: int, total: int) -> None:
    """Warn that so many of the keys that somebody asked for have no label."""
    if left_out:
        warn(
            f"{left_out:,} of {total:,} keys found no room for their names: give a larger picture, such as "
            "look=Look(size=(8, 7)), or a smaller font_size"
        )
