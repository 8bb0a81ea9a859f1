"""The loss of an item model on sessions that it does not learn from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..corpus import Corpus
from ..train.held_out import pair_loss
from ..train.sampling import keep_shares
from ..train.task import CorpusTokens
from .core import Core
from .fitted import Fitted
from .interactions import Interactions


def held_out_loss(known: Fitted, data: Interactions, workers: int) -> float:
    """The mean of -log sigmoid over all pairs; of both kinds of model, the mean of theirs.

    Args:
        known: The model.
        data: Sessions; unknown items are left out.
        workers: Threads.

    Raises:
        ValueError: no session has two items of the model.
        FloatingPointError: a score is no finite number.
    """
    data = data.with_items(known.vocabulary.key_to_index, known.vocabulary.keys)
    corpus = Corpus(data.items.astype(np.int32), data.offsets, known.vocabulary, len(data.items))
    tokens = CorpusTokens(corpus, None if data.weights is None else keep_shares(data.weights / data.weights.max()))
    losses = []
    if (np.diff(data.offsets) > 1).any():
        for core in known.current_cores():
            plan = replace(core.plan, settings=replace(core.plan.settings, sample=0.0))
            losses.append(pair_loss(Core(plan, core.weights).task(tokens), corpus.words, workers))
    if not losses or np.isnan(losses).any():
        raise ValueError("there is no loss: no session has two items of the model")
    return float(np.mean(losses))
