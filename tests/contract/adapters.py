"""Models as the contract sees them. A new model joins by a line in MODELS, and by an adapter if its methods differ."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from fastemb import CallbackAny2Vec, Doc2Vec, FastText, Item2Vec, TaggedDocument, TextClassifier, Word2Vec
from fastemb.graphs import DeepWalk, Graph, Node2Vec

Sequences = Sequence[Any]


class Adapter(Protocol):
    """What the contract needs of a model; options are its own, by the model's names."""

    begins_empty: bool
    """Whether a model can be made without data; its first checkpoint is written before callbacks are called."""
    keeps_what_it_had: bool
    """Whether a call that fails changes nothing; otherwise what was learned until then stays."""
    orders_by_count: bool
    """Whether rows are in the order of counts; otherwise in that of the data."""
    takes_empty: bool
    """Whether an empty text is a token; otherwise it is a missing one."""
    makes_text: bool
    """Whether tokens become one text, which is split again at white space; otherwise any text or number is a token."""
    rounds: bool
    """Whether ``deterministic=True`` trains in rounds; otherwise as one worker does."""

    def fit(self, data: Sequences, **options: Any) -> Any:
        """A model trained on sequences of tokens."""

    def go_on(self, model: Any, data: Sequences, **options: Any) -> None:
        """Train a model that was fitted further, on known tokens."""

    def checkpointed(self, data: Sequences, checkpoint: Path, every: str, **options: Any) -> Any:
        """As `fit`, with checkpoints."""

    def resume(self, checkpoint: Path, data: Sequences, **options: Any) -> Any:
        """The model of a checkpoint, trained to its end; ``data`` for one that asks for it."""

    def load(self, path: Path) -> Any:
        """What the model's ``save`` wrote."""

    def seeded(self, seed: int) -> dict[str, Any]:
        """The options that set the seed."""


class Words:
    """A Word2Vec or a FastText model."""

    begins_empty = True
    keeps_what_it_had = False
    orders_by_count = True
    takes_empty = True
    makes_text = False
    rounds = True
    defaults: ClassVar[dict[str, Any]] = {"vector_size": 12, "min_count": 1, "sample": 0.0, "epochs": 3, "workers": 1}

    def __init__(self, kind: type[Word2Vec] = Word2Vec, **options: Any) -> None:
        self._kind = kind
        self._options = {**self.defaults, "progress": False, **options}

    def fit(self, data: Sequences, **options: Any) -> Word2Vec:
        return self._kind(data, **self._options | options)

    def go_on(
        self, model: Word2Vec, data: Sequences, epochs: int = 2, callbacks: Sequence[CallbackAny2Vec] = (), **more: Any
    ) -> None:
        model.train(data, epochs=epochs, callbacks=callbacks, progress=more.get("progress", False))

    def checkpointed(self, data: Sequences, checkpoint: Path, every: str, **options: Any) -> Word2Vec:
        return self.fit(data, checkpoint=checkpoint, checkpoint_every=every, **options)

    def resume(self, checkpoint: Path, data: Sequences, **options: Any) -> Word2Vec:
        return self._kind.resume(checkpoint, data, **{"progress": False} | options)

    def load(self, path: Path) -> Word2Vec:
        model = self._kind.load(path)
        model.workers = 1
        return model

    def seeded(self, seed: int) -> dict[str, Any]:
        return {"seed": seed}


class Texts(Words):
    """A Doc2Vec model: every sequence of tokens is a document with two tags."""

    def __init__(self, **options: Any) -> None:
        super().__init__(Doc2Vec, **options)

    def fit(self, data: Sequences, **options: Any) -> Doc2Vec:
        return Doc2Vec(self._tagged(data), **self._options | options)

    def go_on(self, model: Word2Vec, data: Sequences, **options: Any) -> None:
        super().go_on(model, self._tagged(data), **options)

    def resume(self, checkpoint: Path, data: Sequences, **options: Any) -> Word2Vec:
        return super().resume(checkpoint, self._tagged(data), **options)

    def _tagged(self, data: Any) -> Any:
        if isinstance(data, str | bytes) or not isinstance(data, Iterable):
            return data
        made = (TaggedDocument(words, [number, f"part {number % 2}"]) for number, words in enumerate(data))
        return made if isinstance(data, Iterator) else list(made)


