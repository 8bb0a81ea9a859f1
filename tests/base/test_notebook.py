"""What notebooks show: tables of HTML in place of a repr, and one bar while training runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import Corpus, Interactions, Item2Vec, KeyedVectors, Word2Vec
from fastemb.graphs import DeepWalk, Graph, Node2Vec
from fastemb.summary import memory_size, table
from fastemb.train import progress
from fastemb.train.progress import Notebook

TEXTS = [["<b>", "a & b", "c\u202ed", "\ud800", "x" * 1000, "e"] * 5] * 100
BASKETS = [[1, 2, 3], [2, 3, 4]] * 10
EDGES = [(1, 2), (2, 3), (3, 3)]


def rows_of(html: str) -> dict[str, str]:
    """The rows of a table."""
    return dict(re.findall(r"<tr><th[^>]*>(.*?)</th><td[^>]*>(.*?)</td></tr>", html))


def shown(thing: Any) -> dict[str, str]:
    html = thing._repr_html_()
    html.encode()  # a lone surrogate would break the notebook's file
    assert len(html) < 5000
    assert f"<strong>{type(thing).__name__}</strong>" in html
    return rows_of(html)


@pytest.fixture(scope="module")
def model() -> Word2Vec:
    return Word2Vec(TEXTS, min_count=1, vector_size=8, sample=0, sg=1, epochs=2, compute_loss=True)


def test_of_vectors(model: Word2Vec) -> None:
    rows = shown(model.wv)
    assert rows["vectors"] == "6 of 8 dimensions"
    assert rows["stored as"] == "float32, 192 bytes"
    assert rows["attributes"] == "count"
    keys = rows["first keys"]
    assert keys.startswith("<code>&lt;b&gt;</code> <code>a &amp; b</code> <code>c\\u202ed</code> <code>\\ud800</code>")
    assert f"<code>{'x' * 39}…</code>" in keys
    assert not keys.endswith("…")


def test_of_vectors_in_a_file(tmp_path: Path) -> None:
    wv = KeyedVectors(4)
    wv.add_vectors([f"w{number}" for number in range(100)], np.ones((100, 4)))
    wv.save(tmp_path / "wv.safetensors")
    rows = shown(KeyedVectors.load(tmp_path / "wv.safetensors", mmap="r"))
    assert rows["stored as"] == "float32, 1.6 kB, in a file that is mapped"
    assert rows["first keys"].endswith("<code>w7</code> …")
    wv.quantize("int8").save(tmp_path / "small.safetensors")
    small = shown(KeyedVectors.load(tmp_path / "small.safetensors", mmap="r"))
    assert small["stored as"] == "int8, 800 bytes, in a file that is mapped"


def test_only_the_first_keys_are_read() -> None:
    read = []

    class Watched(KeyedVectors):
        def __iter__(self) -> Iterator[Any]:
            for key in super().__iter__():
                read.append(key)
                yield key

    wv = Watched(2)
    wv.add_vectors([str(number) for number in range(1000)], np.ones((1000, 2)))
    shown(wv)
    assert len(read) == 9  # eight, and one to know that there are more


def test_of_vectors_without_keys() -> None:
    assert shown(KeyedVectors(3)) == {"vectors": "0 of 3 dimensions", "stored as": "float32, 0 bytes"}
    assert "first keys" not in shown(KeyedVectors(3, count=2))


def test_of_a_model(model: Word2Vec) -> None:
    rows = shown(model)
    assert rows["vectors"] == "6 words, 8 dimensions"
    assert rows["kind"] == "skip-gram"
    assert "vector_size=8" in rows["settings"]
    assert "window" not in rows["settings"]  # a default
    assert rows["training"] == "2 epochs trained"
    assert re.fullmatch(r"\d\.\d{4} a word", rows["latest loss"])
    fresh = shown(Word2Vec())
    assert (fresh["settings"], fresh["training"]) == ("the defaults", "not trained")
    assert "latest loss" not in fresh


def test_of_a_corpus(tmp_path: Path) -> None:
    rows = shown(Corpus.from_sentences([["a", "b", "b"], ["b"], ["c"]], min_count=2))
    assert rows["sentences"] == "3"
    assert rows["words"] == "3, and 2 that were dropped"
    assert rows["different words"] == "1"
    assert rows["first sentence"] == "<code>b</code> <code>b</code>"
    mapped = shown(Corpus.from_sentences(TEXTS, save_to=tmp_path / "corpus"))
    assert mapped["ids"].endswith("kB, in a file that is mapped")
    assert "first sentence" not in mapped


def test_of_interactions() -> None:
    rows = shown(Interactions.from_baskets(BASKETS))
    assert (rows["sessions"], rows["events"], rows["items"]) == ("20", "60", "4")
    assert rows["first session"] == "<code>1</code> <code>2</code> <code>3</code>"
    timed = Interactions([0, 1], [0, 2], ["a", "b"], times=[1.0, 2.0], weights=[1.0, 2.0])
    assert shown(timed)["events"] == "2, with times and weights"
    assert "first session" not in shown(Interactions([], [0], []))


def test_of_an_item_model() -> None:
    model = Item2Vec(vector_size=4, epochs=2, progress=False)
    assert shown(model) == {"parameters": "vector_size=4, epochs=2, progress=False", "fitted": "not yet"}
    rows = shown(model.fit(BASKETS))
    assert rows["kind"] == "CBOW and skip-gram"
    assert rows["fitted"] == "4 items of 20 sessions, 4 dimensions"
    assert "<code>2</code>" in rows["first items"]


def test_of_graphs() -> None:
    rows = shown(Graph.from_edges(EDGES))
    assert (rows["nodes"], rows["edges"], rows["kind"]) == ("3", "3", "undirected, unweighted")
    assert rows["first nodes"] == "<code>1</code> <code>2</code> <code>3</code>"
    both = shown(Graph.from_edges([(1, 2, 0.5)], directed=True))
    assert both["kind"] == "directed, weighted"


@pytest.mark.parametrize("kind", [DeepWalk, Node2Vec])
def test_of_graph_models(kind: type[DeepWalk | Node2Vec]) -> None:
    model = kind(vector_size=4, num_walks=2, progress=False)
    assert shown(model)["fitted"] == "not yet"
    assert shown(model.fit(Graph.from_edges(EDGES)))["fitted"] == "3 nodes, 4 dimensions"


def test_what_is_long_is_cut() -> None:
    rows = rows_of(table("t", {"a": "y" * 1000, "b": None, "c": ""}, {"d": [], "e": iter(range(10**9))}))
    assert rows == {"a": "y" * 199 + "…", "e": " ".join(f"<code>{number}</code>" for number in range(8)) + " …"}


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, "0 bytes"), (999, "999 bytes"), (1234, "1.23 kB"), (999_999, "1 MB"), (4.8e8, "480 MB"), (12e9, "12 GB")],
)
def test_sizes(count: float, expected: str) -> None:
    assert memory_size(int(count)) == expected


# ---- progress ----


class Handle:
    def __init__(self, first: dict[str, str]) -> None:
        self.shown = [first]

    def update(self, now: dict[str, str], raw: bool) -> None:
        assert raw
        self.shown.append(now)


@pytest.fixture
def handles(monkeypatch: pytest.MonkeyPatch) -> list[Handle]:
    display = pytest.importorskip("IPython.display")
    made: list[Handle] = []

    def show(first: dict[str, str], raw: bool, display_id: bool) -> Handle:
        assert raw
        assert display_id
        made.append(Handle(first))
        return made[-1]

    monkeypatch.setattr(display, "display", show)
    return made


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(progress, "time", made)
    return made


def test_one_bar_is_changed_four_times_a_second(handles: list[Handle], clock: Clock) -> None:
    bar = Notebook(1_000_000)
    for step in range(1, 101):
        clock.now += 0.02
        bar.update(step * 10_000, 0.02, 2.25)
    bar.saved(500_000)
    bar.close()
    (handle,) = handles
    assert 6 <= len(handle.shown) <= 8
    assert handle.shown[0]["text/plain"].startswith("26.0%  500 k words/s, 0:01 left, alpha 0.02000, loss 2.2500")
    last = handle.shown[-1]
    assert last["text/plain"] == "100.0%  in 0:02, 500 k words/s, alpha 0.02000, loss 2.2500, saved at 50.0%"
    assert '<progress value="1000000" max="1000000"' in last["text/html"]


def test_a_run_that_is_broken_off_says_so(handles: list[Handle], clock: Clock) -> None:
    bar = Notebook(100, done=50)
    clock.now += 2
    bar.update(75, 0.02, None)
    bar.close()
    assert handles[0].shown[-1]["text/plain"] == "75.0%  stopped after 0:02, 0 k words/s, alpha 0.02000"


def test_a_short_run_shows_nothing(handles: list[Handle], clock: Clock) -> None:
    bar = Notebook(100)
    clock.now += 0.3
    bar.update(100, 0.02, None)
    bar.close()
    assert not handles


CELLS = [
    "from fastemb import Corpus, Word2Vec\n"
    "from fastemb.train import progress\n"
    "progress._DELAY = progress._INTERVAL = 0\n"
    "corpus = Corpus.from_sentences([[f'w{(row * 7 + at) % 5000}' for at in range(100)] for row in range(5000)])\n"
    "corpus",
    "model = Word2Vec(corpus, epochs=2)",
    "model",
    "class Stop:\n"
    "    def on_epoch_end(self, model):\n"
    "        raise KeyboardInterrupt\n"
    "try:\n"
    "    Word2Vec(corpus, epochs=2, callbacks=[Stop()])\n"
    "except KeyboardInterrupt:\n"
    "    pass",
    "model.train(corpus, epochs=1, total_examples=len(corpus), progress=False);",
]


@pytest.mark.integration
def test_a_notebook_that_runs(tmp_path: Path) -> None:
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [cell.outputs for cell in notebook.cells]
    assert rows_of(outputs[0][0]["data"]["text/html"])["words"] == "500,000"
    assert [output["output_type"] for output in outputs[1]] == ["display_data"]  # one, and nothing on standard error
    assert re.match(r"100.0%  in \d:\d\d, [\d,]+ k words/s", outputs[1][0]["data"]["text/plain"])
    assert rows_of(outputs[2][0]["data"]["text/html"])["training"] == "2 epochs trained"
    assert re.match(r"50.0%  stopped after \d:\d\d", outputs[3][0]["data"]["text/plain"])
    assert outputs[4] == []
