"""Pictures of vectors: maps, axes, analogies, neighbours, drift, cosines, variance, and how training went."""

from .analogies import plot_analogies
from .axes import plot_axes
from .cosines import plot_cosines
from .drift import plot_drift
from .maps import plot
from .neighbours import plot_neighbours
from .picture import Look, Picture
from .training import plot_training
from .variance import plot_variance

__all__ = [
    "Look",
    "Picture",
    "plot",
    "plot_analogies",
    "plot_axes",
    "plot_cosines",
    "plot_drift",
    "plot_neighbours",
    "plot_training",
    "plot_variance",
]
