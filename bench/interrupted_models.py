"""Long calls of subwords, documents, labels and graphs, which `bench.interrupts` interrupts."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastemb import Doc2Vec, Documents, FastText, Graph, Node2Vec, TextClassifier, fasttext, merge

from .interrupted_calls import Call, Data, asked, written


class MoreData:
    """What these calls work on, made when it is asked for; ``data`` says how much."""

    def __init__(self, data: Data) -> None:
        self.data = data

    @cached_property
    def lines(self) -> list[str]:
        return [" ".join(line) for line in self.data.lists]

    @cached_property
    def labels(self) -> list[str]:
        return [f"label{n * 7919 % 50}" for n in range(len(self.lines))]

    @cached_property
    def labelled(self) -> Path:
        path = self.data.folder / "labelled.txt"
        rows = zip(self.labels, self.lines, strict=True)
        path.write_text("".join(f"__label__{label} {line}\n" for label, line in rows), encoding="utf-8")
        return path

    @cached_property
    def documents(self) -> Documents:
        return Documents.of(self.data.corpus)

    @cached_property
    def edges(self) -> NDArray[np.int64]:
        rng, nodes = np.random.default_rng(4), self.data.size(200_000)
        return np.stack([rng.zipf(1.3, 10 * nodes) % nodes, rng.integers(0, nodes, 10 * nodes)], axis=1)

    @cached_property
    def edge_file(self) -> Path:
        path = self.data.folder / "edges.txt"
        path.write_text("".join(f"{one} {other}\n" for one, other in self.edges.tolist()), encoding="utf-8")
        return path

    @cached_property
    def graph(self) -> Graph:
        return Graph.from_edges(self.edges)

    @cached_property
    def nodes(self) -> Node2Vec:
        return Node2Vec(epochs=1, num_walks=1, vector_size=16, progress=False).fit(self.graph)

    @cached_property
    def classifier(self) -> TextClassifier:
        made = TextClassifier(epochs=1, vector_size=16, word_ngrams=2, bucket=100_000, progress=False)
        return made.fit(self.lines, self.labels)

    def saved_fasttext(self, name: str) -> Path:
        path = self.data.folder / name
        if not path.exists():
            self.classifier.save_fasttext(path)
        return path


def is_finite(model: FastText | Doc2Vec) -> bool:
    """Whether the matrices of a model of words go together, and have numbers only."""
    weights = model._known.weights
    rows = {len(model.wv.index_to_key), *(len(one) for one in (weights.syn1neg, weights.syn1) if one is not None)}
    vectors = [model.wv.vectors, model.dv.vectors if isinstance(model, Doc2Vec) else model.wv.vectors_ngrams]
    return len(rows) == 1 and all(np.isfinite(one).all() for one in vectors)


def calls(data: Data) -> dict[str, Callable[[], Call]]:
    """The calls by name; each entry makes its data first."""
    more = MoreData(data)

    def trained(kind: type[FastText] | type[Doc2Vec], **options: Any) -> Callable[[], Call]:
        def entry() -> Call:
            corpus = data.corpus if kind is FastText else more.documents
            made = kind(**{"min_count": 1, "epochs": 10**6, "progress": False} | options)
            made.build_vocab(corpus)
            return lambda: copy.deepcopy(made), lambda model: model.train(corpus), is_finite

        return entry

    def fitted(known: Callable[[], Any], learn: Callable[[Any], Any]) -> Callable[[], Call]:
        """A call that learns anew or on: interrupted, it leaves what was known."""

        def entry() -> Call:
            made = known()
            name = "_fitted" if isinstance(made, TextClassifier) else "_trained"
            before = getattr(made, name)
            return lambda: copy.copy(made), learn, lambda left: getattr(left, name) is before

        return entry

    def unfitted(kind: Callable[..., Any], learn: Callable[[Any], Any]) -> Callable[[], Call]:
        return fitted(lambda: kind(epochs=1000, progress=False), learn)

    def inferred() -> Doc2Vec:
        made = Doc2Vec(vector_size=32, min_count=1, epochs=1, dm=0, progress=False)
        made.build_vocab(more.documents)
        return made

    return {
        # subwords
        "FastText.build_vocab": asked(
            lambda: data.lists, lambda lists: FastText(min_count=1, vector_size=16).build_vocab(lists)
        ),
        "FastText.train": trained(FastText, sg=1, vector_size=32, bucket=100_000),
        "FastText.train, cbow": trained(FastText, vector_size=32, bucket=100_000),
        # documents
        "Documents.from_file": asked(lambda: data.text, Documents.from_file),
        "Doc2Vec.train": trained(Doc2Vec, dm=1, vector_size=32),
        "Doc2Vec.train, dbow": trained(Doc2Vec, dm=0, vector_size=32),
        "Doc2Vec.infer_vectors": asked(inferred, lambda made: made.infer_vectors(data.lists, epochs=20)),
        "Doc2Vec.save": written(data, "documents", inferred, lambda made, path: made.save(path), Doc2Vec.load),
        # labels
        "TextClassifier.fit": unfitted(TextClassifier, lambda made: made.fit(more.lines, more.labels)),
        "TextClassifier.fit_file": unfitted(TextClassifier, lambda made: made.fit_file(more.labelled)),
        "TextClassifier.partial_fit": fitted(
            lambda: copy.copy(more.classifier).set_params(epochs=1000),
            lambda made: made.partial_fit(more.lines, more.labels),
        ),
        "TextClassifier.predict": asked(lambda: more.classifier, lambda made: made.predict(more.lines)),
        "TextClassifier.predict_proba": asked(lambda: more.classifier, lambda made: made.predict_proba(more.lines)),
        "TextClassifier.evaluate_file": asked(lambda: more.classifier, lambda made: made.evaluate_file(more.labelled)),
        "TextClassifier.save": written(
            data, "labels", lambda: more.classifier, lambda made, path: made.save(path), TextClassifier.load
        ),
        "fasttext.train_supervised": asked(
            lambda: str(more.labelled), lambda path: fasttext.train_supervised(path, epoch=1000, dim=16, verbose=0)
        ),
        "fasttext.train_unsupervised": asked(
            lambda: str(data.text), lambda path: fasttext.train_unsupervised(path, epoch=1000, dim=16, verbose=0)
        ),
        "fasttext.load_model": asked(lambda: str(more.saved_fasttext("labels.bin")), fasttext.load_model),
        "fasttext predict": asked(
            lambda: fasttext.load_model(str(more.saved_fasttext("labels.bin"))), lambda made: made.predict(more.lines)
        ),
        "fasttext quantize": asked(
            lambda: str(more.saved_fasttext("labels.bin")),
            lambda path: fasttext.load_model(path).quantize(str(more.labelled), cutoff=10_000, retrain=True),
        ),
        # graphs
        "Graph.from_edges": asked(lambda: more.edges, Graph.from_edges),
        "Graph.from_file": asked(lambda: more.edge_file, Graph.from_file),
        "Graph.walks": asked(lambda: more.graph, lambda graph: graph.walks(num_walks=10, walk_length=80, p=0.5, q=2.0)),
        "Graph.save": written(data, "graph", lambda: more.graph, lambda graph, path: graph.save(path), Graph.load),
        "Node2Vec.fit": unfitted(Node2Vec, lambda made: made.fit(more.graph)),
        "Node2Vec.partial_fit": fitted(
            lambda: copy.copy(more.nodes).set_params(epochs=1000), lambda made: made.partial_fit(more.graph)
        ),
        # vectors of several models
        "merge": asked(lambda: data.large, lambda wv: merge([wv, copy.copy(wv)])),
        "quantize": asked(lambda: data.large, lambda wv: wv.quantize("pq")),
    }
