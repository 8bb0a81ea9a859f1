"""The matrices that learn, while they are padded and afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastemb.train.documents import DocumentWeights
from fastemb.train.matrices import Padding, is_padded
from fastemb.train.settings import DocumentSettings, Settings
from fastemb.train.weights import Rows, Weights

SHAPE = (5, 20)


def made(**settings: Any) -> Weights:
    weights = Weights(Rows(np.ones(SHAPE, np.float32)))
    weights.start_outputs(5, Settings(vector_size=20, **settings))
    return weights


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("name", ["vectors", "syn1neg", "syn1"])
def test_shapes_are_checked_whether_matrices_are_padded_or_not(name: str, padded: bool) -> None:
    weights = made(hs=1)
    if padded:
        weights.pad(SHAPE)
    setattr(weights.holder if name == "vectors" else weights, name, np.zeros((5, 19), np.float32))
    with pytest.raises(ValueError, match=rf"{name} has shape \(5, 19\); the model needs \(5, 20\)"):
        weights.pad(SHAPE)
    with pytest.raises(ValueError, match=r"the model needs \(5, 36\)"):
        made(hs=1).pad((5, 36))


@pytest.mark.parametrize("name", ["vectors", "syn1neg"])
def test_a_matrix_that_is_replaced_while_it_is_padded_is_the_one_that_counts(name: str) -> None:
    weights = made()
    weights.pad(SHAPE)
    owner = weights.holder if name == "vectors" else weights
    setattr(owner, name, np.full(SHAPE, 7, np.float32))
    assert (weights.pad(SHAPE)[name][:, :20] == 7).all()
    setattr(owner, name, np.full(SHAPE, 8, np.float32))
    weights.unpad()
    assert (getattr(owner, name) == 8).all()


@pytest.mark.parametrize("failing", [{"vectors"}, {"syn1neg"}, {"vectors", "syn1"}])
def test_every_matrix_is_made_contiguous_even_when_another_fails(
    failing: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    undo = Padding.undo

    def fail(self: Padding) -> None:
        if self._name in failing:
            raise MemoryError(self._name)
        undo(self)

    weights = made(hs=1)
    for matrix in weights.pad(SHAPE).values():
        matrix[:, :20] = 3
    with monkeypatch.context() as patch:
        patch.setattr(Padding, "undo", fail)
        with pytest.raises(MemoryError, match=sorted(failing, key=("vectors", "syn1neg", "syn1").index)[0]):
            weights.unpad()
    for name in {"vectors", "syn1neg", "syn1"}:
        matrix = getattr(weights.holder if name == "vectors" else weights, name)
        assert matrix.flags.c_contiguous == (name not in failing)
        assert (matrix == 3).all()
    weights.unpad()
    assert weights.holder.vectors.flags.c_contiguous
    assert (weights.holder.vectors == 3).all()
    assert all(is_padded(matrix) for matrix in weights.pad(SHAPE).values())


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["the model.vectors", "syn1neg", "syn1"])
def test_the_first_row_that_is_not_finite_is_found(name: str, value: float) -> None:
    weights = made(hs=1)
    assert weights.not_finite() is None
    matrix = weights.holder.vectors if "." in name else getattr(weights, name)
    matrix[3:, 2] = value
    assert weights.not_finite() == (name, 3)
    matrix[:] = np.finfo(np.float32).max
    assert weights.not_finite() is None


@pytest.mark.parametrize(
    ("name", "shown"), [("vectors", "the model.vectors"), ("syn1neg", "syn1neg"), ("dv", "dv.vectors")]
)
def test_shapes_of_a_model_of_documents_are_checked(name: str, shown: str) -> None:
    weights = DocumentWeights(Rows(np.ones(SHAPE, np.float32)), documents=Rows(np.ones((3, 20), np.float32)))
    weights.start_outputs(5, DocumentSettings(vector_size=20))
    weights.check_shapes(SHAPE)
    owner: Any = {"vectors": weights.holder, "syn1neg": weights, "dv": weights.documents}[name]
    setattr(owner, "vectors" if name == "dv" else name, np.ones((5, 19), np.float32))
    with pytest.raises(ValueError, match=rf"^{shown} has shape \(5, 19\); the model needs \(5, 20\)$"):
        weights.check_shapes(SHAPE)
