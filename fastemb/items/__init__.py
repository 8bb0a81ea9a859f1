"""Items in place of words: embeddings from baskets, sessions and histories, and recommendations made of them."""

from .files import read_titles
from .index import ItemIndex
from .interactions import Interactions
from .judge import Evaluation, evaluate
from .metrics import rank_metrics
from .model import Item2Vec
from .recommendations import Recommendations
from .splits import leave_one_out, split_by_time, split_random

__all__ = [
    "Evaluation",
    "Interactions",
    "Item2Vec",
    "ItemIndex",
    "Recommendations",
    "evaluate",
    "leave_one_out",
    "rank_metrics",
    "read_titles",
    "split_by_time",
    "split_random",
]