class Items:
    """An Item2Vec model."""

    begins_empty = False
    keeps_what_it_had = True
    orders_by_count = True
    takes_empty = True
    makes_text = False
    rounds = True
    defaults: ClassVar[dict[str, Any]] = {
        "vector_size": 12,
        "epochs": 3,
        "alpha": 0.05,
        "workers": 1,
        "progress": False,
    }

    def __init__(self, **options: Any) -> None:
        self._options = {**self.defaults, "progress": False, **options}

    def fit(self, data: Sequences, **options: Any) -> Item2Vec:
        return Item2Vec(**self._options | options).fit(data)

    def go_on(self, model: Item2Vec, data: Sequences, **options: Any) -> None:
        before = model.get_params()
        try:
            model.set_params(**{"epochs": 2, "workers": 1, "progress": False} | options).partial_fit(data)
        finally:
            model.set_params(**before)

    def checkpointed(self, data: Sequences, checkpoint: Path, every: str, **options: Any) -> Item2Vec:
        return Item2Vec(**self._options | options).fit(data, checkpoint=checkpoint, checkpoint_every=every)

    def resume(self, checkpoint: Path, data: Sequences, **options: Any) -> Item2Vec:
        return Item2Vec.resume(checkpoint, **{"progress": False} | options)

    def load(self, path: Path) -> Item2Vec:
        return Item2Vec.load(path)

    def seeded(self, seed: int) -> dict[str, Any]:
        return {"random_state": seed}


class Nodes:
    """A model of graphs; tokens that follow each other are nodes with an edge."""

    begins_empty = False
    keeps_what_it_had = True
    orders_by_count = False
    takes_empty = False
    makes_text = False
    rounds = True
    defaults: ClassVar[dict[str, Any]] = {
        "vector_size": 12,
        "epochs": 3,
        "num_walks": 5,
        "walk_length": 20,
        "workers": 1,
        "progress": False,
    }

    def __init__(self, kind: type[Node2Vec] | type[DeepWalk] = Node2Vec, **options: Any) -> None:
        self._kind = kind
        self._options = {**self.defaults, **options}

    def fit(self, data: Sequences, **options: Any) -> Node2Vec | DeepWalk:
        return self._kind(**self._options | options).fit(self._graph(data))

    def go_on(self, model: Node2Vec | DeepWalk, data: Sequences, **options: Any) -> None:
        before = model.get_params()
        try:
            model.set_params(**{"epochs": 2, "workers": 1, "progress": False} | options).partial_fit(self._graph(data))
        finally:
            model.set_params(**before)

    def checkpointed(self, data: Sequences, checkpoint: Path, every: str, **options: Any) -> Node2Vec | DeepWalk:
        model = self._kind(**self._options | options)
        return model.fit(self._graph(data), checkpoint=checkpoint, checkpoint_every=every)

    def resume(self, checkpoint: Path, data: Sequences, **options: Any) -> Node2Vec | DeepWalk:
        return self._kind.resume(checkpoint, self._graph(data), **{"progress": False} | options)

    def load(self, path: Path) -> Node2Vec | DeepWalk:
        return self._kind.load(path)

    def seeded(self, seed: int) -> dict[str, Any]:
        return {"random_state": seed}

    def _graph(self, data: Sequences) -> Graph:
        return Graph.from_edges([pair for sequence in data for pair in pairwise(sequence)])


class Labels:
    """A classifier of texts: every sequence of tokens is a text, whose label tells which half it is from."""

    begins_empty = False
    keeps_what_it_had = True
    orders_by_count = True
    takes_empty = True
    makes_text = True
    rounds = False
    defaults: ClassVar[dict[str, Any]] = {"vector_size": 12, "epochs": 3, "alpha": 0.5, "workers": 1}

    def __init__(self, **options: Any) -> None:
        self._options = {**self.defaults, "progress": False, **options}

    def fit(self, data: Sequences, **options: Any) -> TextClassifier:
        return TextClassifier(**self._options | options).fit(*self._labelled(data))

    def go_on(self, model: TextClassifier, data: Sequences, **options: Any) -> None:
        before = model.get_params()
        try:
            changed = {"epochs": 2, "workers": 1, "progress": False} | options
            model.set_params(**changed).partial_fit(*self._labelled(data))
        finally:
            model.set_params(**before)

    def checkpointed(self, data: Sequences, checkpoint: Path, every: str, **options: Any) -> TextClassifier:
        model = TextClassifier(**self._options | options)
        return model.fit(*self._labelled(data), checkpoint=checkpoint, checkpoint_every=every)

    def resume(self, checkpoint: Path, data: Sequences, **options: Any) -> TextClassifier:
        return TextClassifier.resume(checkpoint, *self._labelled(data), **{"progress": False} | options)

    def load(self, path: Path) -> TextClassifier:
        return TextClassifier.load(path)

    def seeded(self, seed: int) -> dict[str, Any]:
        return {"random_state": seed}

    def _labelled(self, data: Any) -> tuple[Any, list[list[str]]]:
        """Texts, and their labels in lists: one text alone has both."""
        if isinstance(data, str) or not isinstance(data, Iterable):
            return data, [["even"], ["odd"]]
        texts = list(data)
        labels = [["odd"] if number % 2 else ["even"] for number in range(len(texts))]
        given = iter(texts) if isinstance(data, Iterator) else texts
        return given, labels if len(texts) > 1 else [["even", "odd"]] * len(texts)


