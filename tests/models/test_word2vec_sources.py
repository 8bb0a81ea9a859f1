"""What a model can be trained on, and what a run's result depends on."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reference.planted import Sentences, nearest_are_of_one_topic, topic_sentences

from fastemb import RULE_DISCARD, RULE_KEEP, Corpus, Word2Vec
from fastemb.train.hogwild import Hogwild
from fastemb.train.run import Run

SENTENCES = topic_sentences()
OPTIONS: dict[str, Any] = {"min_count": 1, "vector_size": 20, "sample": 0, "alpha": 0.1, "epochs": 6}


def bits(model: Word2Vec) -> bytes:
    return model.wv.vectors.tobytes() + model.syn1neg.tobytes()


def text_file(folder: Path, sentences: Sentences = SENTENCES) -> Path:
    path = folder / "corpus.txt"
    path.write_text("".join(" ".join(sentence) + "\n" for sentence in sentences), encoding="utf-8")
    return path


@pytest.mark.parametrize("sg", [0, 1])
def test_every_kind_of_source_gives_the_same_vectors(tmp_path: Path, sg: int) -> None:
    path = text_file(tmp_path)
    sources: dict[str, dict[str, Any]] = {
        "generator": {"sentences": (list(sentence) for sentence in SENTENCES)},
        "tuples": {"sentences": tuple(map(tuple, SENTENCES))},
        "file": {"corpus_file": str(path)},
        "path": {"corpus_file": path},
        "corpus": {"sentences": Corpus.from_sentences(SENTENCES)},
        "corpus of a file": {"sentences": Corpus.from_file(path)},
    }
    lists = Word2Vec(SENTENCES, sg=sg, workers=1, **OPTIONS)
    for name, source in sources.items():
        model = Word2Vec(sg=sg, workers=1, **OPTIONS, **source)
        assert model.wv.index_to_key == lists.wv.index_to_key, name
        assert bits(model) == bits(lists), name
        assert (model.corpus_count, model.corpus_total_words) == (300, 2700), name


def test_building_and_training_apart_gives_what_the_constructor_gives() -> None:
    whole = Word2Vec(SENTENCES, workers=1, **OPTIONS)
    parts = Word2Vec(workers=1, **OPTIONS)
    parts.build_vocab(SENTENCES)
    parts.train(SENTENCES, total_examples=parts.corpus_count, epochs=parts.epochs)
    assert bits(parts) == bits(whole)


def test_a_generator_is_read_once() -> None:
    read = []

    def generator() -> Iterator[list[str]]:
        for sentence in SENTENCES:
            read.append(1)
            yield sentence

    Word2Vec(generator(), workers=1, **OPTIONS)
    assert len(read) == len(SENTENCES)


def test_a_generator_that_is_used_up_is_an_error() -> None:
    generator = iter(SENTENCES)
    model = Word2Vec(workers=1, **OPTIONS)
    model.build_vocab(generator)
    with pytest.raises(ValueError, match=r"there is no word.*only once; make a Corpus"):
        model.train(generator)


def test_a_corpus_serves_several_models_and_stays_as_it_is() -> None:
    corpus = Corpus.from_sentences(SENTENCES)
    ids = corpus.ids.copy()
    first = Word2Vec(corpus, workers=1, **OPTIONS)
    second = Word2Vec(corpus, workers=1, **OPTIONS)
    assert bits(first) == bits(second)
    assert np.array_equal(corpus.ids, ids)


def test_the_models_choice_of_words_applies_to_every_source(tmp_path: Path) -> None:
    sentences = [["often", "often", "twice", "once"], ["often", "twice", "never"]]
    path = text_file(tmp_path, sentences)
    options = OPTIONS | {"min_count": 2}

    def rule(word: str, count: int, min_count: int) -> int | None:
        assert min_count == 2
        return RULE_DISCARD if word == "twice" else RULE_KEEP if word == "never" else None

    for source in ({"sentences": sentences}, {"corpus_file": path}, {"sentences": Corpus.from_sentences(sentences)}):
        assert Word2Vec(**source, **options).wv.index_to_key == ["often", "twice"]
        assert Word2Vec(**source, **options, trim_rule=rule).wv.index_to_key == ["often", "never"]
        assert Word2Vec(**source, **options, max_final_vocab=2).wv.index_to_key == ["often", "twice"]
        model = Word2Vec(**options)
        model.build_vocab(source.get("sentences"), source.get("corpus_file"), trim_rule=rule)
        assert model.wv.index_to_key == ["often", "never"]


def test_keys_that_are_numbers() -> None:
    model = Word2Vec([[30, 10, 20], [30, 10], [30]] * 20, workers=1, **OPTIONS)
    assert model.wv.index_to_key == [30, 10, 20]
    assert model.wv.get_vecattr(10, "count") == 40


def test_two_sources_or_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="either sentences or corpus_file"):
        Word2Vec(SENTENCES, corpus_file=text_file(tmp_path), **OPTIONS)
    model = Word2Vec(**OPTIONS)
    with pytest.raises(TypeError, match="either corpus_iterable or corpus_file"):
        model.build_vocab()
    model.build_vocab(SENTENCES)
    with pytest.raises(TypeError, match="either corpus_iterable or corpus_file"):
        model.train()


def test_text_in_place_of_token_lists_is_an_error() -> None:
    with pytest.raises(TypeError, match="split it first"):
        Word2Vec("a whole text", **OPTIONS)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="sentence 0 is the str 'one line', not a list of tokens"):
        Word2Vec(["one line"], **OPTIONS)


@pytest.mark.parametrize("kind", [str, Path, lambda path: str(path).encode()])
def test_a_path_in_place_of_token_lists_names_the_right_argument(kind: Any, tmp_path: Path) -> None:
    path, model = kind(text_file(tmp_path)), Word2Vec(**OPTIONS)
    message = "sentences must be lists of tokens, not .* as corpus_file=path"
    for call in (lambda given: Word2Vec(given, **OPTIONS), model.build_vocab, model.scan_vocab):
        with pytest.raises(TypeError, match=message):
            call(path)
    model.build_vocab(SENTENCES)
    with pytest.raises(TypeError, match=message):
        model.train(path)


@pytest.mark.parametrize("given", [[["a", "b"]], (("a", "b"), ("c",)), Corpus.from_sentences([["a", "b"]])])
def test_token_lists_in_place_of_a_path_name_the_right_argument(given: Any) -> None:
    message = "lists of tokens are sentences, which Word2Vec|corpus_file must name a file: give .* as [sc]"
    with pytest.raises(TypeError, match=message):
        Word2Vec(corpus_file=given, **OPTIONS)
    Word2Vec(given, **OPTIONS)
    with pytest.raises(TypeError, match=message):
        Word2Vec(**OPTIONS).build_vocab(corpus_file=given)


def test_no_word_that_is_frequent_enough_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"no word occurs 7 times \(min_count\), the most frequent 1"):
        Word2Vec([["a", "b"]], min_count=7)
    with pytest.raises(ValueError, match="there is no word"):
        Word2Vec([], min_count=1)
    with pytest.raises(ValueError, match="there is no word"):
        Word2Vec([[], []], min_count=1)


def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"absent.txt"):
        Word2Vec(corpus_file=tmp_path / "absent.txt", **OPTIONS)


# ---- seeds and threads ----


@pytest.mark.parametrize("targets", [{}, {"hs": 1, "negative": 0}, {"sg": 1, "hs": 1}])
def test_one_worker_and_one_seed_give_the_same_bits(targets: dict[str, int]) -> None:
    first, second = (Word2Vec(SENTENCES, workers=1, seed=3, **targets, **OPTIONS) for _ in range(2))
    assert first.wv.vectors.tobytes() == second.wv.vectors.tobytes()
    other = Word2Vec(SENTENCES, workers=1, seed=4, **targets, **OPTIONS)
    assert not np.array_equal(first.wv.vectors, other.wv.vectors)


def test_the_seed_reaches_the_samples_and_not_only_the_first_vectors() -> None:
    kept = {
        seed: Word2Vec(workers=1, seed=seed, **OPTIONS | {"sample": 0.01, "epochs": 1}) for seed in (0, 1, 2**64 - 1)
    }
    counts = []
    for model in kept.values():
        model.build_vocab(SENTENCES)
        counts.append(model.train(SENTENCES)[0])
    assert len(set(counts)) == len(counts)


def test_the_seed_reaches_the_first_vectors() -> None:
    first = []
    for seed in (1, 1, 2):
        model = Word2Vec(seed=seed, **OPTIONS)
        model.build_vocab(SENTENCES)
        first.append(model.wv.vectors.copy())
    assert np.array_equal(first[0], first[1])
    assert (first[0] != first[2]).mean() > 0.99


@pytest.mark.parametrize("workers", [2, 5])
def test_several_workers_give_a_usable_model(workers: int) -> None:
    model = Word2Vec(SENTENCES * 5, workers=workers, sg=1, **OPTIONS)
    assert np.isfinite(model.wv.vectors).all()
    assert nearest_are_of_one_topic(model.wv) > 0.95


@pytest.mark.integration
@pytest.mark.parametrize("sg", [0, 1])
@pytest.mark.parametrize("targets", [{}, {"hs": 1, "negative": 0}])
def test_samples_do_not_depend_on_the_number_of_workers(sg: int, targets: dict[str, int]) -> None:
    # A learning rate of zero leaves only the samples to tell runs apart.
    trained = Word2Vec(SENTENCES * 10, workers=1, sg=sg, **targets, **OPTIONS)
    vectors = trained.wv.vectors.copy()
    runs = set()
    losses = []
    for workers in (1, 2, 3, 8):
        model = Word2Vec(workers=workers, sg=sg, **targets, **OPTIONS | {"sample": 0.005, "alpha": 0, "min_alpha": 0})
        model.build_vocab(SENTENCES * 10)
        model.wv.vectors = vectors.copy()
        matrix, learned = (model.syn1, trained.syn1) if targets else (model.syn1neg, trained.syn1neg)
        matrix[:] = learned
        runs.add(model.train(SENTENCES * 10, compute_loss=True))
        losses.append(model.get_latest_training_loss())
        assert np.array_equal(model.wv.vectors, vectors)
        assert np.array_equal(matrix, learned)
    kept, passed = runs.pop()
    assert not runs
    assert passed == 6 * 10 * 2700
    assert 0.2 * passed < kept < 0.8 * passed
    assert losses == pytest.approx([losses[0]] * 4, rel=1e-9)


def test_the_default_is_a_worker_for_every_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    train_epoch = Hogwild.train_epoch

    def spy(self: Hogwild, *arguments: Any) -> None:
        seen.append(self.workers)
        train_epoch(self, *arguments)

    monkeypatch.setattr(Hogwild, "train_epoch", spy)
    monkeypatch.setattr("fastemb.threads.available_cpus", lambda: 3)
    assert Word2Vec(SENTENCES, **OPTIONS | {"epochs": 1}).workers == 3
    Word2Vec(SENTENCES, workers=2, **OPTIONS | {"epochs": 1})
    assert seen == [3, 2]


# ---- odd shapes ----


@pytest.mark.integration
def test_a_huge_sentence_is_trained_in_many_blocks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    words = [f"w{number}" for number in np.random.default_rng(0).zipf(1.5, 2_000_000) % 1000]
    path = tmp_path / "line.txt"
    path.write_text(" ".join(words), encoding="utf-8")
    blocks = []
    take = Run.take

    def spy(self: Run) -> tuple[int, int] | None:
        span = take(self)
        if span is not None:
            blocks.append(span)
        return span

    monkeypatch.setattr(Run, "take", spy)
    model = Word2Vec(corpus_file=path, workers=2, vector_size=4, negative=2, window=2, epochs=1, min_count=1)
    assert model.corpus_count == 1
    assert model.corpus_total_words == 2_000_000
    assert len(blocks) >= 2_000_000 // 32768
    ends = sorted(blocks)
    assert ends[0][0] == 0
    assert ends[-1][1] == 2_000_000
    assert all(left[1] == right[0] for left, right in itertools.pairwise(ends))
    assert np.isfinite(model.wv.vectors).all()


def test_empty_sentences_change_nothing_but_the_number_of_sentences() -> None:
    gaps: Sentences = []
    for sentence in SENTENCES:
        gaps += [[], sentence, [], []]
    plain, with_gaps = (Word2Vec(sentences, workers=1, **OPTIONS) for sentences in (SENTENCES, gaps))
    assert bits(plain) == bits(with_gaps)
    assert with_gaps.corpus_count == 4 * plain.corpus_count


def test_words_of_different_sentences_are_no_contexts() -> None:
    model = Word2Vec(workers=1, **OPTIONS)
    model.build_vocab([["a"], ["b"]] * 50)
    with pytest.warns(UserWarning, match="nothing was trained: no sentence was left with two words"):
        kept, passed = model.train([["a"], ["b"]] * 50)
    assert (kept, passed) == (600, 600)
    assert not model.syn1neg.any()


def test_hierarchical_softmax_of_one_word_trains_nothing_and_says_so() -> None:
    with pytest.warns(UserWarning, match="nothing was trained"):
        model = Word2Vec([["a"] * 9] * 9, hs=1, negative=0, workers=1, **OPTIONS)
    assert model.wv.index_to_key == ["a"]
    assert np.isfinite(model.wv.vectors).all()
    assert not model.syn1.any()


def test_negative_sampling_of_one_word_trains_it_on_itself() -> None:
    model = Word2Vec([["a"] * 9] * 9, workers=1, **OPTIONS)
    assert np.isfinite(model.wv.vectors).all()
    assert model.syn1neg.any()
