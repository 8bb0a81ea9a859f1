"""fastemb.torch beside torch's own modules: the same values and gradients, and what one does with modules."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastemb.layers as core
from fastemb.models import KeyedVectors
from peers.torch.questions import INFINITY, ROWS, SIZE, WEIGHT, bags, embeddings

torch = pytest.importorskip("torch")
adapter = pytest.importorskip("fastemb.torch")
nn = torch.nn

KINDS = [(adapter.Embedding, nn.Embedding), (adapter.EmbeddingBag, nn.EmbeddingBag)]
MODULES = [adapter.Embedding, adapter.EmbeddingBag]
IDS = torch.tensor([[0, 2, 2], [4, 1, 2]])
OPTIMIZERS = [core.SGD(0.1), core.Adagrad(0.1), core.RowwiseAdagrad(0.1), core.Adam(0.1)]


def settings_of(options: dict[str, Any]) -> dict[str, Any]:
    return {name: float("inf") if value == INFINITY else value for name, value in options.items()}


def pair(kinds: tuple[Any, Any], options: dict[str, Any], dtype: Any = torch.float32) -> tuple[Any, Any]:
    """Our module and torch's on equal tables. torch's is dense where it refuses sparse gradients."""
    settings = settings_of(options)
    ours = kinds[0](ROWS, SIZE, dtype=dtype, **settings)
    if settings.get("sparse") and (settings.get("scale_grad_by_freq") or settings.get("mode") == "max"):
        del settings["sparse"]
    theirs = kinds[1](ROWS, SIZE, dtype=dtype, **settings)
    for module in (ours, theirs):
        module.load_state_dict({"weight": torch.tensor(WEIGHT, dtype=dtype)})
    return ours, theirs


def dense(gradient: Any) -> Any:
    return gradient.to_dense() if gradient.is_sparse else gradient


def close(one: Any, other: Any) -> None:
    torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-6)


# ---- the same as torch ----


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", embeddings())
def test_embedding_is_torchs(name: str, dtype: Any) -> None:
    case = embeddings()[name]
    ours, theirs = pair(KINDS[0], case["options"], dtype)
    ids, grad = torch.tensor(case["ids"]), torch.tensor(case["grad"], dtype=dtype)
    found, expected = ours(ids), theirs(ids)
    if "max_norm" in case["options"]:
        close(found, expected)
        close(ours.weight, theirs.weight)
    else:
        assert torch.equal(found, expected)
    found.backward(grad)
    expected.backward(grad)
    assert ours.weight.grad.is_sparse == case["options"].get("sparse", False)
    if ours.weight.grad.is_sparse:
        rows = ours.weight.grad._indices()[0].tolist()
        assert rows == sorted(set(rows))
        assert torch.autograd.grad(ours(ids).sum(), ours.weight)[0].is_coalesced()
    close(dense(ours.weight.grad), dense(theirs.weight.grad))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", bags())
def test_bag_is_torchs(name: str, dtype: Any) -> None:
    case = bags()[name]
    ours, theirs = pair(KINDS[1], case["options"], dtype)
    answers = []
    for module in (ours, theirs):
        offsets = None if case["offsets"] is None else torch.tensor(case["offsets"])
        weights = None if case["weights"] is None else torch.tensor(case["weights"], dtype=dtype, requires_grad=True)
        out = module(torch.tensor(case["ids"]), offsets, weights)
        out.backward(torch.tensor(case["grad"], dtype=dtype))
        of_weights = torch.zeros(()) if weights is None else weights.grad
        answers.append((out.detach(), dense(module.weight.grad), module.weight.detach(), of_weights))
    for found, expected in zip(*answers, strict=True):
        close(found, expected)


@given(
    st.lists(st.lists(st.integers(0, ROWS - 1), max_size=6), max_size=5),
    st.sampled_from(["sum", "mean", "max"]),
    st.booleans(),
)
def test_any_bags(lists: list[list[int]], mode: str, sparse: bool) -> None:
    ids = torch.tensor([row for bag in lists for row in bag], dtype=torch.int64)
    offsets = torch.tensor(np.cumsum([0, *map(len, lists)])[:-1] if lists else [], dtype=torch.int64)
    ours, theirs = pair(KINDS[1], {"mode": mode, "sparse": sparse})
    answers = []
    for module in (ours, theirs):
        out = module(ids, offsets)
        (out * torch.arange(out.numel()).reshape(out.shape)).sum().backward()
        answers.append((out.detach(), dense(module.weight.grad)))
    for found, expected in zip(*answers, strict=True):
        close(found, expected)


@given(st.integers(0, 3).flatmap(lambda n: st.lists(st.integers(0, 3), min_size=n, max_size=n)), st.data())
def test_ids_of_any_shape(shape: list[int], data: Any) -> None:
    count = int(np.prod(shape))
    flat = data.draw(st.lists(st.integers(0, ROWS - 1), min_size=count, max_size=count))
    ids = torch.tensor(flat, dtype=data.draw(st.sampled_from([torch.int64, torch.int32]))).reshape(shape)
    ours, theirs = pair(KINDS[0], {"padding_idx": 2})
    assert torch.equal(ours(ids), theirs(ids))
    for module in (ours, theirs):
        out = module(ids)
        (out * torch.arange(out.numel()).reshape(out.shape)).sum().backward()
    close(ours.weight.grad, theirs.weight.grad)


@pytest.mark.parametrize("kinds", KINDS)
def test_a_new_table_is_drawn_as_torchs(kinds: tuple[Any, Any]) -> None:
    weights = []
    for kind in kinds:
        torch.manual_seed(5)
        weights.append(kind(9, 4, padding_idx=-2).weight)
    assert torch.equal(*weights)
    assert not weights[0][7].any()


@pytest.mark.filterwarnings("ignore:Sparse invariant checks")  # of torch's own Adagrad
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("name", ["SGD", "Adagrad", "Adam", "SparseAdam"])
@pytest.mark.parametrize("kinds", KINDS)
def test_torchs_optimisers_train_it(kinds: tuple[Any, Any], name: str, sparse: bool) -> None:
    if sparse != (name == "SparseAdam") and name in ("Adam", "SparseAdam"):
        pytest.skip("torch's Adam takes dense gradients, and SparseAdam sparse ones")
    both = pair(kinds, {"sparse": sparse})
    for module in both:
        steps = getattr(torch.optim, name)(module.parameters(), lr=0.1)
        for _ in range(3):
            steps.zero_grad()
            (module(IDS) ** 2).sum().backward()
            steps.step()
    close(both[0].weight, both[1].weight)


# ---- where torch is wrong or refuses ----


def test_counts_scale_sparse_gradients() -> None:
    theirs = nn.Embedding(ROWS, SIZE, sparse=True, scale_grad_by_freq=True)
    with pytest.raises(RuntimeError, match="scale_grad_by_freq"):
        theirs(IDS).sum().backward()
    ours = adapter.Embedding(ROWS, SIZE, sparse=True, scale_grad_by_freq=True)
    ours(IDS).sum().backward()
    assert ours.weight.grad._indices().tolist() == [[0, 1, 2, 4]]
    assert ours.weight.grad._values().tolist() == [[1.0] * SIZE] * 4  # row 2 is there three times, divided by three


def test_counts_scale_gradients_of_bags() -> None:
    ours = adapter.EmbeddingBag(ROWS, SIZE, mode="sum", scale_grad_by_freq=True)
    ours(IDS).backward(torch.tensor([[1.0], [10.0]]).expand(2, SIZE))
    assert ours.weight.grad[:, 0].tolist() == [1.0, 10.0, 4.0, 0.0, 10.0, 0.0, 0.0]


def test_sparse_gradients_of_the_maximum() -> None:
    ours, theirs = pair(KINDS[1], {"mode": "max", "sparse": True})
    for module in (ours, theirs):
        module(IDS).sum().backward()
    assert ours.weight.grad.is_sparse
    close(dense(ours.weight.grad), theirs.weight.grad)


def two_look_ups_and_the_table(module: Any) -> Any:
    """Look some rows up, use the whole table, look them up again."""
    return module(IDS).sum() + (torch.ones(2, SIZE, requires_grad=True) @ module.weight.T).sum() + module(IDS).sum()


def test_short_rows_can_be_looked_up_again() -> None:
    ours, theirs = pair(KINDS[0], {"max_norm": 0.5})
    two_look_ups_and_the_table(ours).backward()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        two_look_ups_and_the_table(theirs).backward()
    expected = 2 * torch.bincount(IDS.reshape(-1), minlength=ROWS)[:, None] + 2
    assert torch.equal(ours.weight.grad, expected.expand(ROWS, SIZE).float())
    assert (ours.weight[IDS.reshape(-1)].norm(dim=1) <= 0.5).all()


def test_rows_shortened_after_the_table_was_used_are_reported() -> None:
    """Not a wrong gradient."""
    ours = pair(KINDS[0], {"max_norm": 0.5})[0]
    product = (torch.ones(2, SIZE, requires_grad=True) @ ours.weight.T).sum()
    loss = product + ours(IDS).sum()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_weights_of_two_bags_with_max_norm() -> None:
    ours, theirs = pair(KINDS[1], {"max_norm": 0.5, "mode": "sum"})
    weights = torch.ones(1, 2, requires_grad=True)
    loss = [
        sum(module(torch.tensor([ids]), None, weights).sum() for ids in ([0, 1], [2, 4])) for module in (ours, theirs)
    ]
    loss[0].backward()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss[1].backward()
    close(weights.grad, (ours.weight[[0, 1]] + ours.weight[[2, 4]]).sum(dim=1).detach()[None])


@pytest.mark.parametrize("optimizer", [None, core.SGD(0.1)])
def test_weights_of_bags_need_the_table_as_it_was(optimizer: Any) -> None:
    bag = adapter.EmbeddingBag(ROWS, SIZE, mode="sum", optimizer=optimizer)
    weights = torch.ones(2, 3, requires_grad=True)
    out = bag(IDS, None, weights)
    if optimizer is None:
        with torch.no_grad():
            bag.weight.mul_(0.5)
    else:
        bag(IDS).sum().backward()
    with pytest.raises(RuntimeError, match="per_sample_weights"):
        out.sum().backward()


@pytest.mark.parametrize("module", MODULES)
def test_a_second_derivative_is_refused_and_torchs_module_has_it(module: Any) -> None:
    def second(table: Any) -> None:
        scale = torch.ones(SIZE, requires_grad=True)
        (grad,) = torch.autograd.grad((table(IDS) * scale).sum(), table.weight, create_graph=True)
        (grad**2).sum().backward()
        assert scale.grad is not None

    ours = module(ROWS, SIZE)
    with pytest.raises(RuntimeError, match=r"no second derivative.*to_torch"):
        second(ours)
    if module is adapter.Embedding:
        second(ours.to_torch())


# ---- gradients ----


@pytest.mark.parametrize("sparse", [False, True])
def test_gradients_add_up_until_zero_grad(sparse: bool) -> None:
    module = adapter.Embedding(ROWS, SIZE, sparse=sparse)
    first, second = module(IDS), module(torch.tensor([6]))
    for _ in range(2):  # two look-ups wait for their backward at once
        (first.sum() + 2 * second.sum()).backward(retain_graph=True)
    found = dense(module.weight.grad)[:, 0]
    assert found.tolist() == [2.0, 2.0, 6.0, 0.0, 2.0, 0.0, 4.0]
    module.zero_grad()
    assert module.weight.grad is None


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("kind", MODULES)
def test_look_ups_that_are_not_recorded(kind: Any, mode: Any) -> None:
    module = kind(ROWS, SIZE, max_norm=0.5, optimizer=core.SGD(0.1))
    with mode():
        assert not module(IDS).requires_grad
        assert kind(ROWS, SIZE, max_norm=0.5)(IDS).shape[-1] == SIZE
    module.weight.requires_grad_(False)
    assert not module(IDS).requires_grad


@pytest.mark.parametrize("optimizer", [None, core.Adam(0.1)])
def test_a_frozen_table_with_trained_weights(optimizer: Any) -> None:
    bag = adapter.EmbeddingBag(ROWS, SIZE, mode="sum", optimizer=optimizer)
    bag.weight.requires_grad_(False)
    before, weights = bag.weight.clone(), torch.ones(2, 3, requires_grad=True)
    bag(IDS, None, weights).sum().backward()
    close(weights.grad, before.sum(dim=1)[IDS])
    assert torch.equal(bag.weight, before)
    assert bag.weight.grad is None


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_gradients_of_other_dtypes(dtype: Any) -> None:
    ours, theirs = pair(KINDS[0], {})
    for module in (ours, theirs):
        (module(IDS).to(dtype) * 0.3).sum().backward()
    assert ours.weight.grad.dtype == torch.float32
    close(ours.weight.grad, theirs.weight.grad)


def test_autocast() -> None:
    ours, theirs = pair(KINDS[0], {})
    torch.manual_seed(0)
    linear = nn.Linear(SIZE, 4)
    for module in (ours, theirs):
        with torch.autocast("cpu", torch.bfloat16):
            out = linear(module(IDS))
        assert out.dtype == torch.bfloat16
        out.sum().backward()
    close(ours.weight.grad, theirs.weight.grad)


def test_clipping() -> None:
    ours, theirs = pair(KINDS[0], {})
    norms = []
    for module in (ours, theirs):
        (module(IDS) * 100).sum().backward()
        norms.append(nn.utils.clip_grad_norm_(module.parameters(), 1.0))
    close(*norms)
    close(ours.weight.grad, theirs.weight.grad)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_unusual_gradients(value: float) -> None:
    """GradScaler looks for them in .grad; a step of our own with them would spoil the table."""
    module = adapter.Embedding(ROWS, SIZE)
    (module(IDS) * value).sum().backward()
    assert not module.weight.grad[2].isfinite().any()
    trained = adapter.Embedding(ROWS, SIZE, optimizer=core.Adam(0.1))
    before = trained.weight.detach().clone()
    with pytest.raises(ValueError, match="every value must be finite"):
        (trained(IDS) * value).sum().backward()
    assert torch.equal(trained.weight, before)
    assert trained.layer.state.step == 0


def test_ids_that_change_before_backward_are_reported() -> None:
    ids = IDS.clone()
    out = adapter.Embedding(ROWS, SIZE)(ids)
    ids += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.sum().backward()


# ---- a step inside backward ----


@pytest.mark.parametrize("options", [{"mode": "sum"}, {"mode": "mean"}, {"mode": "max"}, None], ids=str)
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda one: type(one).__name__)
def test_backward_makes_the_layers_step(optimizer: Any, options: Any) -> None:
    kind, layer = ("Embedding", {}) if options is None else ("EmbeddingBag", options)
    module = getattr(adapter, kind)(ROWS, SIZE, optimizer=optimizer, **layer)
    expected = getattr(core, kind)(
        ROWS, SIZE, sparse=True, optimizer=optimizer, weight=module.weight.detach().numpy().copy(), **layer
    )
    others = torch.optim.AdamW(module.parameters(), 0.1, weight_decay=0.5)
    for scale in (1.0, -2.0):
        out = module(IDS)
        (out * scale).sum().backward()
        expected.forward(IDS.numpy())
        expected.backward(np.full(out.shape, scale, np.float32))
        expected.step()
        others.step()
        assert module.weight.grad is None
        np.testing.assert_allclose(module.weight.detach().numpy(), expected.weight, rtol=1e-5, atol=1e-6)


def test_backward_makes_a_step_and_gives_the_gradient_of_weights() -> None:
    bag = adapter.EmbeddingBag(ROWS, SIZE, mode="sum", optimizer=core.SGD(0.1))
    before, weights = bag.weight.detach().clone(), torch.full((2, 3), 2.0, requires_grad=True)
    bag(IDS, None, weights).sum().backward()
    close(weights.grad, before.sum(dim=1)[IDS])
    counts = torch.bincount(IDS.reshape(-1), minlength=ROWS)[:, None]
    close(bag.weight.detach(), before - 0.2 * counts)


def test_the_greatest_values_are_those_that_forward_saw() -> None:
    bag = adapter.EmbeddingBag.from_pretrained(torch.tensor([[1.0], [0.9]]), False, mode="max", optimizer=core.SGD(1.0))
    first, second = bag(torch.tensor([[0, 1]])), bag(torch.tensor([[0, 1]]))
    (first + second).sum().backward()
    assert bag.weight.tolist() == [[-1.0], [pytest.approx(0.9)]]


def test_the_state_of_the_optimiser_is_saved_and_resumed() -> None:
    def step(module: Any) -> None:
        (module(IDS) ** 2).sum().backward()

    module = adapter.Embedding(ROWS, SIZE, optimizer=core.Adam(0.1))
    step(module)
    fresh = adapter.Embedding(ROWS, SIZE, optimizer=core.Adam(0.1))
    fresh.load_state_dict(module.state_dict())
    fresh.load_optimizer_state_dict(module.optimizer_state_dict())
    copies = [fresh, copy.deepcopy(module), pickle.loads(pickle.dumps(module))]
    for one in (module, *copies):
        step(one)
    for one in copies:
        assert torch.equal(one.weight, module.weight)
        assert one.layer.state.step == 2
    bad: list[tuple[Any, str]] = [
        ({"step": 1}, "must have"),
        (module.optimizer_state_dict() | {"exp_avg": IDS}, "shape"),
    ]
    for state, message in bad:
        with pytest.raises(ValueError, match=message):
            module.load_optimizer_state_dict(state)
    with pytest.raises(RuntimeError, match="no optimizer"):
        adapter.Embedding(2, 2).optimizer_state_dict()


# ---- one memory ----


@pytest.mark.parametrize("kinds", KINDS)
def test_both_ways_with_torch_without_a_copy(kinds: tuple[Any, Any]) -> None:
    theirs = kinds[1](ROWS, SIZE, padding_idx=2, max_norm=1.5, norm_type=1.0, scale_grad_by_freq=True, sparse=True)
    ours = kinds[0].from_torch(theirs)
    back = ours.to_torch()
    assert ours.weight is theirs.weight is back.weight
    assert repr(back) == repr(theirs)
    assert ours.layer.weight.__array_interface__["data"][0] == theirs.weight.data_ptr()
    with pytest.raises(TypeError, match="not Linear"):
        kinds[0].from_torch(nn.Linear(2, 2))


@pytest.mark.parametrize("kind", ["Embedding", "EmbeddingBag"])
def test_the_table_is_that_of_a_layer(kind: str, tmp_path: Path) -> None:
    layer = getattr(core, kind)(ROWS, SIZE, optimizer=core.Adam(0.1))
    module = getattr(adapter, kind).from_layer(layer)
    module(IDS).sum().backward()
    assert np.array_equal(layer.weight, module.weight.detach().numpy())
    assert layer.state.step == 1
    assert module.layer is layer
    module.layer.save(tmp_path / "layer.safetensors")
    loaded = getattr(core, kind).load(tmp_path / "layer.safetensors")
    assert np.array_equal(loaded.weight, layer.weight)


@pytest.mark.parametrize("kind", MODULES)
@pytest.mark.filterwarnings("error")
def test_read_only_vectors_are_refused_and_the_remedy_works(kind: Any, tmp_path: Path) -> None:
    vectors = KeyedVectors(2)
    vectors.add_vectors(["cat", "dog"], np.array([[1, 2], [3, 4]], np.float32))
    vectors.save(tmp_path / "vectors")
    with pytest.raises(ValueError, match="mmap='c'"):
        kind.from_pretrained(KeyedVectors.load(tmp_path / "vectors", mmap="r"))
    module = kind.from_pretrained(KeyedVectors.load(tmp_path / "vectors", mmap="c"))
    assert not module.weight.requires_grad
    assert module.ids_of([["dog", "cat"]]).tolist() == [[1, 0]]
    shared = KeyedVectors.load(tmp_path / "vectors")
    assert kind.from_pretrained(shared).weight.data_ptr() == shared.vectors.__array_interface__["data"][0]


def test_a_tensor_is_shared() -> None:
    table = torch.randn(4, 3)
    module = adapter.Embedding.from_pretrained(table, freeze=False)
    assert module.weight.data_ptr() == table.data_ptr()
    assert module.weight.requires_grad
    assert adapter.Embedding.from_pretrained(table.bfloat16()).weight.dtype == torch.float32


# ---- what one does with modules ----

MOVES: dict[str, Callable[[Any], Any]] = {
    "to cuda": lambda module: module.to("cuda"),
    "cuda": lambda module: module.cuda(),
    "to meta": lambda module: module.to("meta"),
    "to_empty": lambda module: module.to_empty(device="meta"),
    "half": lambda module: module.half(),
    "bfloat16": lambda module: module.bfloat16(),
    "to float16": lambda module: module.to(torch.float16),
}


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("kind", MODULES)
def test_what_a_table_cannot_become(kind: Any, move: str) -> None:
    module = kind(ROWS, SIZE)
    before = module.weight
    for target in (module, nn.Sequential(module)):
        with pytest.raises(RuntimeError, match=r"the table (of|must)"):
            MOVES[move](target)
    assert module.weight is before
    assert module.weight.dtype == torch.float32
    assert module(IDS).isfinite().all()


def test_bad_arguments() -> None:
    module = adapter.Embedding(ROWS, SIZE)
    with pytest.raises(RuntimeError, match=r"see \.cpu"):
        module(IDS.to("meta"))
    with pytest.raises(TypeError, match=r"see \.long"):
        module(IDS.float())
    with pytest.raises(TypeError, match=r"see \.long"):
        module(IDS.bool())
    with pytest.raises(TypeError, match="must be a tensor"):
        module([1])
    with pytest.raises(IndexError, match=r"ids holds 7 at \(0, 1\)"):
        module(torch.tensor([[0, 7]]))
    with pytest.raises(RuntimeError, match="device must be 'cpu'"):
        adapter.Embedding(2, 2, device="meta")
    with pytest.raises(RuntimeError, match="dtype must be"):
        adapter.EmbeddingBag(2, 2, dtype=torch.float16)
    with pytest.raises(ValueError, match="num_embeddings"):
        adapter.Embedding(0, 2)
    module.weight = nn.Parameter(torch.zeros(ROWS + 1, SIZE))
    with pytest.raises(RuntimeError, match="was made with"):
        module(IDS)
    module.weight = nn.Parameter(torch.zeros(SIZE, ROWS).T)
    with pytest.raises(RuntimeError, match="contiguous"):
        module(IDS)


def test_double_and_float_convert_the_state_too() -> None:
    module = adapter.Embedding(ROWS, SIZE, optimizer=core.Adam(0.1))
    for dtype in (torch.float32, torch.float64, torch.float32):
        module.to(dtype)
        out = module(IDS)
        assert out.dtype == dtype
        out.sum().backward()
        assert {array.dtype for array in module.layer.state.arrays.values()} == {module.layer.weight.dtype}
    assert module.layer.state.step == 3


@pytest.mark.parametrize("kinds", KINDS)
def test_states_are_torchs(kinds: tuple[Any, Any]) -> None:
    ours, theirs = kinds[0](ROWS, SIZE), kinds[1](ROWS, SIZE)
    assert list(ours.state_dict()) == list(theirs.state_dict()) == ["weight"]
    ours.load_state_dict(theirs.state_dict())
    close(ours(IDS), theirs(IDS))
    ours.load_state_dict({"weight": torch.ones(ROWS, SIZE)}, assign=True)
    theirs.load_state_dict(ours.state_dict())
    close(ours(IDS), theirs(IDS))


@pytest.mark.parametrize("kind", MODULES)
def test_copies_have_a_table_of_their_own(kind: Any) -> None:
    module = kind(ROWS, SIZE, padding_idx=1)
    file = io.BytesIO()
    torch.save(module, file)
    file.seek(0)
    assert len(file.getvalue()) < 8000
    before = module(IDS).detach()
    for other in (copy.deepcopy(module), torch.load(file, weights_only=False)):
        assert repr(other) == repr(module)
        assert torch.equal(other(IDS), before)
        with torch.no_grad():
            other.weight.zero_()
        assert torch.equal(module(IDS), before)


class Vectors(torch.utils.data.Dataset[Any]):
    def __init__(self, module: Any) -> None:
        self.module = module

    def __len__(self) -> int:
        return 8

    def __getitem__(self, item: int) -> Any:
        with torch.no_grad():
            return self.module(torch.full((3000,), item % ROWS))[0]


@pytest.mark.integration
def test_workers_of_a_data_loader_look_up() -> None:
    module = adapter.Embedding(ROWS, 64)
    module(torch.zeros(3000, dtype=torch.int64)).sum().backward()  # threads run before the fork
    loader = torch.utils.data.DataLoader(Vectors(module), 4, num_workers=2, multiprocessing_context="fork")
    assert torch.equal(torch.cat(list(loader)), module.weight[torch.arange(8) % ROWS].detach())


def train(module: Any) -> None:
    module(torch.tensor([3])).sum().backward()


@pytest.mark.integration
def test_processes_share_the_table() -> None:
    module = adapter.Embedding(ROWS, SIZE, optimizer=core.SGD(1.0))
    before = module.weight.detach().clone()
    assert module.share_memory() is module
    process = torch.multiprocessing.get_context("fork").Process(target=train, args=(module,))
    process.start()
    process.join()
    assert process.exitcode == 0
    assert torch.equal(module.weight[3].detach(), before[3] - 1)
    assert torch.equal(module(torch.tensor(3)), module.weight[3])


class Network(nn.Module):
    def __init__(self, table: nn.Module) -> None:
        super().__init__()
        self.table, self.linear = table, nn.Linear(SIZE, 2)

    def forward(self, ids: Any) -> Any:
        return self.linear(self.table(ids + 0).relu() * 2)


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
@pytest.mark.parametrize("kind", MODULES)
@pytest.mark.filterwarnings("ignore")  # torch's own while it compiles
def test_compile_breaks_the_graph_once(kind: Any, backend: str) -> None:
    torch.compiler.reset()
    network = Network(kind(ROWS, SIZE))
    assert torch._dynamo.explain(network)(IDS).graph_break_count == 1
    expected = network(IDS)
    expected.sum().backward()
    grad = network.table.weight.grad.clone()
    network.zero_grad()
    found = torch.compile(network, backend=backend)(IDS)
    found.sum().backward()
    assert torch.equal(found, expected)
    assert torch.equal(network.table.weight.grad, grad)
    torch.compiler.reset()
    with pytest.raises(Exception, match="fastemb's core"):
        torch.compile(network, backend=backend, fullgraph=True)(IDS)


def test_functional_call_takes_another_table() -> None:
    module = adapter.Embedding(ROWS, SIZE)
    before = module(IDS).detach()
    table = torch.ones(ROWS, SIZE, requires_grad=True)
    torch.func.functional_call(module, {"weight": table}, IDS).sum().backward()
    assert table.grad.sum() == IDS.numel() * SIZE
    assert torch.equal(module(IDS), before)


def test_threads_are_torchs_and_change_no_bit() -> None:
    ids = torch.arange(4000) % ROWS
    found = []
    for workers in (None, 1, 3):
        module = adapter.Embedding(ROWS, 32, workers=workers)
        module.reset_parameters()
        with torch.no_grad():
            module.weight.fill_(0.1)
        out = module(ids)
        (out * torch.linspace(0, 1, out.numel()).reshape(out.shape)).sum().backward()
        found.append(module.weight.grad)
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


def test_keras_matrices() -> None:
    """keras.layers.Embedding.get_weights() gives [matrix], and set_weights takes it; mask_zero is padding id 0."""
    weights = [np.arange(12, dtype=np.float32).reshape(4, 3)]
    module = adapter.Embedding.from_pretrained(weights[0], freeze=False, padding_idx=0)
    ids = torch.tensor([[1, 3, 0, 0]])
    out, mask = module(ids), ids != 0
    ((out * mask[..., None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)).sum().backward()
    assert module.weight.grad[:, 0].tolist() == [0.0, 0.5, 0.0, 0.5]
    assert np.array_equal([module.weight.detach().numpy()][0], weights[0])


def test_misspelt_arguments_are_named() -> None:
    for kind, _ in KINDS:
        with pytest.raises(TypeError, match=r"did you mean 'padding_idx'\?"):
            kind(2, 2, padding_index=0)
        with pytest.raises(TypeError, match=r"did you mean 'freeze'\?"):
            kind.from_pretrained(np.eye(2, dtype="f"), freze=False)
        with pytest.raises(TypeError, match=r"did you mean 'optimizer'\?"):
            kind.from_torch(nn.Embedding(2, 2), optimiser=core.SGD())
        with pytest.raises(TypeError, match=r"optimizer must be .*not <class 'torch.optim.*SGD'>"):
            kind(2, 2, optimizer=torch.optim.SGD)


@pytest.mark.parametrize("kinds", KINDS)
def test_a_table_that_is_computed_is_refused(kinds: Any) -> None:
    from torch.nn.utils import parametrizations, parametrize

    module = kinds[1](4, 3)
    parametrizations.weight_norm(module)
    with pytest.raises(TypeError, match=r"must be a Parameter.*remove_parametrizations"):
        kinds[0].from_torch(module)
    parametrize.remove_parametrizations(module, "weight")
    assert kinds[0].from_torch(module).weight is module.weight
