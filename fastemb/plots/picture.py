"""A picture: how it should look, what it was drawn on, and the file it is written to."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import names_arguments
from ..checks import integer, number
from ..io.atomic import atomic_write
from ..io.paths import AnyPath, any_path
from ..vectors.store import Key
from .colours import INK
from .extra import library
from .fonts import font_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Doubles = NDArray[np.float64]

FORMATS = ("png", "svg", "pdf")
DPI = 200
_MOST_PIXELS = 1 << 28  # 1 GB while it is drawn
_LONGEST = 40  # letters of a key
_SALT = {"svg.hashsalt": "fastemb", "svg.fonttype": "path"}
_NO_DATES: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None, "Producer": None},
}


@names_arguments({"figsize": "size", "fontsize": "font_size", "labels": "titles"})
@dataclass(frozen=True)
class Look:
    """How a picture looks.

    Attributes:
        size: Width and height in inches. Default None: 5 inches wide; a column of a paper is 3.3 to 3.5.
        font: Name of an installed font, or path of a file of one. Default None: DejaVu Sans, and for characters that it
            does not have other installed fonts.
        font_size: In points. Default 9.
        title: Written above. Default None: nothing is.
        titles: What is written for a key, in place of the key; a dict of some or all keys.
    """

    size: tuple[float, float] | None = None
    font: str | None = None
    font_size: float = 9.0
    title: str | None = None
    titles: Mapping[Key, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 1 <= number("font_size", self.font_size) <= 100:
            raise ValueError(f"font_size must be 1 to 100 points, not {self.font_size!r}")
        if self.title is not None and not isinstance(self.title, str):
            raise TypeError(f"title must be a str, not {type(self.title).__name__}")
        if self.font is not None and not isinstance(self.font, str):
            raise TypeError(f"font must be a str, the name of a font or its file, not {type(self.font).__name__}")
        if not isinstance(self.titles, Mapping):
            raise TypeError(f"titles must be a dict from key to text, not {type(self.titles).__name__}")
        if self.size is None:
            return
        if not isinstance(self.size, Sequence) or len(self.size) != 2:
            raise TypeError(f"size must be width and height in inches, such as (5, 4), not {self.size!r}")
        for side in self.size:
            if not 1 <= number("size", side) <= 50:
                raise ValueError(f"size must be 1 to 50 inches each way, not {self.size!r}")


class Picture:
    """What was drawn, and in numbers what it shows. It shows itself in a notebook.

    Attributes:
        axes: matplotlib's, to draw on further.
        figure: Its figure.
        keys: The n keys that are drawn.
        positions: (n, 2) float64, where they are.
        numbers: What is to be known of the picture, by name, such as "trustworthiness".
        groups: The names of groups that colours stand for, in the order of the legend.
        group_of: (n,) int64, the number of each key's group; -1 for none, and for all where there are no groups.
    """

    def __init__(
        self,
        canvas: Canvas,
        keys: Sequence[Key] = (),
        positions: Doubles | None = None,
        numbers: Mapping[str, float] | None = None,
        groups: Sequence[str] = (),
        group_of: NDArray[np.int64] | None = None,
    ) -> None:
        self.axes = canvas.axes
        self.keys = list(keys)
        self.positions = np.empty((0, 2)) if positions is None else positions
        self.numbers = dict(numbers or {})
        self.groups = list(groups)
        self.group_of = np.full(len(self.keys), -1, np.int64) if group_of is None else group_of

    @property
    def figure(self) -> Figure:
        """The figure that it is drawn on."""
        figure = self.axes.get_figure(root=True)
        assert figure is not None
        return figure

    def __repr__(self) -> str:
        told = "".join(f", {name}={value:.3g}" for name, value in self.numbers.items())
        return f"Picture({len(self.keys):,} keys{told})"

    @names_arguments()
    def save(self, path: AnyPath, *, dpi: int = DPI) -> None:
        """Write it to a file: PNG, SVG or PDF, as the name's ending says.

        The same picture gives the same bytes.

        Args:
            path: The file.
            dpi: Pixels an inch: of PNG, and of what SVG and PDF hold as pixels, such as the points of maps of more than
                2,000 keys. Default 200.

        Raises:
            ValueError: The name has another ending; or ``dpi`` is less than 10, or so large that there would be more
                than 268 million pixels.
            OSError: The file cannot be written.
        """
        form = form_of(path)
        inches = self.figure.get_size_inches()
        most = int(np.sqrt(_MOST_PIXELS / inches.prod()))
        of_pixels = any(artist.get_rasterized() for artist in self.figure.findobj())
        if integer("dpi", dpi, 10) > most and (form == "png" or of_pixels):
            hint = "" if of_pixels else ": or write it as .svg or .pdf"
            raise ValueError(f"dpi must be at most {most:,} for this picture, not {dpi:,}{hint}")
        data = self._bytes(form, dpi)
        with atomic_write(path) as file:
            file.write(data)

    def _bytes(self, form: str, dpi: int) -> bytes:
        drawn = io.BytesIO()
        with library("matplotlib").rc_context(_SALT):
            self.figure.savefig(drawn, format=form, dpi=dpi, metadata=_NO_DATES[form], facecolor="white")
        return drawn.getvalue()

    def _repr_png_(self) -> bytes:
        return self._bytes("png", 110)


def form_of(path: AnyPath) -> str:
    """The format that a name's ending says: "png", "svg" or "pdf".

    Raises:
        ValueError: The ending is another, or there is none.
    """
    name = any_path(path)
    ending = os.path.splitext(name)[1].lower()
    if ending[1:] not in FORMATS:
        raise ValueError(
            f"{name}: pictures are written as .png, .svg or .pdf, and the name must end with one of these"
            + (f", not {ending}" if ending else "")
        )
    return ending[1:]


class Canvas:
    """The axes that a picture is drawn on: those that were given, or new ones, of no display and no global state.

    Args:
        ax: matplotlib's axes, a list of them, or None.
        look: Or None.
        texts: All that will be written, so that the font has it.
        size: Width and height in inches where the look names none.
        rows: How many axes to make, one above the other.

    Attributes:
        axes: The axes, or the uppermost ones.
        rows: All of them.
        look: How it looks.
        small: Size of what is less important than keys, in points.

    Raises:
        TypeError: They are no axes, or no `Look`.
        ValueError: They are too many or too few; or no font has a character.
    """

    def __init__(
        self,
        ax: Axes | Sequence[Axes] | None,
        look: Look | None,
        texts: Iterable[str],
        size: tuple[float, float] = (5.0, 4.4),
        rows: int = 1,
    ) -> None:
        if look is not None and not isinstance(look, Look):
            raise TypeError(f"look must be a Look, such as Look(title='Words'), not {type(look).__name__}")
        self.look = look or Look()
        self._is_own = ax is None
        self.small = 0.82 * self.look.font_size
        self.font = font_for([*texts, self.look.title or ""], self.look.font)
        if ax is None:
            figure = library("matplotlib.figure").Figure(self.look.size or size, dpi=DPI, layout="constrained")
            figure.get_layout_engine().set(w_pad=0.05, h_pad=0.05)
            self.rows: list[Axes] = list(figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0])
        else:
            self.rows = list(ax) if isinstance(ax, Sequence | np.ndarray) else [ax]
            if len(self.rows) != rows:
                raise ValueError(f"ax must be {rows} axes of matplotlib, not {len(self.rows)}")
            for one in self.rows:
                if not isinstance(one, library("matplotlib.axes").Axes) or one.name != "rectilinear":
                    raise TypeError(f"ax must be plain axes of matplotlib, not {type(one).__name__}")
        self.axes = self.rows[0]
        if self.look.title:
            title = self.axes.set_title(self.look.title, loc="left", fontproperties=self.sized(), color=INK)
            title.set_parse_math(False)
        for one in self.rows:
            for spine in one.spines.values():
                spine.set_color("#bbbbbb")
                spine.set_linewidth(0.6)
            one.tick_params(labelsize=self.small, color="#bbbbbb", labelcolor=INK, length=2.5)

    def sized(self, size: float | None = None, *, bold: bool = False) -> Any:
        """The font, of a size in points; default: the look's."""
        made = self.font.copy()
        made.set_size(self.look.font_size if size is None else size)
        if bold:
            made.set_weight("bold")
        return made

    @property
    def width(self) -> float:
        """How wide lines below the axes may be, in typographic points."""
        figure = self.axes.get_figure(root=True)
        assert figure is not None
        inches = figure.get_figwidth() - 0.15 if self._is_own else self.axes.get_window_extent().width / figure.dpi
        return 72 * inches

    def add_scale(self, drawn: Any, name: str) -> None:
        """Draw beside the axes what the colours of ``drawn`` mean, and what is measured."""
        figure = self.axes.get_figure(root=True)
        assert figure is not None
        bar = figure.colorbar(drawn, ax=self.axes, shrink=0.6, aspect=30, pad=0.02)
        assert bar.solids is not None
        bar.solids.set(rasterized=False, edgecolor="face")  # pixels in SVG and PDF otherwise
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=self.small, length=2, color="#bbbbbb")
        label = bar.ax.set_ylabel(name, fontproperties=self.sized(self.small))
        label.set_parse_math(False)

    def settle(self) -> None:
        """Let legend, title and scales find their places, so that what stands in the axes can be measured."""
        figure = self.axes.get_figure(root=True)
        assert figure is not None
        figure.draw_without_rendering()
        if self._is_own:
            figure.set_layout_engine("none")

    def note(self, text: str) -> None:
        """Write a line or more below the axes, in small type."""
        lines = "\n".join(wrapped(text.split("; "), self.width, self.small, "; "))
        label = self.axes.set_xlabel(lines, fontproperties=self.sized(self.small), color="#555555", loc="left")
        label.set_parse_math(False)

    def blank(self) -> None:
        """Remove ticks: numbers along these axes mean nothing."""
        self.axes.set_xticks([])
        self.axes.set_yticks([])


def open_frame(axes: Axes) -> None:
    """Leave only the lines on the left and below, as around curves."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def wrapped(parts: Sequence[str], width: float, size: float, between: str) -> list[str]:
    """Parts on lines, as many on each as fit; an average letter is half as wide as high.

    Args:
        parts: What stands together.
        width: Of a line, in points.
        size: Of the letters, in points.
        between: Stands between two parts.
    """
    letters = int(width / (0.5 * size))
    lines = [""]
    for part in parts:
        longer = f"{lines[-1]}{between}{part}" if lines[-1] else part
        if lines[-1] and len(longer) > letters:
            lines.append(part)
        else:
            lines[-1] = longer
    return lines


def written(key: Key, text: Any, titles: Mapping[Key, str]) -> str:
    """What is written for a key."""
    shown = titles.get(key)
    return on_a_line(str(text(key) if shown is None else shown))


def on_a_line(text: str) -> str:
    """A text on one line, without what cannot be printed, and not longer than is read in a picture."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
