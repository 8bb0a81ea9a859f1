"""DeepWalk and Node2Vec: what a graph's vectors tell, growing, files, and what is refused."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import KeyedVectors, StopTraining, Word2Vec
from fastemb.graphs import DeepWalk, Graph, Node2Vec
from fastemb.io.safetensors import read_tensors

QUICK: dict[str, Any] = {"vector_size": 16, "num_walks": 10, "walk_length": 20, "workers": 1, "progress": False}


def blocks(count: int = 60, seed: int = 0, names: bool = False) -> list[tuple[Any, Any]]:
    """Edges of a graph of two halves, even and odd numbers, with few edges between them."""
    rng = np.random.default_rng(seed)
    edges = []
    for node in range(count):
        for other in rng.integers(0, count // 2, 5) * 2 + node % 2:
            edges.append((node, int(other)))
    edges += [(0, 1), (10, 11), (20, 31)]
    return [(f"n{a}", f"n{b}") for a, b in edges] if names else edges


def halves_are_told_apart(wv: KeyedVectors, keys: list[Any], is_odd: list[bool]) -> bool:
    vectors = wv[keys]
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = unit @ unit.T
    same = np.equal.outer(is_odd, is_odd)
    return bool(cosines[same].mean() > cosines[~same].mean() + 0.2)


@pytest.mark.parametrize(
    "model",
    [
        Node2Vec(**QUICK, epochs=5),
        Node2Vec(**QUICK, epochs=5, hs=1, negative=0, p=0.5, q=2),
        DeepWalk(**QUICK, epochs=5),
    ],
)
def test_halves_of_a_graph_are_told_apart(model: Any) -> None:
    model.fit(blocks())
    assert halves_are_told_apart(model.wv, list(range(60)), [node % 2 == 1 for node in range(60)])


def test_vectors_are_those_of_word2vec_on_the_same_walks() -> None:
    """Walks made inside training are the walks of the pass, token for token."""
    graph = Graph.from_edges(blocks())
    model = Node2Vec(**QUICK | {"num_walks": 200}, p=0.5, q=2.0, alpha=0.05, epochs=1, combine="in").fit(graph)
    corpus = graph.walk_corpus(graph.walks(200, 20, p=0.5, q=2.0))
    words = Word2Vec(
        corpus,
        sg=1,
        vector_size=16,
        window=10,
        min_count=1,
        sample=0,
        workers=1,
        alpha=0.05,
        epochs=1,
        min_alpha=0.0001,
    )
    keys = list(range(60))
    mine, theirs = model.wv[keys], words.wv[keys]
    one, other = (x @ x.T for x in (mine, theirs))
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.9
    visits = np.bincount(graph.walks(200, 20, p=0.5, q=2.0).ravel())
    assert np.abs(model.wv.expandos["count"] / visits - 1).max() < 0.2


def test_walks_of_training_do_not_depend_on_the_number_of_threads() -> None:
    """With a rate of 0 nothing is learned, and the loss tells which pairs were met."""
    losses = set()
    for workers in (1, 2, 3):
        model = Node2Vec(
            **QUICK | {"workers": workers, "num_walks": 300}, p=0.5, q=2, alpha=0, min_alpha=0, compute_loss=True
        )
        losses.add(round(model.fit(blocks()).get_latest_training_loss(), 3))
    assert len(losses) == 1


def test_new_nodes_learn_while_the_others_stay() -> None:
    edges = blocks(names=True)
    model = Node2Vec(**QUICK, epochs=10).fit(edges)
    before = {key: model.wv[key].copy() for key in model.wv.index_to_key}
    grown = [("new", "n3"), ("new", "n5"), ("new", "n7"), *edges]
    model.partial_fit(Graph.from_edges(grown))
    assert model.wv.index_to_key[0] == "new"
    assert all((model.wv[key] == vector).all() for key, vector in before.items())
    names = [f"n{number}" for number in range(60)]
    cosines = model.wv.similarity
    odd = np.mean([cosines("new", name) for name in names[1::2]])
    even = np.mean([cosines("new", name) for name in names[::2]])
    assert odd > even + 0.2
    assert cosines("new", "n3") > 0.5  # as those that were there have with each other
    model.partial_fit(Graph.from_edges([*grown, ("late", "n2")]), freeze=False)
    assert any((model.wv[key] != vector).any() for key, vector in before.items())


class Cut:
    """Breaks training off after the second epoch, as an error of a callback does."""

    def __init__(self) -> None:
        self.seen = 0

    def on_epoch_end(self, model: Node2Vec) -> None:
        self.seen += 1
        if self.seen == 2:
            raise RuntimeError("cut")


def test_new_nodes_are_taken_up_from_a_checkpoint_while_the_others_stay(tmp_path: Path) -> None:
    edges, path = blocks(names=True), tmp_path / "checkpoint"
    grown = Graph.from_edges([("new", "n3"), ("new", "n5"), *edges])
    whole, cut = (Node2Vec(**QUICK, epochs=4).fit(edges) for _ in range(2))
    whole.partial_fit(grown)
    with pytest.raises(RuntimeError, match="cut"):
        cut.set_params(callbacks=[Cut()]).partial_fit(grown, checkpoint=path, checkpoint_every="1w")
    other = Graph.from_edges([("new", "n4"), ("new", "n5"), *edges])
    for wrong in (edges, other):
        with pytest.raises(ValueError, match="not the graph of 61 nodes"):
            Node2Vec.resume(path, wrong)
    with pytest.raises(ValueError, match="does not hold the graph: give it again"):
        Node2Vec.resume(path)
    resumed = Node2Vec.resume(path, grown, progress=False)
    assert (resumed.wv.vectors == whole.wv.vectors).all()
    later = Graph.from_edges([("newer", "n2"), ("new", "n3"), ("new", "n5"), *edges])
    for model in (resumed, whole):
        model.set_params(callbacks=()).partial_fit(later)
    assert (resumed.wv.vectors == whole.wv.vectors).all()


def test_growing_is_refused_where_it_cannot_be_right() -> None:
    edges = blocks()
    model = Node2Vec(**QUICK).fit(edges)
    with pytest.raises(ValueError, match=r"lacks 58 nodes of the model, such as .*: give all of it"):
        model.partial_fit([(0, 1)])
    with pytest.raises(ValueError, match="vector_size was changed"):
        model.set_params(vector_size=8).partial_fit(edges)
    tree = DeepWalk(**QUICK).fit(edges)
    tree.partial_fit(edges)
    with pytest.raises(ValueError, match="does not grow"):
        tree.partial_fit([*edges, (0, 999)])


@pytest.mark.parametrize("names", [False, True])
@pytest.mark.parametrize("kind", [Node2Vec, DeepWalk])
def test_saved_models_go_on(kind: Any, names: bool, tmp_path: Path) -> None:
    model = kind(**QUICK).fit(blocks(names=names))
    model.save(tmp_path / "model.safetensors")
    twin = kind.load(tmp_path / "model.safetensors")
    assert twin.get_params() == model.get_params() | {"progress": None}
    assert (twin.wv.vectors == model.wv.vectors).all()
    read = KeyedVectors.load(tmp_path / "model.safetensors")
    assert (read.vectors == model.wv.vectors).all()
    assert list(read.index_to_key) == list(model.wv.index_to_key)
    other = DeepWalk if kind is Node2Vec else Node2Vec
    with pytest.raises(ValueError, match=f"holds no {other.__name__}"):
        other.load(tmp_path / "model.safetensors")


def test_what_people_change_in_wv_is_saved_and_trained(tmp_path: Path) -> None:
    model = Node2Vec(**QUICK, combine="in").fit(blocks())
    model.wv.vectors[3] = 7
    model.save(tmp_path / "model")
    assert (Node2Vec.load(tmp_path / "model").wv[3] == 7).all()
    mean = Node2Vec(**QUICK).fit(blocks())
    with pytest.raises(ValueError, match="read-only"):
        mean.wv.vectors[3] = 7


def test_a_vector_is_the_mean_of_input_and_output_unless_it_is_asked_to_be_the_input(tmp_path: Path) -> None:
    mean, alone = (Node2Vec(**QUICK, combine=combine).fit(blocks()) for combine in (None, "in"))
    alone.save(tmp_path / "alone")
    arrays = read_tensors(tmp_path / "alone")[0]
    assert (alone.wv.vectors == arrays["vectors"]).all()
    np.testing.assert_allclose(mean.wv.vectors, (arrays["vectors"] + arrays["syn1neg"]) / 2, rtol=1e-6)
    assert (mean.fit_transform(blocks()) == mean.wv.vectors).all()
    assert (mean.set_params(combine="mean").fit(blocks()).wv.vectors == mean.wv.vectors).all()
    tree = Node2Vec(**QUICK, hs=1, negative=0).fit(blocks())
    tree.save(tmp_path / "tree")
    assert (tree.wv.vectors == read_tensors(tmp_path / "tree")[0]["vectors"]).all()


class Stop:
    def __init__(self, path: Path) -> None:
        self.seen = 0
        self.path = path

    def on_epoch_end(self, model: Node2Vec) -> None:
        self.seen += 1
        model.save(self.path)
        pickle.dumps(model)
        assert len(model.wv) == 60
        if self.seen == 2:
            raise StopTraining


def test_a_callback_may_stop_and_sees_the_vectors_and_may_save(tmp_path: Path) -> None:
    stop = Stop(tmp_path / "model")
    model = Node2Vec(**QUICK, epochs=50, callbacks=[stop]).fit(blocks())
    assert stop.seen == 2
    assert (Node2Vec.load(tmp_path / "model").wv.vectors == model.wv.vectors).all()


def test_it_follows_scikit_learn() -> None:
    base = pytest.importorskip("sklearn.base")
    model = base.clone(Node2Vec(**QUICK, p=0.3))
    assert model.get_params()["p"] == 0.3
    with pytest.raises(ValueError, match="not fitted yet"):
        _ = model.wv
    vectors = model.fit_transform(blocks())
    assert vectors.shape == (60, 16)
    assert (model.transform([5, 0]) == vectors[[5, 0]]).all()
    assert repr(model) == "Node2Vec(vector_size=16, walk_length=20, p=0.3, workers=1, progress=False), fitted: 60 nodes"


def test_networkx_and_scipy_are_taken_as_they_are() -> None:
    networkx = pytest.importorskip("networkx")
    graph = networkx.karate_club_graph()
    by_graph = Node2Vec(**QUICK).fit(graph).wv
    by_matrix = Node2Vec(**QUICK).fit(networkx.to_scipy_sparse_array(graph)).wv
    assert (by_graph.vectors == by_matrix.vectors).all()


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda: Node2Vec(p=0), ValueError, "p must be above 0"),
        (lambda: Node2Vec(q="x"), TypeError, "q must be a number"),
        (lambda: Node2Vec(walk_length=0), ValueError, "walk_length must be"),
        (lambda: Node2Vec(num_walks=2.5), TypeError, "num_walks must be"),
        (lambda: Node2Vec(restart=1), ValueError, "restart is a probability"),
        (lambda: Node2Vec(negative=0), ValueError, "nothing to train"),
        (lambda: Node2Vec(combine="sum"), ValueError, "combine must be 'mean', 'in' or None"),
        (lambda: Node2Vec(combine="mean", hs=1, negative=0), ValueError, "set negative > 0, or leave combine out"),
        (lambda: Node2Vec(alpha=0.01, min_alpha=0.1), ValueError, "min_alpha"),
        (lambda: Node2Vec(random_state="x"), TypeError, "random_state must be"),
        (lambda: Node2Vec(callbacks=3), TypeError, "callbacks must be a list"),
        (lambda: Node2Vec(progress="yes"), TypeError, "progress must be"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_named(make: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        make().fit(blocks())


def test_misspelt_parameters_are_named() -> None:
    with pytest.raises(TypeError, match="did you mean 'vector_size'"):
        Node2Vec(dimensions=3)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="did you mean 'num_walks'"):
        Node2Vec().set_params(walks_per_node=3)


@pytest.mark.parametrize("data", ["edges.txt", {"a": [1]}, 5, None, Node2Vec()])
def test_what_is_no_graph_is_refused(data: Any) -> None:
    with pytest.raises(TypeError, match=r".{10,}"):
        Node2Vec(**QUICK).fit(data)


def test_nodes_without_edges_are_told() -> None:
    model = Node2Vec(**QUICK)
    with pytest.warns(UserWarning, match="2 of 5 nodes have no edge that leads from them to another, such as 3"):
        model.fit(Graph.from_edges([0, 1], [1, 2], num_nodes=5))
    assert len(model.wv) == 5
    with pytest.warns(UserWarning, match="4 of 7 nodes have no edge"):
        model.partial_fit(Graph.from_edges([0, 1, 5], [1, 2, 5], num_nodes=7))


def test_nodes_whose_one_edge_is_a_loop_are_told() -> None:
    with pytest.warns(UserWarning, match="2 of 5 nodes have no edge that leads from them to another, such as 0"):
        Node2Vec(**QUICK).fit(Graph.from_edges([0, 1, 2, 3, 4], [0, 2, 2, 3, 2]))


def test_no_epochs_are_told() -> None:
    with pytest.warns(UserWarning, match="epochs is 0"):
        Node2Vec(**QUICK, epochs=0).fit(blocks())


def test_a_damaged_model_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    Node2Vec(**QUICK).fit(blocks(names=True)).save(path)
    whole = path.read_bytes()
    for damaged in _damaged(whole):
        path.write_bytes(damaged)
        error = _failure(path)
        assert error is None or str(path) in str(error)


def _damaged(whole: bytes) -> Iterator[bytes]:
    rng = np.random.default_rng(0)
    for _ in range(200):
        changed = bytearray(whole)
        for place in rng.integers(0, 2000, 3).tolist():
            changed[place] = int(rng.integers(0, 256))
        yield bytes(changed)
    for end in range(0, len(whole), 997):
        yield whole[:end]


def _failure(path: Path) -> Exception | None:
    try:
        Node2Vec.load(path).wv.most_similar("n1")
    except (ValueError, KeyError) as error:
        return error if isinstance(error, ValueError) else None
    return None
