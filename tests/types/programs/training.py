"""A typed program that trains; checked, never run."""

from collections.abc import Iterator
from typing import Any, assert_type

import fastemb
from fastemb import RULE_DEFAULT, RULE_KEEP, Corpus, KeyedVectors, LineSentence, Vocabulary, Word2Vec
from fastemb.models.callbacks import CallbackAny2Vec


class Losses(CallbackAny2Vec):
    def __init__(self) -> None:
        self.losses: list[float] = []

    def on_epoch_end(self, model: Word2Vec) -> None:
        self.losses.append(model.get_latest_training_loss())


class Named(Word2Vec):
    pass


def rule(word: object, count: int, min_count: int) -> int:
    return RULE_KEEP if count > min_count else RULE_DEFAULT


def stream() -> Iterator[list[str]]:
    yield ["a", "b"]


model = Word2Vec([["a", "b"]], vector_size=8, window=2, min_count=1, sg=1, trim_rule=rule, callbacks=[Losses()])
Word2Vec(stream(), workers=None, progress=False)
Word2Vec(LineSentence("corpus.txt"))
Word2Vec([[1, 2, 3]])
Word2Vec(corpus_file="corpus.txt")
corpus = Corpus.from_file("corpus.txt", min_count=2)
assert_type(corpus, Corpus)
assert_type(corpus.vocabulary, Vocabulary)

empty = Word2Vec()
empty.build_vocab(corpus, keep_raw_vocab=True)
empty.build_vocab_from_freq({"a": 3, "b": 2})
assert_type(empty.train(corpus, total_examples=len(corpus), epochs=3), tuple[int, int])
assert_type(empty.get_latest_training_loss(), float)
assert_type(model.wv, KeyedVectors)
assert_type(model.wv_out, KeyedVectors)
assert_type(model.estimate_memory(), dict[str, int])
assert_type(model.predict_output_word(["a"]), list[tuple[Any, float]] | None)
assert_type(Word2Vec.load("model"), Word2Vec)
assert_type(Named.load("model"), Named)
first: float = float(model.syn1neg[0, 0]) + float(model.score([["a"]])[0])
fastemb.save_vectors(model.wv, "vectors.bin")
