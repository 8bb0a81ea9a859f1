"""What gensim learned and inferred of documents, from the same matrices; gensim is not needed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fastemb.models
from peers import recorded
from peers.gensim.documents import KINDS, inferred, learned

ANSWERS = recorded("gensim")["answers"]


def matrix(values: Any) -> np.ndarray:
    return np.array(list(values.values()) if isinstance(values, dict) else values)


@pytest.mark.parametrize("kind", KINDS)
def test_a_pass_over_documents_changes_what_gensims_changes(kind: str) -> None:
    """But for gensim's table of the logistic function, whose steps are 0.012 wide, and for the order of steps."""
    theirs, ours = ANSWERS[f"documents: {kind}"], learned(fastemb.models, KINDS[kind])
    assert list(ours["words"]) == list(theirs["words"])
    for part in ("words", "tags", "nodes"):
        expected, found = matrix(theirs[part]), matrix(ours[part])
        assert np.abs(expected - found).max() <= 0.15 * np.abs(expected).max(), part
        assert np.array_equal(expected != 0, found != 0), part


def test_inference_comes_to_the_vectors_that_gensims_comes_to() -> None:
    theirs, ours = np.array(ANSWERS["documents: inferred"]), np.array(inferred(fastemb.models))
    assert np.abs(theirs - ours).max() <= 0.2 < 3.0 < np.abs(theirs).max()
