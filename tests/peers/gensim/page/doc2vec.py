"""The rows and paragraphs of Doc2Vec."""

from __future__ import annotations

from typing import Any

import numpy as np

from peers.gensim.page.asked import Asked, Question, default, has, raised, same, setting_of, warned

WORDS = [list("abcabd"), list("bcdd"), list("acbda")]


def documents(a: Asked) -> list[Any]:
    return [a.models.doc2vec.TaggedDocument(words, [number, "all"]) for number, words in enumerate(WORDS)]


def trained(a: Asked, given: Any = None, **options: Any) -> Any:
    settings = {"vector_size": 4, "min_count": 1, "workers": 1, "epochs": 2, "sample": 0, **options}
    return a.models.Doc2Vec(documents(a) if given is None else given, **settings)


def one(a: Asked, words: Any, tags: Any) -> Any:
    """A model of one document; its words and tags."""
    model = trained(a, [a.models.doc2vec.TaggedDocument(words, tags)])
    return [sorted(model.wv.index_to_key), list(model.dv.index_to_key)]


def repeats(a: Asked) -> bool:
    model = trained(a)
    return bool(np.array_equal(model.infer_vector(["a", "b"]), model.infer_vector(["a", "b"])))


def of_unknown(a: Asked) -> bool:
    return bool(trained(a).infer_vector(["never"]).any())


SAME: dict[str, Question] = {
    **{
        f"Doc2Vec.{name}": setting_of("Doc2Vec", documents, name, value)
        for name, value in {"dbow_words": 1, "dm_concat": 1, "dm_tag_count": 2}.items()
    },
    "Doc2Vec.dm": lambda a: [bool(trained(a, dm=value).dm) for value in (0, 1)],
    "Doc2Vec.dbow": lambda a: [bool(trained(a, dm=value).dbow) for value in (0, 1)],
    "Doc2Vec.docvecs": lambda a: [warned(lambda: trained(a).docvecs), type(trained(a).docvecs).__name__],
    "Doc2Vec.estimated_lookup_memory": lambda a: trained(a).estimated_lookup_memory(),
    "Doc2Vec.dv: int tags are rows, and str follow": lambda a: [
        list(trained(a).dv.index_to_key),
        trained(a).dv.vectors.shape,
        [int(trained(a).dv.get_vecattr("all", name)) for name in ("doc_count", "word_count")],
        one(a, ["a"], [2, "x"])[1],
    ],
    "TaggedDocument.TaggedDocument": lambda a: [str(documents(a)[0]), documents(a)[0] == documents(a)[0]],
    "TaggedDocument.words": lambda a: documents(a)[1].words,
    "TaggedDocument.tags": lambda a: documents(a)[1].tags,
    "TaggedDocument.count": lambda a: documents(a)[1].count([1, "all"]),
    "TaggedDocument.index": lambda a: documents(a)[1].index([1, "all"]),
    "TaggedLineDocument.TaggedLineDocument": lambda a: [
        list(each) for each in a.models.doc2vec.TaggedLineDocument(a.file("lines", "a b c\n\nd e\n"))
    ],
    "TaggedLineDocument.source": lambda a: a.models.doc2vec.TaggedLineDocument("lines").source,
}

DIFFERS: dict[str, tuple[Question, Any]] = {
    "Doc2Vec.Doc2Vec": (
        lambda a: [
            default(a.models.Doc2Vec, "workers") if has(a.models.Doc2Vec, "workers")[0] else 3,
            *has(a.models.Doc2Vec, "negatives_per_pair", "deterministic", "progress"),
        ],
        [None, True, True, True],
    ),
    "Doc2Vec.dv": (lambda a: raised(lambda: one(a, ["a"], [1.5])), "TypeError"),
    "Doc2Vec.infer_vector": (repeats, True),
    "Doc2Vec.similarity_unseen_docs": (
        lambda a: trained(a).similarity_unseen_docs(["a"], ["a"]) == 1.0,
        True,
    ),
    "Documents: The vector of a text is always the same": (repeats, True),
    "Documents: A text without a known word gets zeros": (of_unknown, False),
    "Documents: `epochs=0` and `alpha=0` of inference are errors": (
        lambda a: [
            raised(lambda given=given: trained(a).infer_vector(["a"], **given).size > 0)
            for given in ({"epochs": 0}, {"alpha": 0}, {"min_alpha": 0})
        ],
        ["ValueError", "ValueError", True],
    ),
    "Documents: A str as words or as tags is a TypeError": (
        lambda a: [raised(lambda: one(a, "abc", [0])), raised(lambda: one(a, ["a"], "xy"))],
        ["TypeError", "TypeError"],
    ),
    "Documents: A tag is a str or a whole number from 0": (
        lambda a: [raised(lambda tag=tag: one(a, ["a"], [tag])) for tag in (-1, 1.5, None, ("a", "b"))],
        ["ValueError", "TypeError", "TypeError", "TypeError"],
    ),
    "Documents: Tags that are not in the model are named": (
        lambda a: [
            warned(lambda: trained(a).train([documents(a)[0]._replace(tags=[0, "new"])], total_examples=1, epochs=1)),
            raised(lambda: trained(a).train([documents(a)[0]._replace(tags=["new"])], total_examples=1, epochs=1)),
        ],
        [["UserWarning"], "ValueError"],
    ),
    "Documents: `dm_mean=0` adds up": (
        lambda a: [int(trained(a, dm_mean=value).cbow_mean) for value in (0, 1)],
        [0, 1],
    ),
}

NOT_ASKED: dict[str, str] = {
    "Documents: Rows of whole numbers that no document has are told": "tests/models/test_document_faults.py asks it",
    "Documents: `dv=` with keys is an error": "tests/models/test_document_faults.py asks it",
    "Documents: Negatives of documents are shared": "tests/native/test_document_steps.py asks it",
}


@same(SAME, "Doc2Vec.save_word2vec_format")
def _(a: Asked) -> Any:
    """Which keys are in the files."""
    model, found = trained(a), []
    for options in ({}, {"doctag_vec": True}, {"doctag_vec": True, "word_vec": False, "prefix": "doc"}):
        model.save_word2vec_format(a.path("vectors"), **options)
        found.append(sorted(a.models.KeyedVectors.load_word2vec_format(a.path("vectors")).index_to_key))
    return found


@same(SAME, "Doc2Vec.dv: as it is")
def _(a: Asked) -> Any:
    model = trained(a)
    found = model.dv.most_similar("all", topn=2)
    return [type(model.dv).__name__, len(model.dv), len(found), raised(lambda: model.dv["none"], KeyError)]
