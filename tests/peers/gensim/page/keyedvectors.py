"""The rows of KeyedVectors."""

from __future__ import annotations

import gzip
import hashlib
import inspect
import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from peers.gensim.page.asked import (
    Asked,
    Index,
    Question,
    after,
    at_home,
    counts,
    differs,
    integers,
    intersected,
    locked,
    logged,
    named,
    raised,
    roundtrip,
    same,
    shape_of,
    some,
    table_of,
    warned,
)
from peers.gensim.questions import SIZE, WORDS, uniform

SAME: dict[str, Question] = {
    "KeyedVectors.closer_than": lambda a: [
        a.kv().closer_than("w0", "w9"),
        raised(lambda: a.kv().closer_than("w0", "zz")),
    ],
    "KeyedVectors.cosine_similarities: other vectors": lambda a: a.models.KeyedVectors.cosine_similarities(
        uniform(1, SIZE)[0], uniform(5, SIZE)
    ),
    "KeyedVectors.cosine_similarities: lists": lambda a: a.models.KeyedVectors.cosine_similarities(
        [1.0, 2.0], [[1.0, 2.0], [2.0, 1.0]]
    ),
    "KeyedVectors.distance": lambda a: [a.kv().distance("w0", "w1"), raised(lambda: a.kv().distance("w0", "zz"))],
    "KeyedVectors.distances": lambda a: a.kv().distances("w0"),
    "KeyedVectors.distances: to some": lambda a: a.kv().distances("w0", ["w2", "w3"]),
    "KeyedVectors.distances: from a vector": lambda a: a.kv().distances(uniform(1, SIZE)[0], ("w2", "w3")),
    "KeyedVectors.doesnt_match": lambda a: [
        a.kv().doesnt_match(WORDS[:7]),
        a.kv().doesnt_match(["w3", "zz", "w2", "w0"]),
        a.kv().doesnt_match(["w3", "w2", "w0"]),
        raised(lambda: a.kv().doesnt_match(["zz"])),
    ],
    "KeyedVectors.evaluate_word_analogies: by sections": lambda a: a.kv().evaluate_word_analogies(
        a.file("analogies", ": one\nking man queen woman\nw0 w1 w2 w3\nw0 w1\n: two\nw5 w6 w7 zz\n"), restrict_vocab=46
    ),
    "KeyedVectors.evaluate_word_analogies: no header": lambda a: raised(
        lambda: a.kv().evaluate_word_analogies(a.file("analogies", "king man queen woman\n"))
    ),
    "KeyedVectors.evaluate_word_pairs: none is known": lambda a: raised(
        lambda: a.kv().evaluate_word_pairs(a.file("pairs", "x\ty\t1\n"))
    ),
    "KeyedVectors.expandos: of a count": lambda a: a.counted().expandos["count"],
    "KeyedVectors.get_index: keys": lambda a: [
        a.kv().get_index("w3"),
        a.kv().get_index(3),
        a.kv().get_index("zz", -7),
        raised(lambda: a.kv().get_index("zz")),
        raised(lambda: a.kv().get_index(1000)),
        raised(lambda: a.kv().get_index(-1)),
    ],
    "KeyedVectors.get_mean_vector": lambda a: [
        a.kv().get_mean_vector(WORDS[:5], weights=[1, 2, -3, 4, 5]),
        a.kv().get_mean_vector(["w0", "zz"]),
        a.kv().get_mean_vector(["w0", "w1"], pre_normalize=False),
        a.kv().get_mean_vector(["w0", uniform(1, SIZE)[0], 3], post_normalize=True),
        raised(lambda: a.kv().get_mean_vector(["w0", "zz"], ignore_missing=False)),
        raised(lambda: a.kv().get_mean_vector([])),
        raised(lambda: a.kv().get_mean_vector(["w0"], weights=[1, 2])),
        a.kv().get_mean_vector(["zz"]),
    ],
    "KeyedVectors.get_normed_vectors": lambda a: some(a.kv().get_normed_vectors()),
    "KeyedVectors.get_vecattr": lambda a: [
        int(a.counted().get_vecattr("w3", "count")),
        raised(lambda: a.counted().get_vecattr("zz", "count")),
        raised(lambda: a.counted().get_vecattr("w3", "nothing")),
    ],
    "KeyedVectors.get_vector": lambda a: [
        a.kv().get_vector("w3"),
        a.kv().get_vector("w3", norm=True),
        a.kv().get_vector(3),
        a.kv().get_vector("w3").flags.writeable,
        a.kv().get_vector("w3", norm=True).flags.writeable,
        raised(lambda: a.kv().get_vector("zz")),
        a.kv()["w3"],
        a.kv()[["w3", "w1", 0]],
        raised(lambda: a.kv()[["w3", "zz"]]),
        a.kv()["w3"].dtype.name,
    ],
    "KeyedVectors.has_index_for": lambda a: [
        *(a.kv().has_index_for(key) for key in ("w3", "zz", 3, 1000)),
        "w3" in a.kv(),
        "zz" in a.kv(),
        3 in a.kv(),
    ],
    "KeyedVectors.index_to_key": lambda a: [a.kv().index_to_key, type(a.kv().index_to_key).__name__],
    "KeyedVectors.init_sims: warns": lambda a: warned(a.kv().init_sims),
    "KeyedVectors.intersect_word2vec_format: what is taken over": lambda a: [
        intersected(a, b"2 8\nw3 " + b"1.5 " * 7 + b"1.5\nzz" + b" 2.5" * 8 + b"\n")
    ],
    "KeyedVectors.intersect_word2vec_format: another size": lambda a: raised(
        lambda: a.models.KeyedVectors(3).intersect_word2vec_format(a.vector_file())
    ),
    "KeyedVectors.key_to_index": lambda a: [a.kv().key_to_index, type(a.kv().key_to_index).__name__],
    "KeyedVectors.load_word2vec_format": lambda a: [
        table_of(a.models.KeyedVectors.load_word2vec_format(a.vector_file(binary=binary), binary=binary))
        for binary in (False, True)
    ],
    "KeyedVectors.load_word2vec_format: limit": lambda a: [
        table_of(a.models.KeyedVectors.load_word2vec_format(a.vector_file(binary=binary), binary=binary, limit=3))
        for binary in (False, True)
    ],
    "KeyedVectors.load_word2vec_format: fvocab": lambda a: counts(
        a.models.KeyedVectors.load_word2vec_format(a.vector_file(fvocab=a.path("counts")), fvocab=a.path("counts"))
    ),
    "KeyedVectors.load_word2vec_format: counts without fvocab": lambda a: counts(
        a.models.KeyedVectors.load_word2vec_format(a.vector_file())
    ),
    "KeyedVectors.load_word2vec_format: datatype": lambda a: shape_of(
        a.models.KeyedVectors.load_word2vec_format(a.vector_file(), datatype=np.float16).vectors
    ),
    "KeyedVectors.load_word2vec_format: no_header": lambda a: table_of(
        a.models.KeyedVectors.load_word2vec_format(a.file("glove", "x 1 2\ny 3 4.5\n"), no_header=True)
    ),
    "KeyedVectors.load_word2vec_format: gzip": lambda a: table_of(
        a.models.KeyedVectors.load_word2vec_format(a.file("vectors.gz", gzip.compress(b"2 2\nx 1 2\ny 3 4.5\n")))
    ),
    "KeyedVectors.load_word2vec_format: file://": lambda a: table_of(
        a.models.KeyedVectors.load_word2vec_format("file://" + a.file("vectors.txt", "2 2\nx 1 2\ny 3 4.5\n"))
    ),
    "KeyedVectors.load_word2vec_format: ~": lambda a: at_home(
        a, lambda: table_of(a.models.KeyedVectors.load_word2vec_format("~/vectors.txt"))
    ),
    "KeyedVectors.load_word2vec_format: latin-1": lambda a: table_of(
        a.models.KeyedVectors.load_word2vec_format(
            a.file("latin", "1 2\né 1 2\n".encode("latin-1")), encoding="latin-1"
        )
    ),
    "KeyedVectors.load_word2vec_format: unicode_errors": lambda a: [
        raised(
            lambda errors=errors: table_of(
                a.models.KeyedVectors.load_word2vec_format(a.file("cut", b"1 2\na\xc3 1 2\n"), unicode_errors=errors)
            )
        )
        for errors in ("strict", "ignore", "replace")
    ],
    "KeyedVectors.load_word2vec_format: a file that ends early": lambda a: [
        raised(lambda: a.models.KeyedVectors.load_word2vec_format(a.file("short", "3 2\nx 1 2\n")), EOFError),
        raised(
            lambda: a.models.KeyedVectors.load_word2vec_format(
                a.file("short", b"3 2\nx " + bytes(8) + b"\n"), binary=True
            ),
            EOFError,
        ),
    ],
    "KeyedVectors.load_word2vec_format: no_header with binary": lambda a: raised(
        lambda: a.models.KeyedVectors.load_word2vec_format(a.vector_file(binary=True), binary=True, no_header=True)
    ),
    "KeyedVectors.load_word2vec_format: no such file": lambda a: raised(
        lambda: a.models.KeyedVectors.load_word2vec_format(a.path("nothing"))
    ),
    "KeyedVectors.log_accuracy": lambda a: logged(
        a.library, lambda: a.kv().log_accuracy({"section": "s", "correct": [1], "incorrect": [2, 3]})
    ),
    "KeyedVectors.log_evaluate_word_pairs": lambda a: logged(
        a.library, lambda: a.kv().log_evaluate_word_pairs((0.25, 0.5), (0.75, 0.5), 12.5, "pairs")
    ),
    "KeyedVectors.mapfile_path": lambda a: [
        a.kv().mapfile_path,
        a.models.KeyedVectors(2, mapfile_path="x").mapfile_path,
    ],
    "KeyedVectors.most_similar": lambda a: a.kv().most_similar("w0"),
    "KeyedVectors.most_similar: positive and negative": lambda a: a.kv().most_similar(["w0", "w5"], ["w7"]),
    "KeyedVectors.most_similar: weights, topn=None": lambda a: a.kv().most_similar(
        [("w0", 2.0), "w3"], [("w2", 3.0)], topn=None
    ),
    "KeyedVectors.most_similar: a vector": lambda a: a.kv().most_similar([np.array(a.kv()["w3"]), "w1"], topn=5),
    "KeyedVectors.most_similar: a vector alone": lambda a: a.kv().most_similar(np.array(a.kv()["w3"]), topn=3),
    "KeyedVectors.most_similar: a vector with a weight": lambda a: a.kv().most_similar(
        [(np.array(a.kv()["w3"]), 0.5), "w1"], topn=5
    ),
    "KeyedVectors.most_similar: a row number, topn=500": lambda a: a.kv().most_similar([0, "w4"], topn=500),
    "KeyedVectors.most_similar: one negative key": lambda a: a.kv().most_similar(negative="w4", topn=4),
    "KeyedVectors.most_similar: clip": lambda a: a.kv().most_similar("w0", clip_start=10, clip_end=30),
    "KeyedVectors.most_similar: clip, topn=None": lambda a: a.kv().most_similar(
        "w0", clip_start=10, clip_end=30, topn=None
    ),
    "KeyedVectors.most_similar: restrict_vocab": lambda a: a.kv().most_similar("w0", restrict_vocab=20),
    "KeyedVectors.most_similar: restrict_vocab before clip": lambda a: a.kv().most_similar(
        "w0", clip_start=30, restrict_vocab=20
    ),
    "KeyedVectors.most_similar: negative clip_start": lambda a: a.kv().most_similar(["w1"], clip_start=-7),
    "KeyedVectors.most_similar: clip_end=0": lambda a: a.kv().most_similar(["w1"], clip_end=0, topn=3),
    "KeyedVectors.most_similar: topn=0": lambda a: a.kv().most_similar(["w1"], topn=0),
    "KeyedVectors.most_similar: an indexer": lambda a: a.kv().most_similar(["w1", "w2"], topn=4, indexer=Index()),
    "KeyedVectors.most_similar: an indexer, topn=None": lambda a: a.kv().most_similar(
        ["w1"], topn=None, indexer=Index()
    )[:3],
    "KeyedVectors.most_similar: forms of keys": lambda a: [
        a.kv().most_similar(uniform(2, SIZE), topn=3),
        a.kv().most_similar(np.int64(3), topn=np.int64(2)),
        a.kv().most_similar([["w0", 0.5], "w1"], topn=3),
        a.kv().most_similar(["w0", "w0"], ["w1"], topn=3),
        a.kv().most_similar(["w1"], clip_end=-5, topn=3),
        a.kv().most_similar(["w1"], restrict_vocab=10**6, topn=3),
    ],
    "KeyedVectors.most_similar: errors": lambda a: [
        raised(lambda: a.kv().most_similar("zz")),
        raised(lambda: a.kv().most_similar()),
        raised(lambda: a.kv().most_similar([])),
        raised(lambda: a.kv().most_similar(["w0"], ["zz"])),
    ],
    "KeyedVectors.most_similar_cosmul: positive and negative": lambda a: a.kv().most_similar_cosmul(
        ["w0", "w1"], ["w2"]
    ),
    "KeyedVectors.most_similar_cosmul: topn=None": lambda a: a.kv().most_similar_cosmul(
        ["w0", "w1"], ["w2"], topn=None
    ),
    "KeyedVectors.most_similar_to_given": lambda a: [
        a.kv().most_similar_to_given("w0", ["w1", "w2", "w3"]),
        raised(lambda: a.kv().most_similar_to_given("w0", ["zz"])),
    ],
    "KeyedVectors.n_similarity": lambda a: [
        a.kv().n_similarity(["w0", "w1"], ["w2", "zz"]),
        raised(lambda: a.kv().n_similarity([], ["w2"])),
    ],
    "KeyedVectors.next_index: add_vector": lambda a: [
        a.models.KeyedVectors(2).next_index,
        a.models.KeyedVectors(2, count=3).next_index,
        after(a.models.KeyedVectors(2, count=1), "add_vector", "x", [1, 2]).next_index,
        after(
            after(a.models.KeyedVectors(2, count=1), "add_vector", "x", [1, 2]), "add_vector", "y", [1, 2]
        ).next_index,
    ],
    "KeyedVectors.rank": lambda a: [
        *(a.kv().rank("w0", word) for word in WORDS[1:]),
        raised(lambda: a.kv().rank("w0", "zz")),
    ],
    "KeyedVectors.rank_by_centrality": lambda a: [
        a.kv().rank_by_centrality(WORDS[:7]),
        a.kv().rank_by_centrality(WORDS[:7], use_norm=False),
        a.kv().rank_by_centrality(["w1", "zz"]),
        raised(lambda: a.kv().rank_by_centrality(["zz"])),
    ],
    "KeyedVectors.relative_cosine_similarity: no neighbours": lambda a: raised(
        lambda: named(a, "x").relative_cosine_similarity("x", "x")
    ),
    "KeyedVectors.relative_cosine_similarity": lambda a: [
        a.kv().relative_cosine_similarity("w0", "w1"),
        a.kv().relative_cosine_similarity("w0", "w1", topn=3),
    ],
    "KeyedVectors.save_word2vec_format": lambda a: [
        hashlib.sha256(Path(a.vector_file(binary=binary, **options)).read_bytes()).hexdigest()
        for binary, options in (
            (False, {"total_vec": 99, "prefix": "p_"}),
            (True, {}),
            (False, {"write_header": False, "sort_attr": "nothing"}),
        )
    ],
    "KeyedVectors.save_word2vec_format: fvocab": lambda a: [
        a.vector_file(fvocab=a.path("counts")) and Path(a.path("counts")).read_text(),
        raised(lambda: a.kv().save_word2vec_format(a.path("none"), fvocab=a.path("counts"))),
    ],
    "KeyedVectors.save_word2vec_format: file://": lambda a: [
        named(a, "xy").save_word2vec_format("file://" + a.path("url.txt")),
        Path(a.path("url.txt")).read_text(),
    ],
    "KeyedVectors.save_word2vec_format: ~": lambda a: at_home(
        a, lambda: [named(a, "xy").save_word2vec_format("~/saved.txt"), Path(a.path("saved.txt")).read_text()]
    ),
    "KeyedVectors.save: ~": lambda a: at_home(
        a, lambda: [named(a, "xy").save("~/saved"), table_of(a.models.KeyedVectors.load("~/saved"))]
    ),
    "KeyedVectors.similar_by_key": lambda a: [
        a.kv().similar_by_key("w3", 4),
        a.kv().similar_by_key("w3", 4, 20),
        a.kv().similar_by_key("w3", None),
    ],
    "KeyedVectors.similar_by_vector": lambda a: [
        a.kv().similar_by_vector(np.array(a.kv()["w3"]), 4),
        a.kv().similar_by_vector(np.array(a.kv()["w3"]), 4, 20),
    ],
    "KeyedVectors.similar_by_word": lambda a: [a.kv().similar_by_word("w3", 4), a.kv().similar_by_word("w3", 4, 20)],
    "KeyedVectors.similarity": lambda a: [
        a.kv().similarity("w0", "w1"),
        a.kv().similarity(0, "w1"),
        raised(lambda: a.kv().similarity("w0", "zz")),
    ],
    "KeyedVectors.similarity_unseen_docs": lambda a: raised(lambda: a.kv().similarity_unseen_docs(None, [], [])),
    "KeyedVectors.vector_size": lambda a: [a.kv().vector_size, a.model().wv.vector_size],
    "KeyedVectors.vectors": lambda a: [some(a.kv().vectors), shape_of(a.kv().vectors), a.kv().vectors.flags.writeable],
    "KeyedVectors.vectors_for_all: copy_vecattrs": lambda a: counts(
        a.counted().vectors_for_all(["w9", "w1"], copy_vecattrs=True)
    ),
    "KeyedVectors.vectors_for_all: the count": lambda a: counts(a.counted().vectors_for_all(["w9", "w1", "w3"])),
    "KeyedVectors.vectors_for_all: allow_inference=False": lambda a: (
        a.kv().vectors_for_all(["w9", 3], allow_inference=False).index_to_key
    ),
    "KeyedVectors.vectors_lockf": lambda a: [
        shape_of(a.model().wv.vectors_lockf),
        a.model().wv.vectors_lockf,
        hasattr(a.kv(), "vectors_lockf"),
    ],
    "KeyedVectors.vectors_lockf: locks": lambda a: locked(a),
    "KeyedVectors.wmdistance": lambda a: [
        a.kv().wmdistance(["w0", "w1", "w1"], ["w2", "w3", "zz"]),
        a.kv().wmdistance(["w0", "w1"], ["w2", "w3"], norm=False),
        a.kv().wmdistance(["w0"], ["w0"]),
        a.kv().wmdistance(["zz"], ["w0"]),
    ],
    "KeyedVectors.word_vec: its answer": lambda a: [
        a.kv().word_vec("w3"),
        a.kv().word_vec("w3", norm=True),
        warned(lambda: a.kv().word_vec("w3")),
    ],
    "KeyedVectors.words_closer_than": lambda a: [
        a.kv().words_closer_than("w0", "w9"),
        warned(lambda: a.kv().words_closer_than("w0", "w9")),
    ],
}

