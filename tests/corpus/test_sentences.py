"""Corpus.from_sentences, and what can be done with a corpus."""

import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference.corpus_oracle import check, check_shape
from sized import Sized

from fastemb import Phrases, Word2Vec
from fastemb.corpus import Corpus, Vocabulary

tokens = st.one_of(st.text(max_size=3), st.integers(-5, 5), st.tuples(st.integers(0, 2)), st.floats(-1, 1))


@given(st.lists(st.lists(tokens, max_size=6), max_size=8).filter(any), st.sampled_from([1, 3, 8192]))
def test_any_hashable_is_a_token(sentences, chunk):
    sized = Sized(list_tokens=chunk)
    check(sized.from_sentences(sentences), sentences)


odd = st.one_of(
    st.text(max_size=2), st.sampled_from(["a", "a\0", "\0", "", "\ud800", np.str_("a"), ("a",), 1, 1.0, True])
)


@given(st.lists(st.lists(odd, max_size=4), max_size=8).filter(any), st.sampled_from([1, 2, 8192]))
def test_tokens_that_are_no_text_may_come_at_any_time(sentences, batch):
    sized = Sized(list_sentences=batch)
    check(sized.from_sentences(sentences), sentences)


def test_generators_are_read_once():
    started = []

    def sentences():
        started.append(True)
        yield (word for word in ["a", "b"])
        yield ("b",)
        yield iter([])
        yield {"c": 1}.keys()

    corpus = Corpus.from_sentences(sentences())
    assert started == [True]
    assert list(corpus) == [["a", "b"], ["b"], [], ["c"]]


@pytest.mark.parametrize("split", [False, True])
def test_a_generator_that_was_read_is_told(split):
    def used_up():
        sentences = (one for one in (["a b"] if split else [["a", "b"]]))
        return list(sentences), sentences

    for vocabulary in (None, Vocabulary(["a"], [1])):
        with pytest.raises(ValueError, match="a generator can be read only once; make a Corpus of it first"):
            Corpus.from_sentences(used_up()[1], split=split, vocabulary=vocabulary)
    with pytest.raises(ValueError, match="no word") as caught:
        Corpus.from_sentences([], split=split)
    assert "generator" not in str(caught.value)
    for learn in (Phrases, Word2Vec):
        with pytest.raises(ValueError, match="a generator can be read only once"):
            learn(used_up()[1])
    Phrases(Corpus.from_sentences(used_up()[0], split=split))  # the remedy


def test_rows_of_arrays_become_python_tokens():
    corpus = Corpus.from_sentences(np.array([["a", "b"], ["b", "c"]]))
    assert [type(key) for key in corpus.vocabulary.keys] == [str] * 3


@pytest.mark.parametrize("sentences", ["the cat", b"the cat"])
def test_one_str_is_not_sentences(sentences):
    with pytest.raises(TypeError, match="split it first"):
        Corpus.from_sentences(sentences)


@pytest.mark.parametrize(("sentence", "remedy"), [("the cat", "split it first"), (b"the cat", "decode")])
def test_a_str_is_not_a_sentence(sentence, remedy):
    with pytest.raises(TypeError, match=f"sentence 1 is .*{remedy}"):
        Corpus.from_sentences([["a"], sentence])


@given(st.lists(st.text(max_size=12), max_size=9), st.sampled_from([1, 2, 1024]))
def test_split_splits_texts_as_str_does(texts, batch):
    texts = [text.replace("\0", "") for text in texts]
    if not any(text.split() for text in texts):
        return
    sized = Sized(texts=batch)
    check(sized.from_sentences(iter(texts), split=True), [text.split() for text in texts])


SPLITTING = [
    {"lower": True},
    {"token_pattern": r"\w+"},
    {"token_pattern": r"\w", "lower": True},
    {"tokenizer": lambda text: text.split("t")},
    {"max_sentence_length": 2},
]


