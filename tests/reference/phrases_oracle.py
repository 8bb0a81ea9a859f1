"""The slow, obvious twin: which pairs there are, what they score, and what joining them gives."""

import itertools
import math
from collections import Counter


def pairs_of(sentence, connectors=frozenset()):
    """First word, connector words and second word of all neighbours."""
    places = [place for place, word in enumerate(sentence) if word not in connectors]
    return [tuple(sentence[a : b + 1]) for a, b in itertools.pairwise(places)]


def count(sentences, connectors=frozenset()):
    """How often words occur, and pairs."""
    words = Counter(word for sentence in sentences for word in sentence if word not in connectors)
    return words, Counter(pair for sentence in sentences for pair in pairs_of(sentence, connectors))


def original(a, b, both, different, min_count, total):
    return (both - min_count) / float(a * b) * different


def npmi(a, b, both, different, min_count, total):
    if both < min_count:
        return -math.inf
    return math.log(both / total / ((a / total) * (b / total))) / -math.log(both / total)


def phrases(sentences, score, min_count, threshold, connectors=frozenset()):
    """The score of every pair that is a phrase."""
    words, pairs = count(sentences, connectors)
    total, different = sum(map(len, sentences)), len(words) + len(pairs)
    scores = {p: score(words[p[0]], words[p[-1]], n, different, min_count, total) for p, n in pairs.items()}
    return {pair: value for pair, value in scores.items() if value > threshold}


def join(sentence, found, connectors=frozenset(), delimiter="_"):
    """From left to right, a word in one phrase at most."""
    rest, joined = list(sentence), []
    while rest:
        end = next((k for k in range(1, len(rest)) if rest[k] not in connectors), None)
        whole = rest[0] not in connectors and end is not None and tuple(rest[: end + 1]) in found
        joined.append(delimiter.join(rest[: end + 1]) if whole else rest[0])
        del rest[: end + 1 if whole else 1]
    return joined


def texts(found, delimiter="_"):
    return {delimiter.join(pair): score for pair, score in found.items()}