DIFFERS: dict[str, tuple[Question, Any]] = {
    "KeyedVectors.next_index": (lambda a: a.kv().next_index, len(WORDS)),
    "KeyedVectors.add_vector": (
        lambda a: [warned(lambda: a.kv().add_vector("new", np.ones(SIZE))), a.kv().add_vector("w3", np.ones(SIZE))],
        [[], 3],
    ),
    "KeyedVectors.add_vectors": (
        lambda a: [
            raised(lambda: a.kv().add_vectors(["x", "y"], uniform(2, SIZE), extras={"count": np.array([1, 2])})),
            after(a.models.KeyedVectors(2, count=2), "add_vectors", ["x"], [[1, 2]]).index_to_key,
        ],
        [None, ["x", None]],
    ),
    "KeyedVectors.cosine_similarities": (
        lambda a: a.models.KeyedVectors.cosine_similarities(np.ones(2), np.array([[0.0, 0.0], [1.0, 1.0]])),
        [0.0, 1.0],
    ),
    "KeyedVectors.evaluate_word_analogies": (
        lambda a: raised(
            lambda: a.kv().evaluate_word_analogies(
                a.file("analogies", ": one\nking man queen woman\n"), similarity_function="nothing"
            )[0]
        ),
        "AttributeError",
    ),
    "KeyedVectors.expandos": (
        lambda a: sorted(vars(a.model().wv)["expandos"] if "expandos" in vars(a.model().wv) else a.model().wv.expandos),
        ["count"],
    ),
    "KeyedVectors.get_index": (lambda a: raised(lambda: integers(a).get_index(0)), "KeyError"),
    "KeyedVectors.intersect_word2vec_format": (
        lambda a: raised(lambda: a.kv().intersect_word2vec_format(a.vector_file())),
        None,
    ),
    "KeyedVectors.intersect_word2vec_format: binary": (
        lambda a: raised(lambda: intersected(a, b"1 8\nw3 " + np.full(8, 1.5, np.float32).tobytes(), binary=True)[0]),
        [1.5] * 8,
    ),
    "KeyedVectors.intersect_word2vec_format: on a model": (
        lambda a: raised(
            lambda: (
                lambda wv: [
                    wv.intersect_word2vec_format(a.file("theirs", "1 8\nyork" + " 1.5" * 8 + "\n")),
                    wv.vectors_lockf,
                ]
            )(a.model().wv)
        ),
        [None, [1.0, 0.0] + [1.0] * 8],
    ),
    "KeyedVectors.most_similar_cosmul": (
        lambda a: [
            [key for key, _ in a.kv().most_similar_cosmul(["w0", "w1"], topn=4, restrict_vocab=12)],
            raised(lambda: a.kv().most_similar_cosmul([0], topn=2)),
        ],
        [["w10", "w11", "w2", "w9"], [["w21", 0.999443173], ["KING", 0.997793436]]],
    ),
    "KeyedVectors.word_vec": (
        lambda a: list(inspect.signature(a.models.KeyedVectors.word_vec).parameters),
        ["self", "key", "norm"],
    ),
}

