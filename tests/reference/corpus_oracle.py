"""The slow, obvious twin: what a corpus and its vocabulary must be."""

from collections import Counter


def lines_of(text):
    """As iterating over a file that only ends lines at a line feed."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def split(text):
    return [line.split() for line in lines_of(text)]


def least_count(counter, min_count, max_final_vocab):
    """gensim 4's effective_min_count."""
    ranked = counter.most_common()
    calculated = 1
    if max_final_vocab is not None and max_final_vocab < len(ranked):
        calculated = ranked[max_final_vocab][1] + 1
    return max(min_count, calculated)


def encode(sentences, min_count=1, max_final_vocab=None):
    """Keys, counts and the sentences without the words that are dropped."""
    counter = Counter(word for sentence in sentences for word in sentence)
    least = least_count(counter, min_count, max_final_vocab)
    kept = [(word, count) for word, count in counter.most_common() if count >= least]
    known = {word for word, _ in kept}
    left = [[word for word in sentence if word in known] for sentence in sentences]
    return [word for word, _ in kept], [count for _, count in kept], left


def check(corpus, sentences, **options):
    keys, counts, left = encode(sentences, **options)
    assert corpus.vocabulary.keys == keys
    assert corpus.vocabulary.counts.tolist() == counts
    assert list(corpus) == left
    assert corpus.raw_words == sum(map(len, sentences))
    assert len(corpus) == len(sentences)
    check_shape(corpus)


def check_shape(corpus):
    assert corpus.ids.dtype == "int32"
    assert corpus.ids.flags.c_contiguous
    assert corpus.offsets.dtype == "int64"
    assert corpus.offsets.flags.c_contiguous
    assert corpus.offsets[0] == 0
    assert corpus.offsets[-1] == len(corpus.ids) == corpus.words
    assert corpus.vocabulary.key_to_index == {key: i for i, key in enumerate(corpus.vocabulary.keys)}
