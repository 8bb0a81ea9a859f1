"""What people who use gensim write most often, by import only: the same program for both libraries.

Each takes gensim.models or fastemb.models and a folder, and returns what does not depend on random draws.
"""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from peers.gensim.questions import SIZE, WORDS, sentences, uniform, vectors

TEXT = sentences(3)
MORE = [["new", "york", "harbour"], ["harbour", "of", "the", "city"]] * 5
OPTIONS: dict[str, Any] = {"vector_size": SIZE, "min_count": 1, "workers": 1, "epochs": 2, "sample": 0}
Recipe = Callable[[Any, Path], Any]
RECIPES: dict[str, Recipe] = {}


def recipe(name: str) -> Callable[[Recipe], Recipe]:
    def put(function: Recipe) -> Recipe:
        RECIPES[name] = function
        return function

    return put


def changed(before: Any, after: Any) -> list[bool]:
    """Which rows are other ones."""
    return (before != after[: len(before)]).any(axis=1).tolist()


def pretrained(models: Any, folder: Path, binary: bool = False) -> str:
    """A file of vectors of which two are words of the text."""
    made = models.KeyedVectors(SIZE)
    made.add_vectors(["york", "city", "ocean"], uniform(3, SIZE))
    made.save_word2vec_format(str(folder / "pretrained"), binary=binary)
    return str(folder / "pretrained")


@recipe("documents as means of word vectors")
def _(models: Any, _folder: Path) -> Any:
    wv, documents = vectors(models), [["w1", "unknown", "w2"], ["w5"], ["unknown"]]
    by_hand = [
        np.mean([wv[word] for word in document if word in wv] or [np.zeros(wv.vector_size)], axis=0)
        for document in documents
    ]
    return by_hand, [wv.get_mean_vector(document, pre_normalize=False) for document in documents]


@recipe("documents as means weighted by TF-IDF")
def _(models: Any, _folder: Path) -> Any:
    wv, weights = vectors(models), {"w1": 0.5, "w2": 2.0}
    words = [word for word in ["w1", "w2", "zz"] if word in wv.key_to_index]
    return wv.get_mean_vector(words, weights=[weights[word] for word in words]), np.average(
        [wv[word] for word in words], axis=0, weights=[weights[word] for word in words]
    )


@recipe("a table of words and vectors for t-SNE or PCA")
def _(models: Any, _folder: Path) -> Any:
    wv = vectors(models)
    labels = list(wv.key_to_index)
    tokens = np.asarray([wv[word] for word in labels])
    table = wv[wv.index_to_key[:20]]
    projected = np.linalg.svd(tokens - tokens.mean(0), compute_uv=False)
    return labels, tokens.shape, table.shape, projected, len(wv.index_to_key), wv.vectors.shape


@recipe("counts and ranks of words")
def _(models: Any, _folder: Path) -> Any:
    model = models.Word2Vec(TEXT, **OPTIONS)
    found = {word: int(model.wv.get_vecattr(word, "count")) for word in model.wv.index_to_key}
    return found, {word: model.wv.key_to_index[word] for word in found}, model.wv.get_vecattr(0, "count") > 5


@recipe("GoogleNews with a limit")
def _(models: Any, folder: Path) -> Any:
    path = pretrained(models, folder, binary=True)
    wv = models.KeyedVectors.load_word2vec_format(path, binary=True, limit=2, unicode_errors="ignore")
    return wv.index_to_key, wv.vectors, wv.most_similar("york", topn=1), wv["city"].shape


@recipe("GloVe, and GloVe with a header put before it")
def _(models: Any, folder: Path) -> Any:
    (folder / "glove").write_text("the 0.5 1.5\n, -1 2\nof 3 4e-3\n")
    wv = models.KeyedVectors.load_word2vec_format(str(folder / "glove"), binary=False, no_header=True)
    (folder / "converted").write_text("3 2\n" + (folder / "glove").read_text())
    again = models.KeyedVectors.load_word2vec_format(str(folder / "converted"))
    return wv.index_to_key, wv.vectors, again.vectors, again.similarity("the", "of")