@pytest.mark.parametrize("options", SPLITTING)
def test_split_takes_the_options_of_text_files(options, tmp_path):
    lines = ["The cat, the CAT", "", "É É é (sat)", "a" * 20]
    (tmp_path / "text").write_text("\n".join(lines), encoding="utf-8")
    expected = Corpus.from_file(tmp_path / "text", **options)
    corpus = Corpus.from_sentences(lines, split=True, **options)
    assert list(corpus) == list(expected)
    assert corpus.vocabulary.keys == expected.vocabulary.keys
    with pytest.raises(ValueError, match="give split=True"):
        Corpus.from_sentences([["a"]], **options)


def test_an_error_of_a_tokenizer_names_the_sentence():
    def tokenizer(text):
        return text.split() if text != "bad" else 1 / 0

    with pytest.raises(ZeroDivisionError) as caught:
        Corpus.from_sentences(["a", "b", "bad", "c"], split=True, tokenizer=tokenizer)
    assert caught.value.__notes__ == ["sentence 2"]


def test_split_keeps_a_text_with_line_ends_one_sentence():
    check(Corpus.from_sentences(["a\nb\r\nc", "\n", "", "d\n"], split=True), [["a", "b", "c"], [], [], ["d"]])


class Text(str):
    pass


def test_split_takes_any_str_and_gives_str():
    corpus = Corpus.from_sentences([Text("a b"), np.str_("b c")], split=True)
    assert list(corpus) == [["a", "b"], ["b", "c"]]
    assert {type(key) for key in corpus.vocabulary.keys} == {str}


@pytest.mark.parametrize("batch", [1, 1024])
def test_split_names_what_is_no_text(batch):
    sized = Sized(texts=batch)
    for sentence in (["a"], b"a", None, 5):
        with pytest.raises(TypeError, match="sentence 2 must be a str"):
            sized.from_sentences(["a", "b", sentence, "c"], split=True)
    with pytest.raises(ValueError, match="sentence 2: a NUL byte"):
        sized.from_sentences(["a", "b\nb", "c d\0"], split=True)
    with pytest.raises(ValueError, match="sentence 2: it holds half a character"):
        sized.from_sentences(["a", "b", "c \ud800d"], split=True)
    with pytest.raises(TypeError, match="not one str"):
        sized.from_sentences("the cat", split=True)
    with pytest.raises(ValueError, match="sentences: there is no word"):
        sized.from_sentences(["", " "], split=True)


def test_generators_are_asked_by_the_thread_that_called():
    threads = set()

    def sentences(word):
        for _ in range(5000):
            threads.add(threading.get_ident())
            yield word

    Corpus.from_sentences(sentences("a"), split=True)
    Corpus.from_sentences(sentences(["a"]))
    assert threads == {threading.get_ident()}


def test_what_is_not_iterable_is_named():
    with pytest.raises(TypeError, match="sentence 2 must be a list of tokens, not the int 5"):
        Corpus.from_sentences([["a"], ["b"], 5])
    with pytest.raises(TypeError, match="iterable of lists of tokens, not the int 5"):
        Corpus.from_sentences(5)


@pytest.mark.parametrize("chunk", [1, 4, 8192])
@pytest.mark.parametrize("at", [0, 1, 5])
def test_an_unhashable_token_is_named_with_its_sentence(chunk, at):
    sized = Sized(list_tokens=chunk)
    sentences = [["a", "b"], [], ["c"], ["a"] * 6, ["b"], ["x", "y"], ["z"]]
    sentences[at] = ["a", ["list"]]
    with pytest.raises(TypeError, match=rf"sentence {at}: .*the list \['list'\] is not"):
        sized.from_sentences(sentences)