MODELS: dict[str, Adapter] = {
    "Word2Vec skip-gram": Words(sg=1),
    "Word2Vec skip-gram, rows without padding": Words(sg=1, vector_size=16),
    "Word2Vec CBOW": Words(sg=0),
    "Word2Vec hierarchical softmax": Words(sg=1, hs=1, negative=0),
    "Word2Vec CBOW, both outputs": Words(sg=0, hs=1),
    "FastText skip-gram": Words(FastText, sg=1),
    "FastText CBOW, few buckets": Words(FastText, sg=0, bucket=50),
    "FastText hierarchical softmax, every bucket": Words(FastText, sg=1, hs=1, negative=0, bucket=50, all_buckets=True),
    "Doc2Vec PV-DBOW, words beside, both outputs": Texts(dm=0, dbow_words=1, hs=1),
    "Doc2Vec PV-DM": Texts(dm=1),
    "Doc2Vec PV-DM, concatenation": Texts(dm=1, dm_concat=1, dm_tag_count=2, window=2, vector_size=16),
    "Item2Vec baskets": Items(),
    "Item2Vec baskets, contexts alone": Items(sg=1),
    "Item2Vec sessions": Items(window=3, sg=0),
    "Node2Vec": Nodes(p=0.5, q=2.0),
    "Node2Vec, both outputs": Nodes(hs=1),
    "DeepWalk": Nodes(DeepWalk),
    "TextClassifier softmax": Labels(),
    "TextClassifier hierarchical softmax": Labels(loss="hs"),
    "TextClassifier one-vs-all, rows without padding": Labels(loss="ova", vector_size=16),
    "TextClassifier negatives": Labels(loss="ns"),
}


def keys_of(model: Any) -> list[Any]:
    """The tokens that a model knows, by row, without the last word where that stands for none."""
    if isinstance(model, TextClassifier):
        return [name.decode() for name in _words(model) if name != b"</s>"]
    keys = list(model.wv.index_to_key)
    return keys[: len(keys) - spare_rows(model)]


def counts_of(model: Any) -> list[int]:
    """How often each of them was in the data."""
    if isinstance(model, TextClassifier):
        counts = dict(zip(_words(model), model._known().core.dictionary.counts.tolist(), strict=False))
        return [counts[key.encode()] for key in keys_of(model)]
    return [model.wv.get_vecattr(key, "count") for key in keys_of(model)]


def rows_of(model: Any, tokens: int) -> list[int]:
    """How many rows each matrix must have."""
    if isinstance(model, TextClassifier):
        return [tokens + 1, len(model.classes_)]  # the end of a text is a word
    return [tokens + spare_rows(model)] * len(matrices(model))


def words_of(tokens: Iterable[Any], adapter: Adapter) -> set[Any]:
    """The tokens that a model must know when it learned from these."""
    if not adapter.makes_text:
        return set(tokens)
    return {word for token in tokens for word in re.split("[ \\n\\r\\t\\v\\f\\0]", token) if word}


def _words(model: TextClassifier) -> list[bytes]:
    dictionary = model._known().core.dictionary
    return list(dictionary.names[: dictionary.words])


def spare_rows(model: Any) -> int:
    """Rows at the end of matrices that belong to no token."""
    return int(isinstance(model, Doc2Vec) and model.dm_concat and model.wv.get_vecattr("\0", "count") == 1)


def matrices(model: Any) -> list[NDArray[np.float32]]:
    """Every matrix that learns, the input vectors first."""
    if isinstance(model, TextClassifier):
        weights = model._known().core.weights
        return [weights.padded_inputs, weights.padded_outputs]
    found = [model.wv.vectors]
    if isinstance(model, Word2Vec):
        return found + [getattr(model, name) for name in ("syn1neg", "syn1") if hasattr(model, name)]
    if isinstance(model, Node2Vec | DeepWalk):
        known = model._known()  # whose input vectors are not those of wv
        outputs = (known.weights.syn1neg, known.weights.syn1)
        return [known.vectors, *(matrix for matrix in outputs if matrix is not None)]
    return [*found, model.wv_out.vectors]


def bits(model: Any) -> bytes:
    """All that was learned."""
    documents = [model.dv.vectors] if isinstance(model, Doc2Vec) else []
    return b"".join(matrix.tobytes() for matrix in [*matrices(model), *documents])