@recipe("training goes on with new words")
def _(models: Any, folder: Path) -> Any:
    models.Word2Vec(TEXT, **OPTIONS).save(str(folder / "word2vec.model"))
    model = models.Word2Vec.load(str(folder / "word2vec.model"))
    before = model.wv.vectors.copy()
    model.build_vocab(MORE, update=True)
    trained = model.train(MORE, total_examples=model.corpus_count, epochs=model.epochs)
    return trained, sorted(model.wv.index_to_key), changed(before, model.wv.vectors), model.wv["harbour"].shape


@recipe("pretrained vectors into a model, by intersect_word2vec_format")
def _(models: Any, folder: Path) -> Any:
    path = pretrained(models, folder)
    model = models.Word2Vec(**OPTIONS)
    model.build_vocab(TEXT)
    total = model.corpus_count
    known = models.KeyedVectors.load_word2vec_format(path)
    model.build_vocab([list(known.key_to_index.keys())], update=True)
    model.wv.vectors_lockf = np.ones(len(model.wv), dtype=np.float32)
    model.wv.intersect_word2vec_format(path, binary=False, lockf=0.0)
    before = model.wv.vectors.copy()
    model.train(TEXT, total_examples=total, epochs=model.epochs)
    return sorted(model.wv.index_to_key), changed(before, model.wv.vectors), model.wv["ocean"], model.wv["york"]


@recipe("pretrained vectors into a model, row by row")
def _(models: Any, folder: Path) -> Any:
    known = models.KeyedVectors.load_word2vec_format(pretrained(models, folder))
    model = models.Word2Vec(**OPTIONS)
    model.build_vocab(TEXT)
    for word, row in model.wv.key_to_index.items():
        if word in known:
            model.wv.vectors[row] = known[word]
    started = model.wv["york"].copy()
    model.train(TEXT, total_examples=model.corpus_count, epochs=1)
    return started, bool((model.wv["york"] != started).any())


@recipe("callbacks that log the loss of each epoch and save the model")
def _(models: Any, folder: Path) -> Any:
    class EpochLogger(models.callbacks.CallbackAny2Vec):
        def __init__(self) -> None:
            self.epoch, self.loss = 0, 0.0
            self.seen: list[Any] = []

        def on_epoch_begin(self, model: Any) -> None:
            self.seen.append(f"Epoch #{self.epoch} start")

        def on_epoch_end(self, model: Any) -> None:
            loss = model.get_latest_training_loss()
            self.seen.append(bool(loss - self.loss > 0))
            self.epoch, self.loss = self.epoch + 1, loss
            model.save(str(folder / f"epoch{self.epoch}.model"))
            self.seen.append(len(model.wv.most_similar("new", topn=3)))

    logger = EpochLogger()
    models.Word2Vec(TEXT, compute_loss=True, callbacks=[logger], **OPTIONS)
    models_saved = sorted(path.name for path in folder.glob("*.model"))
    return logger.seen, models_saved, len(models.Word2Vec.load(str(folder / "epoch1.model")).wv)


@recipe("a vocabulary chosen by trim_rule")
def _(models: Any, _folder: Path) -> Any:
    keep, discard, default = 2, 1, 0  # RULE_KEEP, RULE_DISCARD, RULE_DEFAULT

    def rule(word: str, count: int, min_count: int) -> int:
        return keep if word == "c" else discard if len(word) == 1 or count > 40 else default

    model = models.Word2Vec(TEXT, **OPTIONS | {"min_count": 20}, trim_rule=rule)
    return sorted(model.wv.index_to_key)


@recipe("a corpus class that starts anew")
def _(models: Any, folder: Path) -> Any:
    (folder / "text").write_text("\n".join(map(" ".join, TEXT)))

    class MyCorpus:
        def __iter__(self) -> Iterator[list[str]]:
            for line in (folder / "text").open():
                yield line.lower().split()

    model = models.Word2Vec(**OPTIONS)
    model.build_vocab(corpus_iterable=MyCorpus())
    return model.train(corpus_iterable=MyCorpus(), total_examples=model.corpus_count, epochs=3), len(model.wv)