@pytest.mark.parametrize("error", [TypeError("mine"), KeyError("mine"), KeyboardInterrupt()])
def test_errors_of_the_iterator_surface_as_themselves(error):
    def outer():
        yield ["a"]
        raise error

    def inner():
        yield "a"
        raise error

    for sentences in (outer(), [["a"], inner()]):
        with pytest.raises(type(error)) as caught:
            Corpus.from_sentences(sentences)
        assert caught.value is error


def test_no_thread_is_left_when_reading_is_interrupted():
    def sentences():
        for number in range(50_000):
            yield [f"w{number}"] * 3
        raise KeyboardInterrupt

    threads = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        Corpus.from_sentences(sentences())
    assert threading.active_count() == threads


@pytest.mark.parametrize("sentences", [[], [[]], [[], []], iter([])])
def test_no_word_is_an_error(sentences):
    with pytest.raises(ValueError, match="no word"):
        Corpus.from_sentences(sentences)


def test_a_given_vocabulary_drops_what_it_lacks():
    vocabulary = Vocabulary(["b", "a"], [9, 1])
    corpus = Corpus.from_sentences([["a", "z"], ["z"], ["b"]], vocabulary=vocabulary)
    assert corpus.vocabulary is vocabulary
    assert list(corpus) == [["a"], [], ["b"]]
    assert corpus.raw_words == 4
    with pytest.raises(ValueError, match="vocabulary="):
        Corpus.from_sentences([["a"]], vocabulary=vocabulary, min_count=2)


