"""What a space of vectors tells beside its neighbours: change between spaces, axes, associations, means of bags."""

from .agreement import Band, Stability, stability
from .alignment import Alignment, Moved, align, align_many
from .associations import Association, sc_weat, weat
from .axis import Axis

__all__ = [
    "Alignment",
    "Association",
    "Axis",
    "Band",
    "Moved",
    "Stability",
    "align",
    "align_many",
    "sc_weat",
    "stability",
    "weat",
]