REPLACED: dict[str, tuple[Question, Question]] = {
    "KeyedVectors.index2entity": (
        lambda a: raised(lambda: a.kv().index2entity),
        lambda a: raised(lambda: a.kv().index2entity),
    ),
    "KeyedVectors.index2word": (
        lambda a: raised(lambda: a.kv().index2word),
        lambda a: raised(lambda: a.kv().index2word),
    ),
    "KeyedVectors.vectors_norm": (
        lambda a: raised(lambda: a.kv().vectors_norm),
        lambda a: raised(lambda: a.kv().vectors_norm),
    ),
    "KeyedVectors.vocab": (lambda a: raised(lambda: a.kv().vocab), lambda a: raised(lambda: a.kv().vocab)),
}


@same(SAME, "KeyedVectors.KeyedVectors")
def _(a: Asked) -> Any:
    kv = a.models.KeyedVectors(5, count=3, dtype=np.float64, mapfile_path="mine")
    return [
        shape_of(kv.vectors),
        kv.index_to_key,
        kv.next_index,
        len(kv),
        kv.norms,
        kv.expandos,
        str(kv),
        kv.mapfile_path,
    ]


@same(SAME, "KeyedVectors.add_lifecycle_event")
def _(a: Asked) -> Any:
    kv = a.kv()
    return [kv.add_lifecycle_event("read", pages=3), *map(kv.lifecycle_events[-1].get, ("event", "pages"))]