@recipe("vectors saved in word2vec's format and loaded")
def _(models: Any, folder: Path) -> Any:
    model = models.Word2Vec(TEXT, **OPTIONS)
    same = []
    for binary in (False, True):
        model.wv.save_word2vec_format(str(folder / "vectors"), binary=binary)
        wv = models.KeyedVectors.load_word2vec_format(str(folder / "vectors"), binary=binary)
        same.append(bool(np.array_equal(wv.vectors, model.wv.vectors)) and wv.index_to_key == model.wv.index_to_key)
    return same


@recipe("vectors kept, the model thrown away, the file mapped")
def _(models: Any, folder: Path) -> Any:
    model = models.Word2Vec(TEXT, **OPTIONS)
    expected = model.wv.vectors.copy()
    model.wv.save(str(folder / "vectors.kv"))
    del model
    wv = models.KeyedVectors.load(str(folder / "vectors.kv"), mmap="r")
    return bool(np.array_equal(wv.vectors, expected)), len(wv.most_similar("new"))


@recipe("an empty KeyedVectors that is filled")
def _(models: Any, _folder: Path) -> Any:
    kv = models.KeyedVectors(vector_size=3)
    kv.add_vectors(["a", "b"], [np.array([1.0, 0, 0]), np.array([0.6, 0.8, 0])])
    kv.add_vector("c", np.array([0, 0, 1.0]))
    kv["d"] = np.array([0, 1.0, 0])
    return kv.most_similar("a"), kv.index_to_key, kv.vectors, len(kv)


@recipe("normed vectors, and a search of one's own")
def _(models: Any, _folder: Path) -> Any:
    wv = vectors(models)
    wv.fill_norms()
    units = wv.get_normed_vectors()
    scores = units @ wv.get_vector("w1", norm=True)
    return [wv.index_to_key[row] for row in np.argsort(-scores)[:5]], wv.norms[:3], np.linalg.norm(units, axis=1)[:3]


@recipe("analogies in every form")
def _(models: Any, _folder: Path) -> Any:
    wv = vectors(models)
    return (
        wv.most_similar(positive=["woman", "king"], negative=["man"], topn=3),
        wv.most_similar_cosmul(positive=["woman", "king"], negative=["man"], topn=3),
        wv.similar_by_vector(wv["king"] - wv["man"] + wv["woman"], topn=3),
        wv.doesnt_match(["king", "queen", "man", "w1"]),
        wv.distances("king", ["queen", "man"]),
        wv.distance("king", "queen"),
        wv.n_similarity(["king", "queen"], ["man", "woman"]),
    )


@recipe("bigrams and trigrams by Phraser")
def _(models: Any, _folder: Path) -> Any:
    text = [["new", "york", "city", "hall"], ["the", "new", "york", "city", "hall"], ["a", "river"]] * 10
    bigram = models.phrases.Phraser(models.Phrases(text, min_count=2, threshold=1, delimiter="_"))
    trigram = models.phrases.Phraser(models.phrases.Phrases(bigram[text], min_count=2, threshold=1))
    joined = [trigram[bigram[sentence]] for sentence in text]
    model = models.Word2Vec(trigram[bigram[text]], **OPTIONS)
    return joined[:3], sorted(model.wv.index_to_key), model.corpus_count


@recipe("pickle and deepcopy")
def _(models: Any, _folder: Path) -> Any:
    model = models.Word2Vec(TEXT, **OPTIONS)
    answers = []
    for made in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        same = bool(np.array_equal(made.wv.vectors, model.wv.vectors))
        trained = made.train(TEXT, total_examples=40, epochs=1)
        answers.append([same, trained, bool(np.array_equal(made.wv.vectors, model.wv.vectors))])
    wv = pickle.loads(pickle.dumps(model.wv))
    return answers, bool(np.array_equal(copy.copy(wv).vectors, model.wv.vectors))


