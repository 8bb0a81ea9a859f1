"""Small made-up corpora in which something is there to be learned."""

from __future__ import annotations

import numpy as np

from fastemb import KeyedVectors

Sentences = list[list[str]]

TOPICS = 3
TOPIC_WORDS = 8


def topic_sentences(sentences: int = 300, length: int = 9, seed: int = 0) -> Sentences:
    """Every sentence speaks of one topic: t0w0 .. t0w7, t1w0 .. t1w7, or t2w0 .. t2w7."""
    rng = np.random.default_rng(seed)
    topics = rng.integers(0, TOPICS, sentences)
    words = rng.integers(0, TOPIC_WORDS, (sentences, length))
    return [[f"t{topic}w{word}" for word in row] for topic, row in zip(topics, words.tolist(), strict=True)]


def nearest_are_of_one_topic(vectors: KeyedVectors) -> float:
    """Share of the seven nearest neighbours of all words that are of the word's own topic."""
    right = [
        near.startswith(word[:2])
        for word in vectors.index_to_key
        for near, _ in vectors.most_similar(word, topn=TOPIC_WORDS - 1)
    ]
    return sum(right) / len(right)


ROLES = ("ruler", "child", "servant", "elder")


def analogy_sentences(sentences: int = 3000, seed: int = 0) -> Sentences:
    """'f_ruler' and 'm_ruler' and so on stand between words that tell the sex and words that tell the role."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(sentences):
        sex, role = "fm"[rng.integers(2)], ROLES[rng.integers(len(ROLES))]
        about = [f"{sex}_{rng.integers(4)}", f"{sex}_{rng.integers(4)}", f"{role}_{rng.integers(4)}"]
        about.append(f"{role}_{rng.integers(4)}")
        rng.shuffle(about)
        made.append([*about[:2], f"{sex}_{role}", *about[2:]])
    return made


def analogies() -> list[tuple[str, str, str, str]]:
    """All of the kind m_ruler : f_ruler = m_child : f_child."""
    return [(f"m_{a}", f"f_{a}", f"m_{b}", f"f_{b}") for a in ROLES for b in ROLES if a != b]
