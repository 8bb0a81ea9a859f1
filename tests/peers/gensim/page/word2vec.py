"""The rows of Word2Vec."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from peers.gensim.page.asked import (
    LINES,
    NEW,
    TEXT,
    Asked,
    Losses,
    Question,
    Rates,
    after,
    counts,
    default,
    differs,
    discard,
    has,
    interrupted_calls,
    lengths_of_codes,
    matrices,
    one_step,
    raised,
    roundtrip,
    same,
    setting,
    shape_of,
    shares,
    state_of,
    told,
    warned,
)
from peers.gensim.questions import SIZE

SETTINGS = {
    "alpha": 0.03,
    "cbow_mean": 0,
    "comment": "a comment",
    "compute_loss": True,
    "epochs": 3,
    "hs": 1,
    "max_final_vocab": 6,
    "min_alpha": 0.001,
    "min_count": 8,
    "negative": 3,
    "ns_exponent": 0.5,
    "sample": 1e-4,
    "seed": 7,
    "sg": 1,
    "shrink_windows": False,
    "sorted_vocab": 0,
    "vector_size": 12,
    "window": 2,
}


SAME: dict[str, Question] = {
    **{f"Word2Vec.{name}": setting(name, value) for name, value in SETTINGS.items()},
    "Word2Vec.cbow_mean: asked": lambda a: a.filled(cbow_mean=0).predict_output_word(["new", "city"]),
    "Word2Vec.corpus_count: sentences": lambda a: [
        a.models.Word2Vec().corpus_count,
        a.model().corpus_count,
        a.trained().corpus_count,
    ],
    "Word2Vec.corpus_total_words": lambda a: [
        a.models.Word2Vec().corpus_total_words,
        a.model(min_count=20).corpus_total_words,
        a.trained(sample=0.001).corpus_total_words,
    ],
    "Word2Vec.effective_min_count: of min_count and max_final_vocab": lambda a: [
        a.model(min_count=min_count, max_final_vocab=most).effective_min_count
        for min_count, most in ((1, None), (20, None), (1, 4), (40, 4), (5, 100))
    ],
    "Word2Vec.epochs: as train changes nothing": lambda a: a.trained(epochs=4).epochs,
    "Word2Vec.estimate_memory": lambda a: [
        a.model().estimate_memory(),
        a.model(hs=1).estimate_memory(vocab_size=1000),
        a.model(hs=1, negative=0).estimate_memory(1000, {"mine": 7}),
    ],
    "Word2Vec.max_final_vocab: what is kept": lambda a: [
        counts(a.model(min_count=min_count, max_final_vocab=most).wv) for min_count, most in ((1, 4), (20, 3), (5, 100))
    ],
    "Word2Vec.min_alpha_yet_reached": lambda a: [
        a.models.Word2Vec(alpha=0.03).min_alpha_yet_reached,
        a.model().min_alpha_yet_reached,
        a.trained().min_alpha_yet_reached < 0.025,
    ],
    "Word2Vec.predict_output_word": lambda a: [
        a.filled().predict_output_word(["new", "city"]),
        a.filled().predict_output_word(["new", "unknown", "york"], topn=3),
        a.filled().predict_output_word(["new", "new", 2], topn=100),
        raised(lambda: a.filled(hs=1, negative=0).predict_output_word(["new"])),
        raised(lambda: a.models.Word2Vec().predict_output_word(["new"])),
    ],
    "Word2Vec.raw_vocab: what is in it": lambda a: [
        dict(a.model().raw_vocab),
        dict(after(a.models.Word2Vec(min_count=20), "build_vocab", TEXT, keep_raw_vocab=True).raw_vocab),
    ],
    "Word2Vec.running_training_loss": lambda a: [
        float(a.model().running_training_loss),
        float(a.trained().running_training_loss),
        bool(a.trained(compute_loss=True).running_training_loss > 100),
    ],
    "Word2Vec.sample: thinning": lambda a: [
        float(a.model(sample=0.01).wv.get_vecattr(word, "sample_int")) / 2**32 for word in ("new", "york", "c")
    ],
    "Word2Vec.seed: repeats": lambda a: [
        bool(np.array_equal(a.trained(seed=3).wv.vectors, a.trained(seed=3).wv.vectors)),
        bool(np.array_equal(a.trained(seed=3).wv.vectors, a.trained(seed=4).wv.vectors)),
    ],
    "Word2Vec.sorted_vocab: order": lambda a: [list(a.model(sorted_vocab=kept).wv.index_to_key) for kept in (0, 1)],
    "Word2Vec.null_word: the setting": setting("null_word", 1),
    "Word2Vec.syn1": lambda a: [
        matrices(a.model(hs=1)),
        matrices(a.model(hs=1, negative=0)),
        hasattr(a.model(), "syn1"),
    ],
    "Word2Vec.syn1neg": lambda a: [
        matrices(a.model()),
        matrices(a.trained()),
        hasattr(a.model(hs=1, negative=0), "syn1neg"),
    ],
    "Word2Vec.train: what it returns": lambda a: [
        a.model().train(TEXT, total_examples=40, epochs=3),
        a.model(min_count=20).train(TEXT, total_words=241, epochs=2),
        a.model().train([["new", "unknown", "york"]], total_examples=1, epochs=1),
    ],
    "Word2Vec.train: corpus_file": lambda a: a.model().train(
        corpus_file=a.file("text", "new york city\nof the unknown\n"), total_words=6, total_examples=2, epochs=2
    ),
    "Word2Vec.train: a model without a vocabulary": lambda a: raised(
        lambda: a.models.Word2Vec().train(TEXT, total_examples=40, epochs=1)
    ),
    "Word2Vec.total_train_time": lambda a: [seconds > 0 for _, _, seconds in told(a)],
    "Word2Vec.train_count": lambda a: [told_of[:2] for told_of in told(a)],
    "Word2Vec.train_count: an interrupted call": interrupted_calls,
    "Word2Vec.wv: as it is": lambda a: [
        type(a.model().wv).__name__,
        len(a.models.Word2Vec().wv),
        len(a.model().wv),
        counts(a.model(min_count=20).wv),
        str(a.model().wv),
        str(a.model()),
    ],
    "Word2Vec.build_vocab: update without a vocabulary": lambda a: raised(
        lambda: a.models.Word2Vec().build_vocab(TEXT, update=True)
    ),
}

DIFFERS: dict[str, tuple[Question, Any]] = {
    "Word2Vec.Word2Vec": (
        lambda a: [
            default(a.models.Word2Vec, "workers"),
            *has(a.models.Word2Vec, "negatives_per_pair", "cbow_exact", "hs_exact", "deterministic", "progress"),
        ],
        [None, True, True, True, True, True],
    ),
    "Word2Vec.batch_words": (lambda a: warned(lambda: a.models.Word2Vec(batch_words=5)), ["UserWarning"]),
    "Word2Vec.build_vocab": (
        lambda a: has(a.models.Word2Vec.build_vocab, "min_count", "sample", "kwargs"),
        [True, True, False],
    ),
    "Word2Vec.corpus_count": (
        lambda a: a.models.Word2Vec(corpus_file=a.file("lines", LINES), min_count=1, workers=1).corpus_count,
        4,
    ),
    "Word2Vec.effective_min_count": (lambda a: a.model(min_count=0).effective_min_count, 1),
    "Word2Vec.null_word": (
        lambda a: [
            float(a.model(null_word=1, sample=0.01).wv.get_vecattr("new", "sample_int")) / 2**32,
            list(after(a.model(null_word=1), "build_vocab", NEW, update=True).wv.index_to_key).count("\0"),
        ],
        [0.2784020355902612, 1],
    ),
    "Word2Vec.get_latest_training_loss": (lambda a: one_step(a, 8.0)[1], 8.02212513),
    "Word2Vec.hashfxn": (lambda a: warned(lambda: a.models.Word2Vec(hashfxn=len)), ["UserWarning"]),
    "Word2Vec.layer1_size": (
        lambda a: [a.model().layer1_size, raised(lambda: setattr(a.model(), "layer1_size", 5))],
        [SIZE, "AttributeError"],
    ),
    "Word2Vec.lifecycle_events": (
        lambda a: [sorted(event) for event in a.trained().lifecycle_events[-2:]],
        [["datetime", "event", "msg", "pairs"], ["datetime", "event", "params"]],
    ),
    "Word2Vec.load": (
        lambda a: [
            (a.trained().save(a.path("model")), Path(a.path("model")).read_bytes()[:1] == b"\x80")[1],
            warned(lambda: a.models.Word2Vec.load(a.path("model"), mmap="r")),
        ],
        [False, ["UserWarning"]],
    ),
    "Word2Vec.max_vocab_size": (
        lambda a: counts(a.model(max_vocab_size=4).wv),
        {"new": 47, "of": 33, "the": 30, "york": 40},
    ),
    "Word2Vec.raw_vocab": (lambda a: type(a.model().raw_vocab).__name__, "dict"),
    "Word2Vec.score": (lambda a: default(a.models.Word2Vec.score, "total_sentences"), None),
    "Word2Vec.train": (
        lambda a: [raised(lambda: a.model(epochs=2).train(TEXT)), *has(a.models.Word2Vec.train, "kwargs", "progress")],
        [[482, 482], False, True],
    ),
    "Word2Vec.workers": (lambda a: [a.models.Word2Vec(workers=given).workers > 0 for given in (-1, 2)], [True, True]),
}

REPLACED: dict[str, tuple[Question, Question]] = {
    "Word2Vec.add_null_word": (
        lambda a: after(a.model(), "add_null_word").wv.index_to_key[-1],
        lambda a: a.model(null_word=1).wv.index_to_key[-1],
    ),
    "Word2Vec.create_binary_tree": (
        lambda a: lengths_of_codes(after(a.model(hs=1), "create_binary_tree")),
        lambda a: lengths_of_codes(a.model(hs=1)),
    ),
    "Word2Vec.cum_table": (lambda a: np.diff(a.model().cum_table, prepend=0) / 2**31, lambda a: shares(a.model())),
    "Word2Vec.make_cum_table": (
        lambda a: np.diff(after(a.model(), "make_cum_table").cum_table, prepend=0) / 2**31,
        lambda a: shares(a.model()),
    ),
    "Word2Vec.seeded_vector": (
        lambda a: shape_of(a.model().seeded_vector("x", 4)),
        lambda a: shape_of(a.models.keyedvectors.pseudorandom_weak_vector(4, "x")),
    ),
    "Word2Vec.update_weights": (
        lambda a: shape_of(
            after(after(after(a.model(), "scan_vocab", NEW), "prepare_vocab", update=True), "update_weights").wv.vectors
        ),
        lambda a: shape_of(after(a.model(), "build_vocab", NEW, update=True).wv.vectors),
    ),
}

NOT_ASKED: dict[str, str] = {
    "Word2Vec.wv": "gensim hangs when it trains vectors of other words; tests/models asks it",
    "Word2Vec.random": "a seed takes its place; Word2Vec.seed is asked",
}


@same(SAME, "Word2Vec.add_lifecycle_event")
def _(a: Asked) -> Any:
    model = a.model()
    return [model.add_lifecycle_event("read", pages=3), *map(model.lifecycle_events[-1].get, ("event", "pages"))]


@same(SAME, "Word2Vec.build_vocab_from_freq")
def _(a: Asked) -> Any:
    model = a.models.Word2Vec(vector_size=4, min_count=2, workers=1)
    return [
        model.build_vocab_from_freq({"x": 5, "y": 9, "z": 1}, corpus_count=4, keep_raw_vocab=True),
        [list(model.wv.index_to_key), counts(model.wv), model.corpus_count, dict(model.raw_vocab)],
        model.build_vocab_from_freq({"x": 3, "w": 7}, update=True),
        [list(model.wv.index_to_key), counts(model.wv), model.corpus_count, dict(model.raw_vocab)],
    ]


@same(SAME, "Word2Vec.build_vocab_from_freq: trim_rule")
def _(a: Asked) -> Any:
    model = a.models.Word2Vec(vector_size=4, min_count=2, workers=1)
    return [model.build_vocab_from_freq({"a": 9, "b": 1, "c": 4}, trim_rule=discard), counts(model.wv)]


@same(SAME, "Word2Vec.corpus_count: after a second corpus")
def _(a: Asked) -> Any:
    model = a.model()
    return [model.build_vocab(NEW, update=True), model.corpus_count]


@same(SAME, "Word2Vec.corpus_total_words: after a second corpus")
def _(a: Asked) -> Any:
    model = a.model()
    return [model.build_vocab(NEW, update=True), model.corpus_total_words]


@same(SAME, "Word2Vec.init_sims")
def _(a: Asked) -> Any:
    model = a.filled()
    return [model.init_sims(), model.wv.norms, model.init_sims(True), model.wv.vectors]


@same(SAME, "Word2Vec.init_weights")
def _(a: Asked) -> Any:
    model = a.filled()
    return [
        model.init_weights(),
        shape_of(model.wv.vectors),
        bool((abs(model.wv.vectors) <= 0.5 / SIZE).all()),
        bool(model.wv.vectors.std() > 0.2 / SIZE),
        matrices(model),
        float(abs(model.syn1neg).max()),
    ]


@same(SAME, "Word2Vec.min_alpha_yet_reached: falls from epoch to epoch")
def _(a: Asked) -> Any:
    seen = Rates(a.models)
    a.trained(epochs=4, callbacks=[seen])
    return [one > other for one, other in zip(seen.rates, seen.rates[1:], strict=False)]


@same(SAME, "Word2Vec.null_word: the word")
def _(a: Asked) -> Any:
    wv = a.model(null_word=1).wv
    return [list(wv.index_to_key)[-1], counts(wv), wv.vectors.shape]


@same(SAME, "Word2Vec.reset_from")
def _(a: Asked) -> Any:
    model = a.models.Word2Vec(vector_size=6, min_count=1)
    other = a.trained()
    return [
        model.reset_from(other),
        list(model.wv.index_to_key),
        counts(model.wv),
        [model.corpus_count, model.epochs, model.train_count],
        shape_of(model.wv.vectors),
        matrices(model),
    ]


@same(SAME, "Word2Vec.running_training_loss: set back by a callback")
def _(a: Asked) -> Any:
    seen = Losses(a.models)
    a.trained(epochs=4, compute_loss=True, callbacks=[seen])
    return [seen.losses[0] > 0, max(seen.losses) < 2 * seen.losses[0]]


@same(SAME, "Word2Vec.scan_vocab: what it returns")
def _(a: Asked) -> Any:
    model = a.models.Word2Vec(min_count=20)
    return [model.scan_vocab(TEXT), dict(sorted(model.raw_vocab.items()))]


@same(SAME, "Word2Vec.total_train_time: after training")
def _(a: Asked) -> Any:
    model = a.trained()
    before = model.total_train_time
    model.train(TEXT, total_examples=40, epochs=1)
    return [float(a.model().total_train_time), before > 0, model.total_train_time > before]


@same(SAME, "Word2Vec.train_count: after training")
def _(a: Asked) -> Any:
    model = a.trained()
    return [
        a.model().train_count,
        model.train_count,
        model.train(TEXT, total_examples=40, epochs=1)[1],
        model.train_count,
        roundtrip(a, model).train_count,
    ]


@same(SAME, "Word2Vec.save: what comes back")
def _(a: Asked) -> Any:
    model = a.trained(hs=1)
    model.mine = [1, "two"]
    loaded = roundtrip(a, model)
    return [
        state_of(loaded),
        counts(loaded.wv),
        bool(np.array_equal(model.wv.vectors, loaded.wv.vectors)),
        bool(np.array_equal(model.syn1neg, loaded.syn1neg)),
        bool(np.array_equal(model.syn1, loaded.syn1)),
        loaded.mine,
    ]


@same(SAME, "Word2Vec.build_vocab: trim_rule")
def _(a: Asked) -> Any:
    model = a.models.Word2Vec(min_count=20)
    return [model.build_vocab(TEXT, trim_rule=discard), counts(model.wv)]


@same(SAME, "Word2Vec.build_vocab: min_count and sample by name")
def _(a: Asked) -> Any:
    model = a.models.Word2Vec(min_count=1)
    return [model.build_vocab(TEXT, min_count=20, sample=0.01), counts(model.wv), model.min_count, model.sample]


@same(SAME, "Word2Vec.build_vocab: update")
def _(a: Asked) -> Any:
    model = a.trained()
    return [
        model.build_vocab(NEW, update=True),
        counts(model.wv),
        list(model.wv.index_to_key)[-1],
        shape_of(model.wv.vectors),
        matrices(model),
    ]


@same(SAME, "Word2Vec.prepare_vocab: dry_run")
def _(a: Asked) -> Any:
    model = a.models.Word2Vec(min_count=1)
    return [model.scan_vocab(TEXT), model.prepare_vocab(dry_run=True, min_count=20, sample=0.01)]


@differs(DIFFERS, "Word2Vec.prepare_vocab", [10, SIZE])
def _(a: Asked) -> Any:
    model = a.models.Word2Vec(vector_size=SIZE, min_count=1)
    model.scan_vocab(TEXT)
    model.prepare_vocab()
    return list(model.wv.vectors.shape)


@differs(DIFFERS, "Word2Vec.prepare_weights", 7.0)
def _(a: Asked) -> Any:
    model = a.model()
    model.syn1neg.__setitem__(0, 7)
    model.prepare_weights()
    return float(model.syn1neg[0, 0])


@differs(DIFFERS, "Word2Vec.save", "{")
def _(a: Asked) -> Any:
    a.trained().save(a.path("model"))
    return Path(a.path("model")).read_bytes()[8:9].decode("latin-1")


@differs(DIFFERS, "Word2Vec.scan_vocab", 10)
def _(a: Asked) -> Any:
    model = a.models.Word2Vec(max_vocab_size=4)
    model.scan_vocab(TEXT, trim_rule=discard)
    return len(model.raw_vocab)
