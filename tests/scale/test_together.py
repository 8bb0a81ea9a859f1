"""Nodes that learn together, here all within this process: the bits of one machine, faults, and checkpoints."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cluster_texts import Losing, separation, topics

from fastemb import Corpus, FastText, Graph, Item2Vec, Node2Vec, Word2Vec, scale
from fastemb.scale import fitting
from fastemb.scale.transport import InProcess
from fastemb.train.training import elsewhere

SETTINGS: dict[str, Any] = {"vector_size": 20, "min_count": 2, "epochs": 3, "seed": 5, "workers": 1, "sample": 1e-2}
KINDS: dict[str, dict[str, Any]] = {
    "skip-gram": {"sg": 1},
    "cbow": {"sg": 0},
    "paths": {"sg": 1, "hs": 1, "negative": 0},
    "both, deterministic": {"sg": 1, "hs": 1, "deterministic": True},
    "frequent first not": {"sg": 1, "sorted_vocab": 0, "null_word": 1},
}
Fit = Callable[..., Any]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    return topics(tmp_path / "text")


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[InProcess]]:
    """Nodes are objects of this process, which the test finds here."""
    made: list[InProcess] = []

    def start(address: str | None, nodes: int | None, threads: int | None) -> InProcess:
        made.append(InProcess(nodes or 2, threads or 1))
        return made[-1]

    monkeypatch.setattr(fitting, "OnRay", start)
    yield made
    assert all(node is None for transport in made for node in transport._all), "nodes were left running"


@pytest.fixture
def losing(monkeypatch: pytest.MonkeyPatch) -> Callable[[set[int]], list[Losing]]:
    def prepare(at: set[int]) -> list[Losing]:
        made: list[Losing] = []

        def start(address: str | None, nodes: int | None, threads: int | None) -> Losing:
            made.append(Losing(nodes or 2, threads or 1, at))
            return made[-1]

        monkeypatch.setattr(fitting, "OnRay", start)
        return made

    return prepare


def same(one: Word2Vec, other: Word2Vec) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name, used in (("syn1neg", one.negative), ("syn1", one.hs))
        if used
    ) and np.array_equal(one.wv.vectors, other.wv.vectors)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("kind", KINDS)
def test_one_node_has_the_bits_of_one_machine(text: Path, kind: str) -> None:
    settings = SETTINGS | KINDS[kind]
    alone = Word2Vec(corpus_file=text, **settings)
    model = scale.fit(Word2Vec(**settings), text, nodes=1)
    assert model.wv.index_to_key == alone.wv.index_to_key
    assert (model.corpus_count, model.corpus_total_words) == (alone.corpus_count, alone.corpus_total_words)
    assert same(alone, model)


@pytest.mark.usefixtures("here")
def test_one_node_has_the_bits_of_fasttext(text: Path) -> None:
    settings = SETTINGS | {"bucket": 500}
    alone = FastText(corpus_file=text, **settings)
    assert same(alone, scale.fit(FastText(**settings), text, nodes=1))


@pytest.mark.usefixtures("here")
def test_one_node_has_the_bits_of_other_models() -> None:
    baskets = [[f"i{n % 7}", f"i{(3 * n) % 11}", f"i{n % 5}"] for n in range(300)]
    alone = Item2Vec(vector_size=8, epochs=2, workers=1, random_state=3).fit(baskets)
    model = scale.fit(Item2Vec(vector_size=8, epochs=2, workers=1, random_state=3), baskets, nodes=1)
    np.testing.assert_array_equal(alone.wv.vectors, model.wv.vectors)
    edges = [(n, (n * k + 1) % 40) for n in range(40) for k in (1, 3)]
    settings: dict[str, Any] = {"vector_size": 8, "num_walks": 3, "walk_length": 10, "epochs": 2, "workers": 1}
    graph = Graph.from_edges(edges)
    walked = Node2Vec(**settings).fit(graph)
    np.testing.assert_array_equal(
        walked.wv.vectors, scale.fit(Node2Vec(**settings), graph, nodes=1, workers_per_node=1).wv.vectors
    )


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("nodes", [2, 3, 8])
@pytest.mark.parametrize("kind", ["skip-gram", "cbow", "paths"])
def test_several_nodes_learn_what_one_machine_does(text: Path, nodes: int, kind: str) -> None:
    settings = SETTINGS | KINDS[kind] | {"epochs": 12, "alpha": 0.05, "vector_size": 16}
    alone = separation(Word2Vec(corpus_file=text, **settings).wv)
    model = scale.fit(Word2Vec(**settings), text, nodes=nodes, rounds=10)
    assert separation(model.wv) > 0.8 * alone > 0.1
    told = (model.lifecycle_events or [])[-1]
    assert (told["nodes"], told["replaced"]) == (nodes, 0)
    assert told["rounds"] > 0
    assert told["bytes"] > 0


@pytest.mark.usefixtures("here")
def test_several_nodes_learn_items_and_nodes() -> None:
    rng = np.random.default_rng(0)
    baskets = [[f"t{t}w{n}" for n in rng.integers(0, 12, 6)] for t in rng.integers(0, 6, 800).tolist()]
    model = scale.fit(Item2Vec(vector_size=16, epochs=10, window=None, min_count=1), baskets, nodes=3)
    assert separation(model.wv) > 0.2
    edges = [(f"t{t}w{a}", f"t{t}w{b}") for t in range(6) for a in range(12) for b in range(a)]
    edges += [(f"t{t}w0", f"t{(t + 1) % 6}w0") for t in range(6)]
    walks = Node2Vec(vector_size=16, num_walks=10, walk_length=10, epochs=5, window=3)
    assert separation(scale.fit(walks, Graph.from_edges(edges), nodes=3).wv) > 0.2


def test_several_nodes_repeat_their_bits(text: Path, here: list[InProcess]) -> None:
    one, other = (scale.fit(Word2Vec(sg=1, **SETTINGS), text, nodes=4) for _ in range(2))
    assert same(one, other)
    assert len(here) == 2


@pytest.mark.usefixtures("here")
def test_every_door_gives_the_same(text: Path) -> None:
    from_path = scale.fit(Word2Vec(sg=1, **SETTINGS), text, nodes=1)
    lists = [line.split() for line in text.read_text(encoding="utf-8").splitlines()]
    for data in ([text], lists, Corpus.from_file(text)):
        assert same(from_path, scale.fit(Word2Vec(sg=1, **SETTINGS), data, nodes=1))


# ---- faults ----


@pytest.mark.parametrize("at", [{1}, {9}, {14, 15, 40, 77}, {30, 31, 32, 33, 34}, set(range(20, 200, 19))])
def test_nodes_that_are_lost_change_no_bit(
    text: Path, at: set[int], losing: Callable[[set[int]], list[Losing]]
) -> None:
    losing(set())
    settings = SETTINGS | {"sg": 1}
    model = scale.fit(Word2Vec(**settings), text, nodes=3, rounds=4)
    made = losing(at)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        again = scale.fit(Word2Vec(**settings), text, nodes=3, rounds=4)
    assert made[0].lost > 0
    assert any("is replaced, and the round begins anew" in str(one.message) for one in told)
    assert same(model, again)


def test_all_nodes_may_be_lost_at_once(
    text: Path, losing: Callable[[set[int]], list[Losing]], monkeypatch: pytest.MonkeyPatch
) -> None:
    losing(set())
    model = scale.fit(Word2Vec(sg=1, **SETTINGS), text, nodes=2, rounds=4)
    made = losing({25})
    monkeypatch.setattr(Losing, "lose", lambda self, _: [InProcess.lose(self, node) for node in range(self.nodes)])
    with pytest.warns(UserWarning, match="node 0, 1 is replaced"):
        again = scale.fit(Word2Vec(sg=1, **SETTINGS), text, nodes=2, rounds=4)
    assert made[0].lost == 1
    assert same(model, again)


class LosingAgain(Losing):
    """Nodes of which some are lost while others are replaced."""

    again = 2

    def replace(self, node: int) -> None:
        super().replace(node)
        if self.again:
            self.again -= 1
            self.lose(self.again)


@pytest.mark.filterwarnings("ignore:node . (is|was) lost")
@pytest.mark.parametrize("at", [{9}, {14, 40}, {25}])
def test_nodes_that_are_lost_while_others_are_replaced_change_no_bit(
    text: Path, at: set[int], losing: Callable[[set[int]], list[Losing]], monkeypatch: pytest.MonkeyPatch
) -> None:
    losing(set())
    model = scale.fit(Word2Vec(sg=1, **SETTINGS), text, nodes=3, rounds=4)
    made: list[LosingAgain] = []
    monkeypatch.setattr(fitting, "OnRay", lambda *_: made.append(LosingAgain(3, 1, at)) or made[-1])
    assert same(model, scale.fit(Word2Vec(sg=1, **SETTINGS), text, nodes=3, rounds=4))
    assert made[0].again == 0


@pytest.mark.filterwarnings("ignore:node . (is|was) lost")
def test_nodes_that_are_always_lost_end_the_training(text: Path, losing: Callable[[set[int]], list[Losing]]) -> None:
    losing(set(range(10, 10_000)))
    with pytest.raises(RuntimeError, match="nodes were lost 11 times in one round"):
        scale.fit(Word2Vec(sg=1, **SETTINGS), text, nodes=2)


def test_a_text_that_was_changed_is_noticed_when_it_is_read_again(
    text: Path, losing: Callable[[set[int]], list[Losing]], monkeypatch: pytest.MonkeyPatch
) -> None:
    losing({12})
    lose = Losing.lose

    def change(self: Losing, node: int) -> None:
        text.write_text(text.read_text(encoding="utf-8").replace("t1w1 ", "", 40), encoding="utf-8")
        lose(self, node)

    monkeypatch.setattr(Losing, "lose", change)
    with (
        pytest.warns(UserWarning, match="is replaced"),
        pytest.raises(ValueError, match=r"the part of node . was changed since it was read first"),
    ):
        scale.fit(Word2Vec(sg=1, **SETTINGS), text, nodes=2)


# ---- stopping and going on ----


class Interrupt:
    """Raises KeyboardInterrupt at the end of an epoch."""

    def __init__(self, epoch: int) -> None:
        self.left = epoch

    def on_epoch_end(self, model: Any) -> None:
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("nodes", [1, 3])
def test_an_interrupt_leaves_what_was_learned_and_a_checkpoint(text: Path, tmp_path: Path, nodes: int) -> None:
    whole = scale.fit(Word2Vec(sg=1, **SETTINGS), text, nodes=nodes)
    model, path = Word2Vec(sg=1, **SETTINGS), tmp_path / "run.ckpt"
    with pytest.raises(KeyboardInterrupt):
        scale.fit(model, text, nodes=nodes, checkpoint=path, callbacks=[Interrupt(2)])
    assert model._known.weights.epochs_trained == 2
    assert same(whole, scale.resume(path, nodes=nodes))


def test_only_models_that_fit_trains_learn_on_the_nodes(text: Path, here: list[InProcess]) -> None:
    within = []

    class Look:
        def on_epoch_end(self, model: Any) -> None:
            within.append(elsewhere.get())
            if len(within) == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scale.fit(Word2Vec(sg=1, **SETTINGS), text, nodes=2, callbacks=[Look()])
    assert len(within) == 2
    assert None not in within
    assert elsewhere.get() is None
    after = Word2Vec(corpus_file=text, sg=1, **SETTINGS)  # nodes that have ended would fail
    assert len(here) == 1
    assert same(after, scale.fit(Word2Vec(sg=1, **SETTINGS), text, nodes=1))


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("nodes", [1, 3])
def test_a_checkpoint_within_an_epoch(text: Path, tmp_path: Path, nodes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = scale.fit(Word2Vec(sg=1, **SETTINGS), text, nodes=nodes, rounds=5)
    path, train = tmp_path / "run.ckpt", fitting.Together._round
    rounds = 0

    def interrupted(self: Any, run: Any) -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 8:
            raise KeyboardInterrupt
        train(self, run)

    monkeypatch.setattr(fitting.Together, "_round", interrupted)
    with pytest.raises(KeyboardInterrupt):
        scale.fit(Word2Vec(sg=1, **SETTINGS), text, nodes=nodes, rounds=5, checkpoint=path)
    monkeypatch.setattr(fitting.Together, "_round", train)
    with pytest.raises(ValueError, match="a part of this epoch, each at its own place: go on from the checkpoint"):
        Word2Vec.resume(path, text)
    with pytest.raises(ValueError, match=f"{nodes} nodes in 5 rounds trained a part of this epoch"):
        scale.resume(path, nodes=nodes + 1)
    assert same(whole, scale.resume(path))


@pytest.mark.usefixtures("here")
def test_machines_take_over_between_epochs(text: Path, tmp_path: Path) -> None:
    path = tmp_path / "run.ckpt"
    alone = Word2Vec(corpus_file=text, sg=1, **SETTINGS)
    saved: list[Path] = []

    class Save:
        def on_epoch_end(self, model: Any) -> None:
            saved.append(path.with_suffix(f".{len(saved)}"))
            model.save_checkpoint(saved[-1])

    scale.fit(Word2Vec(sg=1, **SETTINGS), text, nodes=1, callbacks=[Save()])
    assert same(alone, Word2Vec.resume(saved[0]))
    Word2Vec(corpus_file=text, sg=1, callbacks=[Save()], **SETTINGS)
    assert same(alone, scale.resume(saved[3], nodes=1))


@pytest.mark.usefixtures("here")
def test_callbacks_see_what_was_learned_and_may_change_it(text: Path) -> None:
    norms = []

    class Look:
        def on_epoch_end(self, model: Any) -> None:
            norms.append(float(np.linalg.norm(model.wv.vectors)))
            model.wv.vectors[:] = 0

    model = scale.fit(Word2Vec(sg=1, **SETTINGS), text, nodes=2, callbacks=[Look()])
    assert norms[0] > 0.1
    assert norms[1] < norms[0]  # from zero again
    assert len(model.history) >= 3


# ---- what people give ----


@pytest.mark.usefixtures("here")
def test_wrong_input_is_named(text: Path) -> None:
    with pytest.raises(TypeError, match=r"give Word2Vec\(\) with its settings"):
        scale.fit(Word2Vec, text)  # type: ignore[type-var]
    with pytest.raises(TypeError, match="model must be one of Word2Vec, FastText"):
        scale.fit("model", text)  # type: ignore[type-var]
    with pytest.raises(TypeError, match="'nodes'"):
        scale.fit(Word2Vec(), text, node=2)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="nodes must be"):
        scale.fit(Word2Vec(), text, nodes=0)
    with pytest.raises(ValueError, match="rounds must be"):
        scale.fit(Word2Vec(), text, rounds=0)
    with pytest.raises(FileNotFoundError):
        scale.fit(Word2Vec(), text.with_name("none"))
    with pytest.raises(ValueError, match="lists of words are split already, so lower would have no effect"):
        scale.fit(Word2Vec(), [["a", "b"]], lower=True)
    with pytest.raises(ValueError, match="column is for text: Item2Vec"):
        scale.fit(Item2Vec(), [["a", "b"]], column="x")
    with pytest.raises(ValueError, match="no word occurs 500000 times"):
        scale.fit(Word2Vec(min_count=500_000), text)
    with pytest.raises(ValueError, match="unicode_errors must be"):
        scale.fit(Word2Vec(), text, unicode_errors="no")
    with text.open("rb") as file, pytest.raises(TypeError, match="give a path in place of an open file"):
        scale.fit(Word2Vec(), file)


@pytest.mark.usefixtures("here")
def test_a_model_that_was_saved_is_no_checkpoint(text: Path, tmp_path: Path) -> None:
    model = scale.fit(Word2Vec(sg=1, **SETTINGS), text)
    model.save(tmp_path / "model")
    with pytest.raises(ValueError, match="no checkpoint, but a model that was saved"):
        scale.resume(tmp_path / "model")