@same(SAME, "KeyedVectors.add_vector: a new key")
def _(a: Asked) -> Any:
    kv = a.kv()
    return [kv.add_vector("new", np.ones(SIZE)), kv["new"], len(kv), kv.add_vector("newer", np.ones(SIZE))]


@same(SAME, "KeyedVectors.add_vector: rows that were reserved")
def _(a: Asked) -> Any:
    kv = a.models.KeyedVectors(2, count=3)
    return [kv.add_vector("x", [1, 2]), kv.add_vector("y", [3, 4]), kv.next_index, *table_of(kv), kv.key_to_index]


@same(SAME, "KeyedVectors.add_vectors: replace")
def _(a: Asked) -> Any:
    kv = a.kv()
    return [
        kv.add_vectors(["w1", "new"], np.ones((2, SIZE))),
        [kv["w1"].copy(), kv["new"].copy(), len(kv)],
        kv.add_vectors(["w1", "newer"], [np.zeros(SIZE) + 2, np.zeros(SIZE) + 3], replace=True),
        [kv["w1"], kv["newer"], len(kv)],
        kv.add_vectors("alone", np.ones(SIZE)),
        kv["alone"],
    ]


@same(SAME, "KeyedVectors.add_vectors: kv[key] = vector")
def _(a: Asked) -> Any:
    kv = a.kv()
    return [
        kv.__setitem__("w1", np.ones(SIZE)),
        kv.__setitem__(["w2", "new"], np.ones((2, SIZE))),
        [kv["w1"], kv["w2"], kv["new"], len(kv)],
    ]


