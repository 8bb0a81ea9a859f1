"""The paragraphs on what stays and what differs."""

from __future__ import annotations

import gzip
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from peers.gensim.page.asked import (
    LINES,
    NEW,
    PHRASES,
    TEXT,
    Asked,
    Question,
    Recorder,
    after,
    at_home,
    counts,
    default,
    differs,
    discard,
    files,
    has,
    integers,
    named,
    nan_score,
    one_step,
    raised,
    same,
    state_of,
    table_of,
    warned,
)
from peers.gensim.questions import SIZE, WORDS, uniform

SAME: dict[str, Question] = {
    **{
        f"What stays: {name}": question
        for name, question in {
            "vocabulary and counts": lambda a: [
                list(a.model(min_count=12).wv.index_to_key),
                counts(a.model(min_count=12).wv),
            ],
            "subsampling": lambda a: [
                float(a.model(sample=sample).wv.get_vecattr(word, "sample_int")) / 2**32
                for sample in (0.01, 0.2)
                for word in ("new", "york", "c")
            ],
            "fresh vectors": lambda a: a.model(seed=3).wv.vectors,
            "queries": lambda a: a.counted().most_similar(["w1", "w2"], ["w3"]),
        }.items()
    },
    "Training: `seed`": lambda a: [
        bool(np.array_equal(a.trained(seed=3).wv.vectors, a.trained(seed=3).wv.vectors)),
        bool(np.array_equal(a.trained(seed=3).wv.vectors, a.trained(seed=4).wv.vectors)),
    ],
    "Files: `load` on a model": lambda a: raised(lambda: a.trained().load(a.path("model"))),
    "Training: `workers`: the attribute": lambda a: a.models.Word2Vec(workers=2).workers,
    "Training: Settings are checked: what is taken": lambda a: [
        a.trained(**{name: value}).train_count for name, value in (("window", 5.0), ("sg", "1"), ("sample", None))
    ],
}

