"""What fastemb.torch refuses: tensors that are no table, tables on which a step would be lost, states of others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
import fastemb.layers as core  # noqa: E402
import fastemb.torch as adapter  # noqa: E402

nn = torch.nn
KINDS = [adapter.Embedding, adapter.EmbeddingBag]
IDS = torch.tensor([[1, 2]])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["sparse", "scale_grad_by_freq", "freeze", "include_last_offset"])
def test_words_are_no_switches(kind: Any, name: str) -> None:
    if kind is adapter.Embedding and name == "include_last_offset":
        return
    make = (lambda **options: kind.from_pretrained(np.eye(3), **options)) if name == "freeze" else kind
    with pytest.raises(TypeError, match=f"{name} must be True or False, not 'no'"):
        make(**({} if name == "freeze" else {"num_embeddings": 3, "embedding_dim": 2}), **{name: "no"})


@pytest.mark.parametrize("kind", KINDS)
def test_tensors_of_other_things_than_numbers(kind: Any) -> None:
    for dtype in (torch.complex64, torch.bool):
        with pytest.raises(TypeError, match=f"embeddings must be real numbers, not {dtype}"):
            kind.from_pretrained(torch.ones(3, 4, dtype=dtype))
    with pytest.raises(TypeError, match=r"not the module Embedding: see from_torch"):
        kind.from_pretrained(nn.Embedding(3, 4))
    bag = adapter.EmbeddingBag(5, 4, mode="sum")
    for weights in (torch.ones(1, 2, dtype=torch.complex64), torch.ones(1, 2, dtype=torch.bool)):
        with pytest.raises(TypeError, match="per_sample_weights must be real numbers"):
            bag(IDS, per_sample_weights=weights)
    with pytest.raises(TypeError, match="per_sample_weights must be a tensor, not list"):
        bag(IDS, per_sample_weights=[[1.0, 2.0]])
    assert torch.equal(bag(IDS, per_sample_weights=torch.ones(1, 2, dtype=torch.int64)), bag(IDS))


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_of_the_other_kind(kind: Any) -> None:
    other = core.EmbeddingBag if kind is adapter.Embedding else core.Embedding
    for layer in (other(3, 4), None, np.ones((3, 4))):
        with pytest.raises(TypeError, match=rf"layer must be a fastemb.layers.{kind.__name__}, not \w+$"):
            kind.from_layer(layer)


def computed(module: Any, how: str) -> Any:
    from torch.nn.utils import parametrizations, prune

    return (parametrizations.weight_norm if how == "weight_norm" else prune.identity)(module, "weight")


@pytest.mark.parametrize("how", ["weight_norm", "prune"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_step_is_lost_on_a_table_that_is_computed(kind: Any, how: str) -> None:
    module = computed(kind(5, 4, optimizer=core.SGD(1.0)), how)
    with pytest.raises(RuntimeError, match=r"the table is computed.*without optimizer="):
        module(IDS)
    ours, theirs = kind(5, 4), getattr(nn, kind.__name__)(5, 4)
    theirs.load_state_dict(ours.state_dict())
    ours, theirs = computed(ours, how), computed(theirs, how)
    for each in (ours, theirs):
        optimizer = torch.optim.SGD(each.parameters(), lr=1.0)
        each(IDS).pow(2).sum().backward()
        optimizer.step()
    assert torch.allclose(ours(IDS), theirs(IDS))


@pytest.mark.parametrize("move", ["double", "share_memory"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_step_is_lost_on_a_table_that_moves(kind: Any, move: str) -> None:
    module = kind(5, 4, optimizer=core.SGD(1.0))
    out = module(IDS)
    getattr(module, move)()
    with pytest.raises(RuntimeError, match="was converted or moved between the look-up and backward"):
        out.sum().backward()
    before = module.weight.detach().clone()
    module(IDS).sum().backward()
    assert not torch.equal(module.weight, before)


@pytest.mark.filterwarnings("ignore:.torch.jit.trace:DeprecationWarning", "ignore::torch.jit.TracerWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_recorded_to_be_done_without_us(kind: Any) -> None:
    module = kind(5, 4)
    with pytest.raises(RuntimeError, match=r"jit.trace.*to_torch\(\)"):
        torch.jit.trace(module, IDS, check_trace=False)
    traced = torch.jit.trace(module.to_torch(), IDS, check_trace=False)
    assert torch.allclose(traced(IDS), module(IDS))
    for use in (
        lambda: torch.vmap(module)(IDS[None]),
        lambda: torch.func.grad(lambda w: torch.func.functional_call(module, {"weight": w}, IDS).sum())(module.weight),
        lambda: module(torch.eye(2).long().to_sparse()),
    ):
        with pytest.raises(RuntimeError, match=r"has no memory that NumPy can use.*to_torch\(\)"):
            use()
    if kind is adapter.Embedding:  # torch warns of its own bags there
        assert torch.equal(torch.vmap(module.to_torch())(IDS[None])[0], module(IDS))


def test_the_dtype_is_torchs_default() -> None:
    torch.set_default_dtype(torch.float16)
    try:
        with pytest.raises(RuntimeError, match=r"not torch.float16, torch's default dtype"):
            adapter.Embedding(2, 2)
        assert adapter.Embedding(2, 2, dtype=torch.float32).weight.dtype == torch.float32
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("kind", KINDS)
def test_states_of_others(kind: Any) -> None:
    module = kind(5, 4, optimizer=core.Adam())
    module(IDS).sum().backward()
    state = module.optimizer_state_dict()
    for bad, error, message in (
        (None, TypeError, "what optimizer_state_dict\\(\\) gave, not NoneType"),
        (state | {"step": 1.0}, ValueError, "'step' of the state must be a whole number of at least 0, not 1.0"),
        (state | {"step": True}, ValueError, "'step' of the state .* not True"),
        (state | {"step": -1}, ValueError, "'step' of the state .* not -1"),
        (state | {"exp_avg": state["exp_avg"].bool()}, TypeError, "exp_avg must be real numbers"),
        (state | {"exp_avg": state["exp_avg"].numpy()}, TypeError, "exp_avg must be a tensor"),
        ({"step": 1}, ValueError, "must have 'step' and"),
        (kind(5, 4, optimizer=core.Adagrad()).optimizer_state_dict(), ValueError, "not \\['step', 'sum'\\]"),
        (kind(6, 4, optimizer=core.Adam()).optimizer_state_dict(), ValueError, "must have the shape \\(5, 4\\)"),
    ):
        with pytest.raises(error, match=message):
            module.load_optimizer_state_dict(bad)
        after = module.optimizer_state_dict()
        assert after["step"] == 1
        assert torch.equal(after["exp_avg"], state["exp_avg"])