@same(SAME, "KeyedVectors.allocate_vecattrs")
def _(a: Asked) -> Any:
    kv = a.kv()
    return [
        kv.allocate_vecattrs(["number", "name", "weight"], [int, str, np.float32]),
        {name: [values.dtype.name, values.tolist()[:2]] for name, values in kv.expandos.items()},
        kv.add_vectors(["new"], np.ones((1, SIZE))),
        kv.allocate_vecattrs(),
        [len(values) for values in kv.expandos.values()],
        raised(lambda: kv.allocate_vecattrs(["number"], [str])),
    ]


@same(SAME, "KeyedVectors.evaluate_word_pairs")
def _(a: Asked) -> Any:
    found = a.kv().evaluate_word_pairs(
        a.file("pairs", "# a comment\nw0;w1;1\nw2;w3;5\nw4;zz;3\nw5;w6;2\nbad\nw7;w8;4\n"), delimiter=";"
    )
    return [tuple(found[0]), tuple(found[1]), found[2]]


@same(SAME, "KeyedVectors.evaluate_word_pairs: latin-1")
def _(a: Asked) -> Any:
    kv = a.kv()
    return [
        kv.add_vectors(["é"], uniform(1, SIZE)),
        [
            tuple(part)
            for part in kv.evaluate_word_pairs(
                a.file("pairs", "é\tw1\t1\nw2\té\t5\nw5\tw6\t2\n".encode("latin-1")), encoding="latin-1"
            )[:2]
        ],
    ]


