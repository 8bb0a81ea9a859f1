"""What a space of vectors tells beside its neighbours: change between spaces, axes, associations, means of bags."""

from .agreement import Band, Stability, stability
from .alignment import Alignment, Moved, align, align_many
from .associations import Association, sc_weat, weat
from .axis import Axis
from .quantize import QuantizationLoss

__all__ = [
    "Alignment",
    "Association",
    "Axis",
    "Band",
    "Moved",
    "QuantizationLoss",
    "Stability",
    "align",
    "align_many",
    "sc_weat",
    "stability",
    "weat",
]