def nearest_key(wv: Any, word: str) -> str:
    return wv.most_similar(word, topn=1)[0][0]


@recipe("queries in other processes")
def _(models: Any, _folder: Path) -> Any:
    wv = vectors(models)
    answers = []
    for method in ["spawn"] if sys.platform == "win32" else ["fork", "spawn"]:
        with multiprocessing.get_context(method).Pool(2) as pool:
            answers.append(pool.starmap(nearest_key, [(wv, word) for word in WORDS[:5]]))
    return answers


@recipe("vectors of chosen words only, by hand")
def _(models: Any, folder: Path) -> Any:
    wv, chosen = vectors(models), ["w3", "king", "w1"]
    rows = [wv.key_to_index[word] for word in chosen]
    wv.vectors = wv.vectors[rows]
    wv.index_to_key = chosen
    wv.key_to_index = {word: row for row, word in enumerate(chosen)}
    wv.norms = None
    wv.fill_norms(force=True)
    wv.save(str(folder / "few.kv"))
    wv.save_word2vec_format(str(folder / "few.txt"))
    loaded = models.KeyedVectors.load(str(folder / "few.kv"))
    text = (folder / "few.txt").read_text()
    return wv.most_similar("king", topn=5), loaded.index_to_key, loaded.vectors, text, len(wv)


@recipe("vectors of chosen words only, by vectors_for_all")
def _(models: Any, _folder: Path) -> Any:
    wv = vectors(models).vectors_for_all(["w3", "king", "zz"])
    return wv.most_similar("king"), wv.index_to_key


@recipe("an embedding matrix for Keras or PyTorch")
def _(models: Any, _folder: Path) -> Any:
    wv, ids = vectors(models), {"w1": 1, "zz": 2, "king": 3}
    matrix = np.zeros((len(ids) + 1, wv.vector_size))
    for word, row in ids.items():
        try:
            matrix[row] = wv.get_vector(word)
        except KeyError:
            continue
    weights = np.ascontiguousarray(wv.vectors, dtype=np.float32)
    return matrix, weights.shape, [wv.key_to_index[word] for word in ids if word in wv.key_to_index]


@recipe("walks of nodes, as node2vec")
def _(models: Any, _folder: Path) -> Any:
    walks = [[str((start + step) % 7) for step in range(6)] for start in range(7)]
    model = models.Word2Vec(walks, window=2, sg=1, hs=0, negative=3, **OPTIONS)
    table = np.array([model.wv[str(node)] for node in range(7)])
    return table.shape, [str(node) in model.wv for node in (0, 6, 7)]


@recipe("a learning rate that is lowered by hand")
def _(models: Any, _folder: Path) -> Any:
    model = models.Word2Vec(**OPTIONS | {"alpha": 0.025, "min_alpha": 0.025})
    model.build_vocab(TEXT)
    for _ in range(3):
        model.train(TEXT, total_examples=model.corpus_count, epochs=1)
        model.alpha -= 0.002
        model.min_alpha = model.alpha
    return model.alpha, model.min_alpha, model.train_count


@recipe("words that keep their vectors while others learn")
def _(models: Any, _folder: Path) -> Any:
    model = models.Word2Vec(TEXT, **OPTIONS)
    before = model.wv.vectors.copy()
    model.build_vocab(MORE, update=True)
    model.wv.vectors_lockf = np.array([0.0] * len(before) + [1.0] * (len(model.wv) - len(before)), np.float32)
    model.train(MORE, total_examples=len(MORE), epochs=2)
    return changed(before, model.wv.vectors)


@recipe("how likely a context's words are")
def _(models: Any, _folder: Path) -> Any:
    model = models.Word2Vec(TEXT, **OPTIONS)
    found = model.predict_output_word(["new", "city"], topn=10)
    return len(found), round(float(sum(probability for _, probability in found)), 3)