@same(SAME, "KeyedVectors.fill_norms")
def _(a: Asked) -> Any:
    kv = a.kv()
    return [
        kv.norms,
        kv.fill_norms(),
        kv.norms,
        kv.vectors.__imul__(2)[0],
        kv.fill_norms(),
        kv.norms[:2],
        kv.fill_norms(force=True),
        kv.norms[:2],
    ]


@same(SAME, "KeyedVectors.init_sims")
def _(a: Asked) -> Any:
    kv = a.kv()
    return [kv.init_sims(), kv.norms[::12], kv.init_sims(replace=True), some(kv.vectors), kv.norms[::12]]


@same(SAME, "KeyedVectors.norms")
def _(a: Asked) -> Any:
    kv = a.kv()
    return [kv.norms, kv.most_similar("w0", topn=1), kv.norms]


@same(SAME, "KeyedVectors.resize_vectors: twice")
def _(a: Asked) -> Any:
    kv = a.models.KeyedVectors(3)
    return [[kv.index_to_key.extend(keys) or kv.resize_vectors() for keys in ("abc", "de")], kv.vectors]


@same(SAME, "KeyedVectors.save: what comes back")
def _(a: Asked) -> Any:
    kv = a.counted()
    kv.mine = {"note": 1}
    found = roundtrip(a, kv)
    return [*table_of(found), counts(found), found.mine]