DIFFERS: dict[str, tuple[Question, Any]] = {
    "Corpora: A generator is accepted": (
        lambda a: raised(lambda: state_of(a.trained(sentence for sentence in TEXT))),
        [40, 241, 2, 1, 1],
    ),
    "Corpora: A str as corpus or as sentence is a TypeError": (
        lambda a: [raised(lambda text=text: counts(a.model(text).wv)) for text in ("aab", ["aab", "b"])],
        ["TypeError", "TypeError"],
    ),
    "Corpora: `corpus_file`": (
        lambda a: [
            raised(lambda source=source: counts(a.models.Word2Vec(corpus_file=source(), min_count=1).wv))
            for source in (
                lambda: files(a),
                lambda: a.file("packed", gzip.compress(LINES.encode())),
                lambda: a.file("mark", b"\xef\xbb\xbfa b\n"),
                lambda: a.file("bad", b"a \xff b\n"),
                lambda: a.file("nul", b"a \x00 b\n"),
                lambda: a.file("wide", "a b\n".encode("utf-16")),
                lambda: a.path("nothing"),
            )
        ],
        [
            {"a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1, "first": 1, "g": 1, "line": 1},
            {"a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1, "g": 1},
            {"a": 1, "b": 1},
            "ValueError",
            "ValueError",
            "ValueError",
            "FileNotFoundError",
        ],
    ),
    "Corpora: Sentences longer than 10,000 words are used whole": (
        lambda a: a.model([["a", "b"]]).train([["a", "b"] * 6000], total_examples=1, epochs=1),
        [12000, 12000],
    ),
    "Corpora: An empty corpus, or one where no word reaches `min_count`, is an error": (
        lambda a: [
            raised(lambda: counts(a.model([]).wv), ValueError),
            raised(lambda: counts(a.model([["a"]], min_count=5).wv), ValueError),
            warned(lambda: a.model().train([["unknown"]], total_examples=1, epochs=1)),
            after(a.model(), "train", [["unknown"]], total_examples=1, epochs=1).train_count,
            raised(lambda: a.model().train(iter([]), total_examples=1, epochs=1), ValueError),
        ],
        ["ValueError", "ValueError", ["UserWarning"], 0, "ValueError"],
    ),
    "Vocabulary: Words that are equally frequent keep the order in which they first occur": (
        lambda a: list(a.model([["b", "c", "a", "c", "c"]]).wv.index_to_key),
        ["c", "b", "a"],
    ),
    "Vocabulary: `max_vocab_size` keeps exactly the most frequent words, that many of them": (
        lambda a: counts(a.model([["a"], ["b"], ["c"], ["d"], ["d", "b"]], max_vocab_size=2).wv),
        {"b": 2, "d": 2},
    ),
    "Vocabulary: `build_vocab` takes `min_count` and `sample`": (
        lambda a: [
            raised(lambda: a.models.Word2Vec().build_vocab(TEXT, dry_run=True)),
            *has(a.models.Word2Vec.prepare_vocab, "dry_run"),
        ],
        ["TypeError", True],
    ),
    "Vocabulary: A `sample` of 1 or more": (
        lambda a: float(a.model(sample=3).wv.get_vecattr("new", "sample_int")) / 2**32,
        0.575897682,
    ),
    "Vocabulary: `trim_rule` and `callbacks` without a corpus": (
        lambda a: [
            warned(lambda: a.models.Word2Vec(trim_rule=discard)),
            warned(lambda: a.models.Word2Vec(callbacks=[Recorder()])),
        ],
        [["UserWarning"], ["UserWarning"]],
    ),
    "Training: `workers`": (
        lambda a: [default(a.models.Word2Vec, "workers"), a.models.Word2Vec(workers=-1).workers >= 1],
        [None, True],
    ),
    "Training: `train()` needs neither totals nor `epochs`": (
        lambda a: [
            raised(lambda: a.model(epochs=3).train(TEXT)),
            raised(lambda: a.model().train(TEXT, total_examples=40, epochs=0)),
        ],
        [[723, 723], [0, 0]],
    ),
    "Training: Negatives are drawn once for up to four words in a row": (
        lambda a: has(a.models.Word2Vec, "negatives_per_pair"),
        [True],
    ),
    "Training: The sigmoid is computed": (lambda a: one_step(a, 1.0), [0.488379955, 1.82994487]),
    "Training: Scores above 6 are learned from": (lambda a: one_step(a, 7.0), [-5.98752451, 7.04642169]),
    "Training: The loss is the sum over all pairs in float64": (lambda a: one_step(a, 6.5)[1], 6.56633797),
    "Training: Huffman paths are trained in part": (lambda a: has(a.models.Word2Vec, "hs_exact"), [True]),
    "Training: `cbow_exact=True`": (lambda a: raised(lambda: a.model(cbow_exact=True).cbow_exact), True),
    "Training: `hashfxn`, `batch_words`, `queue_factor`, `report_delay` do nothing": (
        lambda a: [
            warned(lambda: a.models.Word2Vec(hashfxn=len)),
            warned(lambda: a.models.Word2Vec(batch_words=5)),
            warned(lambda: a.model().train(TEXT, total_examples=40, epochs=1, queue_factor=3)),
            warned(lambda: a.model().train(TEXT, total_examples=40, epochs=1, report_delay=0.5)),
            warned(lambda: a.model().build_vocab(TEXT, progress_per=5)),
        ],
        [["UserWarning"]] * 4 + [[]],
    ),
    "Training: Settings are checked": (
        lambda a: [
            raised(lambda name=name, value=value: a.trained(**{name: value}).train_count)
            for name, value in (("window", 2.5), ("alpha", float("nan")), ("workers", 0))
        ],
        ["TypeError", "ValueError", "ValueError"],
    ),
    "Training: A run that diverges is a FloatingPointError": (
        lambda a: raised(lambda: [a.trained(alpha=1e30, min_alpha=1e30, epochs=20), "goes on"][1]),
        "FloatingPointError",
    ),
    "Training: A callback may lack methods": (
        lambda a: raised(lambda: a.trained(callbacks=[SimpleNamespace(on_epoch_end=lambda _model: None)]).train_count),
        1,
    ),
    "Training: Logging": (lambda a: has(a.models.Word2Vec.train, "progress"), [True]),
    "Files: `save` and `load` use a format of their own": (
        lambda a: [
            warned(lambda: a.trained().save(a.path("model"), separately=["syn1neg"])),
            sorted(path.name for path in a.folder.iterdir()),
        ],
        [["UserWarning"], ["model"]],
    ),
    "Files: `save` and `load` use a format of their own: other keys": (
        lambda a: raised(lambda: named(a, [(1, 2)]).save(a.path("kv"))),
        "TypeError",
    ),
    "Files: `mmap`": (
        lambda a: [
            (a.trained().save(a.path("model")), warned(lambda: a.models.Word2Vec.load(a.path("model"), mmap="r")))[1],
            raised(lambda: type(a.models.KeyedVectors.load(a.path("model"), mmap="r")).__name__),
        ],
        [["UserWarning"], "KeyedVectors"],
    ),
    "Files: `save_word2vec_format`": (
        lambda a: raised(lambda: named(a, ["new york"]).save_word2vec_format(a.path("out"))),
        "ValueError",
    ),
    "Files: `load_word2vec_format`": (
        lambda a: table_of(a.models.KeyedVectors.load_word2vec_format(a.file("twice", "3 2\nx 1 2\nx 3 4\ny 5 6\n"))),
        [["x", "y"], [[1.0, 2.0], [5.0, 6.0]]],
    ),
    "Files: `load_word2vec_format`: more vectors than the header says": (
        lambda a: raised(
            lambda: table_of(a.models.KeyedVectors.load_word2vec_format(a.file("more", "1 2\nx 1 2\ny 3 4\n")))
        ),
        "ValueError",
    ),
    "Vectors and queries: Integers count as row numbers only while no key is an integer": (
        lambda a: [raised(lambda: integers(a)[0].tolist()), 1 in integers(a)],
        ["KeyError", False],
    ),
    "Vectors and queries: A key is at distance 0 from itself": (
        lambda a: [float(a.kv().distance(word, word)) for word in WORDS] == [0.0] * len(WORDS),
        True,
    ),
    "Vectors and queries: `most_similar_cosmul` honours `restrict_vocab`": (
        lambda a: [
            [key for key, _ in a.kv().most_similar_cosmul("w0", topn=3, restrict_vocab=12)],
            a.kv().most_similar_cosmul([3 * a.kv().get_vector("w0", norm=True)], topn=2),
        ],
        [["w11", "w10", "w9"], [["w0", 0.999999046], ["w21", 0.999443173]]],
    ),
    "Vectors and queries: `evaluate_word_analogies` honours `similarity_function`": (
        lambda a: [
            raised(
                lambda: a.kv().evaluate_word_analogies(
                    a.file("x", ": one\nking man queen woman\n"), similarity_function="nothing"
                )[0]
            ),
            raised(lambda: a.kv().evaluate_word_analogies(a.file("x", ": one\nking man queen zz\n"))[0]),
        ],
        ["AttributeError", "ValueError"],
    ),
    "Vectors and queries: A single str counts as one key": (
        lambda a: [
            raised(lambda: a.kv().doesnt_match("w3")),
            raised(lambda: a.kv().rank_by_centrality("w3")[0][1]),
            raised(lambda: float(a.kv().n_similarity("w3", "w3"))),
            a.kv().get_mean_vector("w3", pre_normalize=False)[:2],
            raised(lambda: bool(a.filled().predict_output_word("new"))),
            raised(lambda: len(a.kv().vectors_for_all("w3"))),
        ],
        ["w3", "w3", 1.0, uniform(len(WORDS), SIZE)[3, :2], "TypeError", "TypeError"],
    ),
    "Vectors and queries: `kv[[]]`": (lambda a: raised(lambda: list(a.kv()[[]].shape)), [0, SIZE]),
    "Vectors and queries: `predict_output_word`": (
        lambda a: [
            type(a.filled().predict_output_word(["new"])[0][1]).__name__,
            warned(lambda: a.filled().predict_output_word(["zz"])),
        ],
        ["float", ["UserWarning"]],
    ),
    "Vectors and queries: `score`": (lambda a: default(a.models.Word2Vec.score, "total_sentences"), None),
    "Phrases: `max_vocab_size` keeps exactly the most frequent words and pairs, and changes no score": (
        lambda a: [len(a.phrases(max_vocab_size=6).vocab), list(a.phrases(max_vocab_size=6).export_phrases().values())],
        [6, [1.19871795]],
    ),
    "Phrases: A str as sentence is a TypeError": (
        lambda a: [
            raised(lambda: dict(a.phrases(["ab", "ab"]).vocab)),
            raised(lambda: sorted(a.phrases(connector_words="of").connector_words)),
            raised(lambda: list(a.phrases().freeze()["ab"])),
        ],
        ["TypeError", "TypeError", "TypeError"],
    ),
    "Phrases: An empty corpus is an error": (
        lambda a: raised(lambda: dict(a.models.Phrases([]).vocab), ValueError),
        "ValueError",
    ),
    "Phrases: Nothing is lost": (lambda a: list(a.phrases()[["new", "", "york"]]), ["new", "", "york"]),
    "Phrases: A score of NaN makes no phrase": (lambda a: list(a.phrases(scoring=nan_score).export_phrases()), []),
}

NOT_ASKED: dict[str, str] = {
    "Training: `fastemb train`, the command, learns skip-gram": "gensim has no such command; tests/cli asks it",
    "Training: With both `hs=1` and `negative` > 0": "the lengths of vectors after long training",
    "Training: A run that was killed goes on": "gensim has no checkpoints; tests/contract asks for ours",
    "Phrases: A `Corpus` may take the place of sentences": "gensim has no such class; tests/phrases asks it",
}


@same(SAME, "Training: While an epoch runs, `wv.vectors`, `syn1neg` and `syn1` may be in other memory")
def _(a: Asked) -> Any:
    model = a.model()
    held = model.wv.vectors
    before = model.wv.vectors.copy()
    return [
        model.train(TEXT, total_examples=40, epochs=1),
        held is model.wv.vectors,
        bool((held != before).any()),
        held.flags.c_contiguous,
    ]


@same(SAME, "Vocabulary: `build_vocab(update=True)`: counts")
def _(a: Asked) -> Any:
    model = a.trained()
    return [model.build_vocab(NEW, update=True), counts(model.wv)]


@differs(DIFFERS, "Vocabulary: `build_vocab_from_freq` sets `corpus_total_words`", 14)
def _(a: Asked) -> Any:
    model = a.models.Word2Vec(min_count=1)
    model.build_vocab_from_freq({"x": 5, "y": 9})
    return model.corpus_total_words


@differs(DIFFERS, "Vocabulary: `build_vocab(update=True)`", [0.758316115, 1.0, 1.0])
def _(a: Asked) -> Any:
    model = a.model(sample=0.05)
    model.build_vocab([["new", "york"], ["harbour"]], update=True)
    return [float(model.wv.get_vecattr(word, "sample_int")) / 2**32 for word in ("new", "harbour", "c")]


@differs(DIFFERS, "Training: `train()` does not change settings", [0.025, 0.0001, 5])
def _(a: Asked) -> Any:
    model = a.model()
    model.train(TEXT, total_examples=40, epochs=7, start_alpha=0.5, end_alpha=0.25)
    return [model.alpha, model.min_alpha, model.epochs]


@differs(DIFFERS, "Files: Attributes of your own and of subclasses", [["UserWarning"], [False, [0, 1, 2], False]])
def _(a: Asked) -> Any:
    model = a.trained()
    vars(model).update(pair=(1, 2), array=np.arange(3), of_set={1, 2})
    warnings = warned(lambda: model.save(a.path("model")))
    found = a.models.Word2Vec.load(a.path("model"))
    return [warnings, [found.pair == (1, 2), found.array.tolist(), hasattr(found, "of_set")]]


@differs(DIFFERS, "Vectors and queries: Vectors of zeros have cosine 0 with everything", [0.0, [1.0], 0.0, 0.0])
def _(a: Asked) -> Any:
    kv = a.kv()
    kv.add_vectors(["zero"], np.zeros((1, SIZE)))
    kv.fill_norms(force=True)
    return [
        kv.most_similar("w1", topn=None)[-1],
        kv.distances("w1", ["zero"]),
        kv.get_vector("zero", norm=True)[0],
        kv.get_normed_vectors()[-1, 0],
    ]


@differs(DIFFERS, "Vectors and queries: Norms are always fresh", [["w17", 0.332063943]])
def _(a: Asked) -> Any:
    kv = a.kv()
    kv.fill_norms()
    kv.add_vectors(["new"], 5 * np.ones((1, SIZE)))
    return raised(lambda: kv.most_similar("new", topn=1))


@differs(DIFFERS, "Vectors and queries: `add_vectors` takes `extras`", [None, 2, 1, 3, 0])
def _(a: Asked) -> Any:
    kv = a.kv()
    return [
        raised(lambda: kv.add_vectors(["x", "y", "x"], uniform(3, SIZE), extras={"count": np.array([1, 2, 3])})),
        len(kv) - len(WORDS),
        raised(lambda: int(kv.get_vecattr("x", "count"))),
        raised(lambda: kv.add_vector("w3", np.ones(SIZE))),
        raised(lambda: int(after(a.counted(), "add_vectors", ["new"], np.ones((1, SIZE))).get_vecattr("new", "count"))),
    ]


@differs(DIFFERS, "Phrases: A pair counts for itself", ["new_york_city", 0.96])
def _(a: Asked) -> Any:
    found = a.phrases([["new_york", "city"], ["new", "york_city"]] * 5)
    return found.score_candidate("new_york", "city", [])


@differs(
    DIFFERS,
    "Phrases: `freeze` and `export_phrases` know the phrases of a second pass",
    ["is_a_city", "new_york_is_a", "the_new_york_of", "york_of_old"],
)
def _(a: Asked) -> Any:
    first = a.phrases(threshold=1.0)
    return sorted(a.phrases(first[PHRASES], threshold=0.2).export_phrases())


@differs(
    DIFFERS,
    "Phrases: What is returned for a generator can be read once",
    [[["new_york", "is_a", "city"]], "ValueError"],
)
def _(a: Asked) -> Any:
    joined = a.phrases()[(one for one in PHRASES[:1])]
    return [list(joined), raised(lambda: list(joined))]


@differs(DIFFERS, "Vectors and queries: Vectors of float64 are left as they are", [[3.0, 4.0], [6.0, 8.0]])
def _(a: Asked) -> Any:
    kv = a.models.KeyedVectors(2, dtype=np.float64)
    kv.add_vectors(["x", "y"], np.array([[3.0, 4.0], [6.0, 8.0]]))
    kv.similarity("x", "y")
    return kv.vectors


@same(SAME, "Files: Paths")
def _(a: Asked) -> Any:
    paths = ["file://" + a.path("vectors.txt"), "~/vectors.txt"]
    return at_home(a, lambda: [table_of(a.models.KeyedVectors.load_word2vec_format(path)) for path in paths])


@same(SAME, "Files: A file that is replaced")
def _(a: Asked) -> Any:
    path = Path(a.file("private", "old"))
    path.chmod(0o600)
    named(a, "xy").save(str(path))
    return oct(path.stat().st_mode & 0o777)


@differs(DIFFERS, "Vectors and queries: Vectors that are cut down by assigning", [52, 1])
def _(a: Asked) -> Any:
    kv = a.counted()
    kv.vectors, kv.index_to_key = kv.vectors[[3, 0]], ["w3", "w0"]
    kv.key_to_index = {"w3": 0, "w0": 1}
    return [int(kv.get_vecattr(word, "count")) for word in ("w3", "w0")]


@differs(
    DIFFERS,
    "Vectors and queries: `list(kv)` gives the keys, `np.asarray(kv)` the vectors, `kv[:5]` those of the first keys",
    [["x", "y"], [2, 2], [1, 2]],
)
def _(a: Asked) -> Any:
    kv = named(a, "xy")
    return [
        raised(lambda: list(kv)),
        raised(lambda: list(np.asarray(kv).shape)),
        raised(lambda: list(kv[:1].shape)),
    ]


@differs(DIFFERS, "Training: `compute_loss=True` of the constructor", True)
def _(a: Asked) -> Any:
    model = a.trained(compute_loss=True)
    model.train(TEXT, total_examples=len(TEXT), epochs=1)
    return bool(model.get_latest_training_loss() > 0)


@differs(DIFFERS, "Training: A learning rate that would rise is an error", "ValueError")
def _(a: Asked) -> Any:
    return raised(lambda: a.trained(min_alpha=5).train_count)


@differs(DIFFERS, "Training: A callback stops training with `StopTraining`", True)
def _(a: Asked) -> Any:
    return hasattr(a.models.callbacks, "StopTraining")


@differs(DIFFERS, "Training: One training at a time", "RuntimeError")
def _(a: Asked) -> Any:
    model, found = a.model(), []

    class Meanwhile(a.models.callbacks.CallbackAny2Vec):
        def on_epoch_end(self, _model: Any) -> None:
            again = threading.Thread(
                target=lambda: found.append(raised(lambda: model.train(TEXT, total_examples=len(TEXT), epochs=1)[1]))
            )
            again.start()
            again.join()

    model.train(TEXT, total_examples=len(TEXT), epochs=1, callbacks=[Meanwhile()])
    return found[0]
