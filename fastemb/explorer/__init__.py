"""A map of vectors to walk through: one page of HTML that needs no network."""

from .explorer import Explorer, explore

__all__ = ["Explorer", "explore"]