@same(SAME, "KeyedVectors.save_word2vec_format: append")
def _(a: Asked) -> Any:
    a.vector_file()
    return Path(a.vector_file(append=True, write_header=False)).read_text().count("w3 ")


@same(SAME, "KeyedVectors.set_vecattr")
def _(a: Asked) -> Any:
    kv = a.kv()
    return [
        kv.set_vecattr("w1", "tag", "noun"),
        kv.set_vecattr("w2", "weight", 0.5),
        [kv.get_vecattr("w1", "tag"), kv.get_vecattr("w0", "tag"), kv.get_vecattr("w2", "weight")],
        raised(lambda: kv.set_vecattr("w1", "weight", "heavy")),
    ]


@same(SAME, "KeyedVectors.sort_by_descending_frequency: no ties")
def _(a: Asked) -> Any:
    kv = a.counted()
    return [kv.sort_by_descending_frequency(), *table_of(kv), counts(kv), kv.key_to_index]


@same(SAME, "KeyedVectors.unit_normalize_all")
def _(a: Asked) -> Any:
    kv = a.kv()
    return [kv.unit_normalize_all(), some(kv.vectors), kv.norms[::12]]


@same(SAME, "KeyedVectors.vectors: set")
def _(a: Asked) -> Any:
    kv = a.kv()
    return [
        setattr(kv, "vectors", uniform(len(WORDS) + 1, SIZE)[1:]),
        kv["w3"],
        kv.similarity("w0", "w1"),
        kv.most_similar("w0", topn=2),
    ]


