"""What a space of vectors tells beside its neighbours: change between spaces, axes, associations, means of bags."""

from .agreement import Band, Stability, stability
from .alignment import Alignment, Moved, align, align_many
from .associations import Association, sc_weat, weat
from .axis import Axis
from .embed import BagVectors
from .reduce import ReducedVectors

__all__ = [
    "Alignment",
    "Association",
    "Axis",
    "BagVectors",
    "Band",
    "Moved",
    "ReducedVectors",
    "Stability",
    "align",
    "align_many",
    "sc_weat",
    "stability",
    "weat",
]
