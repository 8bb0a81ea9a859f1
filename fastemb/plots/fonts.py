"""Fonts that have all characters of a picture.

matplotlib draws a box for a character that its font does not have. Here another font that is installed is used for it,
and where there is none, that is an error which names one.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from typing import Any

from ..arguments import did_you_mean
from .extra import library

_DEFAULT = "DejaVu Sans"  # it comes with matplotlib
_BOXES = ("Last Resort", ".LastResort")  # fonts that draw a box for whatever character there is
_LIKED = ("Noto Sans", "Source Han Sans", "WenQuanYi")  # of several that have the characters

# A script, by the first word of its characters' names -> a font that has it, and its package in Debian.
_FONTS = {
    "CJK": ("Noto Sans CJK", "fonts-noto-cjk"),
    "HIRAGANA": ("Noto Sans CJK", "fonts-noto-cjk"),
    "KATAKANA": ("Noto Sans CJK", "fonts-noto-cjk"),
    "HANGUL": ("Noto Sans CJK", "fonts-noto-cjk"),
}
_OTHER = ("Noto Sans", "fonts-noto")
_PICTURES = ("Symbola", "fonts-symbola")  # of emoji; fonts of coloured emoji cannot be drawn by matplotlib
_FIRST_PICTURE = "\U0001f000"
_LAST_PICTURE = "\U0001faff"


def font_for(texts: Iterable[str], font: str | None) -> Any:
    """The font of a picture, as matplotlib takes it: a `FontProperties`.

    Args:
        texts: All that is written in it.
        font: Name of an installed font, or path of a file of one. Default None: matplotlib's own, and for characters
            that it does not have others that are installed.

    Raises:
        ValueError: There is no such font, or a character is in none of them.
    """
    properties = library("matplotlib.font_manager").FontProperties
    wanted = {sign for text in texts for sign in text if unicodedata.category(sign)[0] not in "CZ"}
    if font is not None:
        found, path = _named(font)
        missing = wanted - _signs(path)
        if missing:
            raise ValueError(f"the font {font!r} does not have {_shown(missing)}: {_remedy(missing)}")
        return found
    missing = wanted - _signs(_path_of(_DEFAULT))
    names = [_DEFAULT]
    while missing:
        best = _best_for(missing)
        if best is None:
            raise ValueError(f"no installed font has {_shown(missing)}: {_remedy(missing)}")
        names.append(best[0])
        missing -= _signs(best[1])
    return properties(family=names)


def _named(font: str) -> tuple[Any, str]:
    manager = library("matplotlib.font_manager")
    if os.path.isfile(font):
        try:
            read = manager.get_font(font)
        except (RuntimeError, OSError):
            raise ValueError(f"font must name a font or a file of one, and {font} is no file of a font") from None
        if not read.scalable:
            raise ValueError(f"font must have outlines, which matplotlib draws, and {font} has none")
        return manager.FontProperties(fname=font), font
    known = sorted({entry.name for entry in manager.fontManager.ttflist})
    if font not in known:
        near = [name for name in known if name.lower() == font.lower()] or get_close_matches(font, known, 3)
        raise ValueError(
            f"font must name an installed font or a file of one, and there is no {font!r}{did_you_mean(near)}"
        )
    return manager.FontProperties(family=[font]), _path_of(font)


def _path_of(name: str) -> str:
    manager = library("matplotlib.font_manager")
    return str(manager.findfont(manager.FontProperties(family=[name])))


@cache
def _signs(path: str) -> frozenset[str]:
    """The characters that a font has; none where it cannot be read, or has no outlines, as of coloured emoji."""
    try:
        read = library("matplotlib.font_manager").get_font(path)
    except (RuntimeError, OSError):
        return frozenset()
    return frozenset(map(chr, read.get_charmap())) if read.scalable else frozenset()


def _best_for(missing: set[str]) -> tuple[str, str] | None:
    """The name and path of the upright font that has most of these characters, if one has any."""
    manager = library("matplotlib.font_manager").fontManager
    best = _most(missing)
    if best is None:
        known = {entry.fname for entry in manager.ttflist}
        for path in sorted(library("matplotlib.font_manager").findSystemFonts()):
            if path not in known and missing & _signs(path):  # installed since matplotlib looked
                manager.addfont(path)
        best = _most(missing)
    return best


def _most(missing: set[str]) -> tuple[str, str] | None:
    found = []
    for entry in library("matplotlib.font_manager").fontManager.ttflist:
        if (
            entry.name.startswith(_BOXES)
            or entry.style != "normal"
            or str(entry.weight) not in ("400", "normal", "regular", "book")
        ):
            continue
        has = len(missing & _signs(entry.fname))
        if has:
            liked = next((place for place, name in enumerate(_LIKED) if entry.name.startswith(name)), len(_LIKED))
            found.append((-has, liked, entry.name, entry.fname))
    return min(found)[2:] if found else None


def _shown(missing: set[str]) -> str:
    sign = min(missing)
    more = f" and {len(missing) - 1} others" if len(missing) > 1 else ""
    return f"{sign!r} ({unicodedata.name(sign, f'U+{ord(sign):04X}')}){more}"


def _remedy(missing: set[str]) -> str:
    sign = min(missing)
    script = unicodedata.name(sign, "").replace("-", " ").partition(" ")[0]
    other = _PICTURES if _FIRST_PICTURE <= sign <= _LAST_PICTURE else _OTHER
    name, package = _FONTS.get(script, other)
    return (
        f"install one that has, such as {name} (on Debian: apt-get install {package}), or name one: "
        "look=Look(font=PATH)"
    )