@same(SAME, "KeyedVectors.vectors_for_all")
def _(a: Asked) -> Any:
    found = a.kv().vectors_for_all(["w9", "zz", "w1", "w9"])
    return [*table_of(found), type(found).__name__]


@differs(DIFFERS, "KeyedVectors.load", [False, "ValueError"])
def _(a: Asked) -> Any:
    a.kv().save(a.path("kv"))
    pickled = a.file("pickled", pickle.dumps(SimpleNamespace(a=1)))
    return [
        Path(a.path("kv")).read_bytes()[:1] == b"\x80",
        raised(lambda: type(a.models.KeyedVectors.load(pickled)).__name__, ValueError),
    ]


@differs(DIFFERS, "KeyedVectors.save", "{")
def _(a: Asked) -> Any:
    a.kv().save(a.path("kv"))
    return Path(a.path("kv")).read_bytes()[8:9].decode("latin-1")


@differs(DIFFERS, "KeyedVectors.sort_by_descending_frequency", ["b", "d", "a", "c"])
def _(a: Asked) -> Any:
    kv = named(a, "abcd")
    [kv.set_vecattr(key, "count", count) for key, count in (("a", 1), ("b", 5), ("c", 1), ("d", 5))]
    kv.sort_by_descending_frequency()
    return kv.index_to_key


@same(SAME, "KeyedVectors.resize_vectors")
def _(a: Asked) -> Any:
    answers = []
    for seed in (0, 7):
        kv = a.kv()
        kv.index_to_key.append("new")
        kv.resize_vectors(seed)
        answers.append(kv.vectors[-2:])
    return answers


@same(SAME, "KeyedVectors.save_word2vec_format: gzip")
def _(a: Asked) -> Any:
    a.counted().save_word2vec_format(a.path("packed.txt.gz"))
    return gzip.decompress(Path(a.path("packed.txt.gz")).read_bytes()).decode()[:80]


@same(SAME, "KeyedVectors.evaluate_word_pairs: names of the results")
def _(a: Asked) -> Any:
    pearson, spearman, _ = a.kv().evaluate_word_pairs(a.file("pairs", "w0\tw1\t1\nw2\tw3\t5\nw4\tw5\t2\n"))
    return [float(one) for one in (pearson.statistic, pearson.pvalue, spearman.statistic, spearman.correlation)]


@same(SAME, "KeyedVectors.vectors_for_all: attributes")
def _(a: Asked) -> Any:
    return sorted(a.counted().vectors_for_all(["w9", "w1"]).expandos)