def test_memory_holds_ids_once():
    sized = Sized(list_tokens=1000, block_tokens=10_000)
    words = 1 << 20
    sentences = [["a", "b", "a", "c"] * 256] * (words // 1024)
    tracemalloc.start()
    corpus = sized.from_sentences(sentences)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6.5 * words  # two bytes of each wait, and become four
    assert corpus.vocabulary.counts.tolist() == [words // 2, words // 4, words // 4]


# ---- the corpus ----

SENTENCES = [["a", "b", "a"], ["c"], ["b", "c", "a", "d"]]


def test_corpus_describes_itself():
    corpus = Corpus.from_sentences(SENTENCES * 1000)
    assert repr(corpus) == "Corpus(3,000 sentences, 8,000 words, 4 different)"


def test_select_drops_words_and_keeps_sentences():
    corpus = Corpus.from_sentences(SENTENCES)
    smaller = corpus.select(min_count=2)
    check(smaller, SENTENCES, min_count=2)
    assert smaller.select(max_final_vocab=1).vocabulary.keys == ["a"]
    check(corpus, SENTENCES)


@given(st.lists(st.lists(st.sampled_from("abcde"), max_size=8), max_size=8).filter(any), st.integers(1, 4))
def test_select_gives_what_the_constructor_would_have(sentences, most):
    corpus = Corpus.from_sentences(sentences)
    try:
        expected = Corpus.from_sentences(sentences, max_final_vocab=most)
    except ValueError:
        with pytest.raises(ValueError, match="the corpus: "):
            corpus.select(max_final_vocab=most)
    else:
        selected = corpus.select(max_final_vocab=most)
        assert selected.vocabulary.keys == expected.vocabulary.keys
        assert selected.ids.tolist() == expected.ids.tolist()
        assert selected.offsets.tolist() == expected.offsets.tolist()


def test_select_of_everything_is_the_corpus_itself():
    corpus = Corpus.from_sentences(SENTENCES)
    assert corpus.select() is corpus
    assert corpus.select(min_count=1, max_final_vocab=4) is corpus


def test_select_with_nothing_left_is_an_error():
    with pytest.raises(ValueError, match="most frequent 3"):
        Corpus.from_sentences(SENTENCES).select(min_count=4)


def test_encode_with_another_vocabulary_drops_what_it_lacks():
    corpus = Corpus.from_sentences(SENTENCES)
    vocabulary = Vocabulary(["d", "z", "a"], [3, 2, 1])
    encoded = corpus.encode_with(vocabulary)
    assert encoded.vocabulary is vocabulary
    assert list(encoded) == [["a", "a"], [], ["a", "d"]]
    assert encoded.raw_words == 8
    check_shape(encoded)
    check(corpus, SENTENCES)
    with pytest.raises(ValueError, match="none of its words"):
        corpus.encode_with(Vocabulary(["z"], [1]))


def test_a_corpus_stays_as_it_is_when_another_keeps_all_its_words():
    corpus = Corpus.from_sentences(SENTENCES)
    assert list(corpus.encode_with(Vocabulary(["d", "c", "b", "a"], [1, 1, 1, 1]))) == SENTENCES
    check(corpus, SENTENCES)


class Restarting:
    """An iterator that says once that it has ended, and then goes on."""

    def __init__(self, items):
        self.items, self.left = items, len(items)

    def __iter__(self):
        return self

    def __next__(self):
        self.left -= 1
        if self.left == -1:
            raise StopIteration
        return self.items[self.left % len(self.items)]


@pytest.mark.parametrize(
    "read",
    [
        lambda: Corpus.from_sentences(Restarting([["a", "b"]] * 5)),
        lambda: Corpus.from_sentences(Restarting(["a b"] * 5), split=True),
        lambda: Corpus.from_ids(Restarting([[0, 1]] * 5)),
    ],
)
def test_an_iterator_that_has_ended_is_not_asked_again(read):
    assert read().words == 10


@given(
    st.lists(odd, min_size=1, max_size=6, unique=True),
    st.lists(st.lists(odd, max_size=4), max_size=8).filter(any),
    st.sampled_from([1, 2, 8192]),
)
def test_ids_in_a_vocabulary_are_those_of_its_dict(known, sentences, batch):
    vocabulary = Vocabulary(known, np.arange(len(known), 0, -1))
    numbers = {key: number for number, key in enumerate(known)}
    expected = [[numbers[token] for token in sentence if token in numbers] for sentence in sentences]
    sized = Sized(list_sentences=batch)
    if not any(expected):
        with pytest.raises(ValueError, match=r"^sentences: none of its words is in the vocabulary$"):
            sized.from_sentences(sentences, vocabulary=vocabulary)
        return
    corpus = sized.from_sentences(sentences, vocabulary=vocabulary)
    assert corpus.ids.tolist() == [number for sentence in expected for number in sentence]
    assert np.diff(corpus.offsets).tolist() == [len(sentence) for sentence in expected]
    assert corpus.raw_words == sum(map(len, sentences))
    assert corpus.vocabulary is vocabulary


@pytest.mark.parametrize("vocabulary", [None, Vocabulary(["w0", "w1", 2], [3, 2, 1])])
def test_words_that_are_dropped_take_little_memory(vocabulary):
    sentences = [[f"w{number % 2}", f"rare{number}"] for number in range(100_000)]
    most = 7 << 20  # a list of their texts takes more
    tracemalloc.start()
    try:
        corpus = Corpus.from_sentences(sentences, vocabulary=vocabulary, **({} if vocabulary else {"min_count": 2}))
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()
    assert len(corpus.ids) == 100_000
    assert corpus.raw_words == 200_000


def test_ids_of_more_than_two_bytes_wait_as_they_are():
    numbers = np.random.default_rng(0).integers(0, 90_000, 300_000)
    numbers[::7] = np.arange(65_500, 65_500 + len(numbers[::7])) % 90_000
    words = [f"w{number}" for number in numbers.tolist()]
    sentences = [words[start : start + 1000] for start in range(0, len(words), 1000)]
    for block in (1 << 12, 1 << 17):  # less than 2**16 ids, and more
        check(Sized(block_tokens=block).from_sentences(sentences, min_count=2), sentences, min_count=2)
    plain = Corpus.from_sentences(sentences)
    assert [plain.vocabulary.keys[number] for number in plain.ids.tolist()] == words
    assert plain.ids.flags.owndata  # what was made for words that are dropped is given back
