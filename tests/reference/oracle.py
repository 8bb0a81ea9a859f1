"""A slow twin of the whole training, in float64 and plain loops. Nothing is shared with the C core but its contract.

From the bottom up: random numbers, sampling tables, the walk over a sentence, targets, the block step, training.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Vectors = npt.NDArray[np.float64]

MOST_INPUTS = 24  # of a block
TOGETHER = 3  # inputs that an update takes at a time, on most instruction sets
FEW_CONTEXTS = 16  # may share the usual number of negatives, or a path
MOST_CONTEXTS = 40  # of a block of several centres
LEAST_DRAWS = 7  # for more than a few contexts
TOP_NODES, TOP_PARTS = 6, 3  # of thinned paths: of the top nodes a centre trains those of one part
POOL, LEAST_SHARES, POOL_ROUNDS = 1024, 8, 8  # negatives of baskets; shares of them; turns of a share

# ---- random numbers: SplitMix64's mixer over (key, counter) ----

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
TOKENS, NEGATIVES, BASKETS, PATHS = 1, 2, 3, 4  # streams


def mix(x: int) -> int:
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & MASK
    return x ^ (x >> 31)


def draw(key: int, counter: int) -> int:
    """64 random bits: number `counter` of the stream `key`."""
    return mix((key + counter * GOLDEN) & MASK)


def stream_key(seed: int, epoch: int, stream: int) -> int:
    return draw(draw(mix((seed + GOLDEN) & MASK), epoch), stream)


def low(bits: int) -> int:
    return bits & 0xFFFFFFFF


def below(bits: int, bound: int) -> int:
    """A number in [0, bound) from 32 random bits."""
    return bits * bound >> 32


# ---- sampling tables ----


def keep_thresholds(counts: Array, sample: float) -> npt.NDArray[np.uint32]:
    """word2vec's subsampling: a token of frequency f stays with probability (sqrt(f / t) + 1) t / f."""
    f = counts / counts.sum()
    probability = np.minimum(1.0, (np.sqrt(f / sample) + 1) * sample / f)
    thresholds: npt.NDArray[np.uint32] = np.minimum(np.round(probability * 2.0**32) - 1, 2.0**32 - 1).astype(np.uint32)
    return thresholds


def alias_probabilities(table: Array) -> Vectors:
    """The distribution that an alias table (n x 2: threshold, other) stands for."""
    size = len(table)
    probability = np.zeros(size)
    for slot, (threshold, other) in enumerate(table.tolist()):
        stays = threshold / 2**32
        probability[slot] += stays / size
        probability[other] += (1 - stays) / size
    return probability


def alias_draw(table: Sequence[Sequence[int]], bits: int) -> int:
    """The high half picks a slot, the low half whether to stay there."""
    slot = below(bits >> 32, len(table))
    threshold, other = table[slot]
    return slot if low(bits) < threshold else other


def huffman_cost(counts: Sequence[int]) -> int:
    """The least possible sum of count x code length: that of any Huffman tree."""
    heap = list(counts)
    heapq.heapify(heap)
    cost = 0
    while len(heap) > 1:
        merged = heapq.heappop(heap) + heapq.heappop(heap)
        cost += merged
        heapq.heappush(heap, merged)
    return cost


def huffman_paths(counts: Sequence[int]) -> list[list[tuple[int, int]]]:
    """word2vec's tree: for each word its (inner node, code) pairs from the root down.

    The two lightest nodes merge, an inner node before a word of the same count, the rarest word last in the list
    first, the oldest inner node first; the first of the two gets code 0.
    """
    words = len(counts)
    # (count, words after inner nodes, order within its kind, node)
    heap = [(count, 1, -word, word) for word, count in enumerate(counts)]
    heapq.heapify(heap)
    parent: dict[int, tuple[int, int]] = {}
    for made in range(words, 2 * words - 1):
        first, second = heapq.heappop(heap), heapq.heappop(heap)
        parent[first[3]], parent[second[3]] = (made, 0), (made, 1)
        heapq.heappush(heap, (first[0] + second[0], 0, made, made))
    paths = []
    for word in range(words):
        path, node = [], word
        while node in parent:
            node, code = parent[node]
            path.append((node - words, code))
        paths.append(path[::-1])
    return paths


# ---- a run of training ----


@dataclass
class Model:
    """Matrices (rows x vector size), tables and settings. Rows change in place."""

    inputs: Vectors
    out_ns: Vectors | None = None
    out_hs: Vectors | None = None
    noise: list[list[int]] | None = None
    paths: list[list[tuple[int, int]]] | None = None
    keep: list[int] | None = None
    event_keep: list[int] | None = None
    in_scale: list[float] | None = None
    bags: list[list[int]] | None = None  # of each word, rows of the inputs; None: a word is its row
    window: int = 5
    basket: int = 0
    negative: int = 0
    sg: bool = True
    shrink_windows: bool = True
    negatives_per_pair: bool = False
    cbow_mean: bool = True
    cbow_exact: bool = False
    thinned_paths: bool = False
    seed: int = 1
    together: int = TOGETHER


@dataclass
class Done:
    """What a run did."""

    kept: int = 0
    pairs: int = 0
    loss: float = 0.0
    centres: list[tuple[int, list[int]]] = field(default_factory=list)  # (position, contexts)


class Window(NamedTuple):
    """A kept token and those that are its contexts: words, and positions in the corpus.

    Numbers count kept tokens, and a gap between two sentences: those of the contexts; of the last token in the window,
    which may be the centre; and of the first token that a window from here on may have.
    """

    position: int
    centre: int
    contexts: list[int]
    places: list[int]
    numbers: list[int]
    last: int
    needed: int


# ---- sentence -> centre and contexts ----


def is_kept(model: Model, bits: int, word: int, position: int) -> bool:
    """By the word's threshold times the event's, each a probability of (threshold + 1) / 2^32."""
    threshold = MASK >> 32 if model.keep is None else model.keep[word]
    if model.event_keep is not None:
        threshold = ((threshold + 1) * (model.event_keep[position] + 1) - 1) >> 32
    return low(bits) <= threshold


def basket_places(model: Model, size: int, position: int, epoch: int, without: int | None = None) -> list[int]:
    """Places in a basket of `size`, before subsampling: all but `without`, or one drawn from each of `basket` arcs of
    almost the same length, cut from a random one of them on. `position` is that of the token that draws them."""
    places = [place for place in range(size) if place != without]
    arcs = min(len(places), model.basket)
    if arcs == 0:
        return []
    key = draw(stream_key(model.seed, epoch, BASKETS), position)
    start = below(low(draw(key, 0)), len(places)) if len(places) > arcs else 0
    drawn = []
    for arc in range(arcs):
        length = len(places) // arcs + (arc < len(places) % arcs)
        drawn.append(places[(start + below(low(draw(key, arc + 1)), length)) % len(places)])
        start += length
    return drawn


def windows(model: Model, sentences: Sequence[Sequence[int]], epoch: int) -> Iterator[Window]:
    """Of every kept token; contexts from left to right, in a basket as they are drawn."""
    key = stream_key(model.seed, epoch, TOKENS)
    position = number = 0
    span = min(model.window, max(map(len, sentences), default=0))
    for sentence in sentences:
        kept = []
        first = position
        for word in sentence:
            bits = draw(key, position)
            if is_kept(model, bits, word, position):
                kept.append((position, word, bits >> 32))
            position += 1
        if model.basket:
            words = {where: word for where, word, _ in kept}
            for where, centre, _ in kept:
                drawn = basket_places(model, len(sentence), where, epoch, without=where - first)
                places = [first + place for place in drawn if first + place in words]
                yield Window(where, centre, [words[place] for place in places], places, [], 0, 0)
            continue
        for at, (where, centre, bits) in enumerate(kept):
            reach = model.window - below(bits, model.window) if model.shrink_windows else model.window
            there = [other for other in range(max(0, at - reach), min(len(kept), at + reach + 1)) if other != at]
            yield Window(
                where,
                centre,
                [kept[other][1] for other in there],
                [kept[other][0] for other in there],
                [number + other for other in there],
                number + max([at, *there]),
                number + max(0, at - span),
            )
        number += len(kept) + 1


# ---- centre -> output rows and labels ----


class Negatives:
    """What the blocks of one call draw. In baskets whose blocks may have several centres the draws of a block are kept:
    the blocks after it keep draws of their own, until the pool is full, and then they take turns with these. After so
    many turns all are drawn anew."""

    def __init__(self, model: Model, epoch: int) -> None:
        self.model, self.epoch = model, epoch
        self.share = max(model.negative, LEAST_DRAWS)
        has_pool = model.sg and model.basket > 0 and model.negative > 0 and not is_alone(model)
        self.shares = max(POOL // self.share, LEAST_SHARES) if has_pool else 0
        self.pool: list[list[int]] = []
        self.blocks = 0

    def drawn(self, position: int, first: int, count: int) -> list[int]:
        """Those of a block: `count`, from number `first` on of the stream at a position, if they are drawn there."""
        if self.shares == 0:
            return self._draw(position, first, count)
        turn, at = divmod(self.blocks, self.shares)
        self.blocks += 1
        if turn % POOL_ROUNDS == 0:
            self.pool[at : at + 1] = [self._draw(position, first, self.share)]
        return self.pool[at][:count]

    def _draw(self, position: int, first: int, count: int) -> list[int]:
        assert self.model.noise is not None
        key = draw(stream_key(self.model.seed, self.epoch, NEGATIVES), position)
        return [alias_draw(self.model.noise, draw(key, first + k)) for k in range(count)]


def negative_targets(centres: list[int], drawn: list[int]) -> tuple[list[int], Vectors]:
    """The centres and what was drawn; a draw that hits one is dropped.

    A label a centre and output: its own is 1, those of the others are NaN, the rest are 0.
    """
    rows = centres + [row for row in drawn if row not in centres]
    labels = np.zeros((len(centres), len(rows)))
    labels[:, : len(centres)] = np.where(np.eye(len(centres)) == 1, 1.0, np.nan)
    return rows, labels


def path_targets(model: Model, centre: int) -> tuple[list[int], Vectors]:
    assert model.paths is not None
    nodes = [node for node, _ in model.paths[centre]]
    return nodes, np.array([[1.0 - code for _, code in model.paths[centre]]])


def trained_nodes(model: Model, centre: int, position: int, epoch: int) -> list[int]:
    """Levels of the path that are trained: all, or of the top ones every third, from one on that the token draws."""
    assert model.paths is not None
    levels = list(range(len(model.paths[centre])))
    if not model.thinned_paths or len(levels) < TOP_NODES:
        return levels
    part = below(low(draw(stream_key(model.seed, epoch, PATHS), position)), TOP_PARTS)
    return [level for level in levels if level >= TOP_NODES or level % TOP_PARTS == part]


def most_at_rate(alpha: float, has_paths: bool, limit: int) -> int:
    """Contexts that may share outputs: fewer where the rate is high, above all with Huffman paths."""
    most = 0.41 if has_paths else 1.25
    return limit if alpha * limit <= most else max(1, int(most / alpha))


def most_inputs(model: Model, alpha: float) -> int:
    """Contexts of one centre in a block."""
    return 1 if model.negatives_per_pair else most_at_rate(alpha, model.paths is not None, FEW_CONTEXTS)


def chunk_sizes(contexts: int, most: int) -> list[int]:
    """Skip-gram shares its contexts out evenly over the fewest blocks of at most so many, the larger ones first."""
    sizes = []
    while contexts > 0:
        blocks = math.ceil(contexts / most)
        sizes.append(math.ceil(contexts / blocks))
        contexts -= sizes[-1]
    return sizes


# ---- the step ----


def sigmoid(s: Vectors) -> Vectors:
    e = np.exp(-np.abs(s))
    return np.where(s >= 0, 1.0, e) / (1.0 + e)


def block_loss(h: Vectors, o: Vectors, labels: Any, weights: Any = 1.0) -> float:
    """Sum of -log sigmoid(s) where the label is 1, of -log sigmoid(-s) where it is 0."""
    labels = np.asarray(labels, dtype=float)
    sign = np.where(labels == 1, 1.0, -1.0)
    return float((weights * np.where(np.isnan(labels), 0.0, np.logaddexp(0.0, -(h @ o.T) * sign))).sum())


def tiles(m: int, together: int) -> list[range]:
    """Inputs are taken in groups of even size, at most ``together``; the larger ones come first."""
    count = -(-m // together)
    edges = [sum(m // count + (k < m % count) for k in range(group)) for group in range(count + 1)]
    return [range(first, last) for first, last in itertools.pairwise(edges)]


def block_step(
    h: Vectors,
    o: Vectors,
    labels: Any,
    alpha: float,
    rows: Sequence[int] | None = None,
    scale: Any = 1.0,
    outputs: Sequence[int] | None = None,
    in_turn: bool = False,
    weights: Any = 1.0,
    together: int = TOGETHER,
) -> tuple[Vectors, Vectors, float]:
    """Changes of h (m x D) and o (n x D), and the loss before them. All scores are made before anything changes.

    ``labels`` are n, or m x n; nothing is learned where one is NaN. ``weights`` say how often a pair is there. ``rows``
    says which inputs are the same row; ``scale`` is the factor on their changes. ``outputs`` says which outputs are.

    Inputs come in groups, at most ``together`` in one. An input is seen after what earlier groups did to its row; an
    output by the last group after what was done to its row where it stands further to the front, and with ``in_turn``
    after what earlier inputs did.
    """
    rows = range(len(h)) if rows is None else rows
    outputs = range(len(o)) if outputs is None else outputs
    g = weights * np.nan_to_num(alpha * (np.asarray(labels, dtype=float) - sigmoid(h @ o.T)))
    dh, do = np.zeros_like(h), np.zeros_like(o)
    factors = np.broadcast_to(scale, (len(h), 1))
    for group in tiles(len(h), together):
        x = [h[i] + sum(factors[k] * dh[k] for k in range(group.start) if rows[k] == rows[i]) for i in group]
        for j in range(len(o)):
            y = o[j]
            if group.stop == len(h):
                y = y + sum(do[k] for k in range(j) if outputs[k] == outputs[j])
            for i in group:
                dh[i] += g[i, j] * (y + (do[j] if in_turn else 0.0))
                do[j] += g[i, j] * x[i - group.start]
    return dh, do, block_loss(h, o, labels, weights)


# ---- training ----


class Targets(NamedTuple):
    """Rows of a matrix with their labels; and the same for the loss, where that is of more rows."""

    matrix: Vectors
    rows: list[int]
    labels: Vectors
    whole_rows: list[int]
    whole_labels: Vectors


def targets_of(model: Model, negatives: Negatives, centres: list[int], position: int, first: int) -> list[Targets]:
    """Hierarchical softmax first, then negative sampling; nothing where there are no targets."""
    targets = []
    if model.out_hs is not None and model.paths is not None and model.paths[centres[0]]:
        nodes, labels = path_targets(model, centres[0])
        levels = trained_nodes(model, centres[0], position, negatives.epoch)
        targets.append(Targets(model.out_hs, [nodes[level] for level in levels], labels[:, levels], nodes, labels))
    if model.out_ns is not None:
        rows, labels = negative_targets(centres, negatives.drawn(position, first, model.negative))
        targets.append(Targets(model.out_ns, rows, labels, rows, labels))
    return targets


class Inputs:
    """The rows of words."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.fresh = 0  # numbers of tokens in baskets so far

    def scales(self, rows: list[int]) -> Vectors:
        """Factors on the changes of rows."""
        factors = self.model.in_scale
        return np.array([1.0 if factors is None else factors[row] for row in rows])[:, None]

    def take(self, words: list[int], numbers: list[int], needed: int) -> tuple[Vectors, Vectors, list[int]]:
        """Vectors of tokens, factors on their changes, and which of them are the same: equal numbers."""
        return self.model.inputs[words], self.scales(words), words

    def add(self, words: list[int], numbers: list[int], changes: Vectors) -> None:
        """Add changes, times their factors, to what was taken."""
        np.add.at(self.model.inputs, words, changes)

    def sizes(self, words: list[int]) -> int:
        """Rows of all these words."""
        return len(words)

    def far(self, needed: int, last: int) -> bool:
        """Whether no block may have both numbers."""
        return False

    def give_back(self, needed: int | None = None) -> None:
        """All tokens with lower numbers, or all, have been taken for the last time."""


class Bags(Inputs):
    """The means of words' bags of rows, or in CBOW the sums.

    They are held from the first block that takes them to the last one: it is then that each row of a bag receives the
    whole change of the mean.
    """

    def __init__(self, model: Model, longest_sentence: int) -> None:
        super().__init__(model)
        span = min(model.basket or model.window, longest_sentence)
        self.most = 64
        while self.most < 2 * span + 64:
            self.most *= 2
        self.held: dict[int, tuple[int, Vectors, Vectors]] = {}  # number -> word, value, value before

    def bag(self, word: int) -> list[int]:
        assert self.model.bags is not None
        return self.model.bags[word]

    def take(self, words: list[int], numbers: list[int], needed: int) -> tuple[Vectors, Vectors, list[int]]:
        self.give_back(needed)
        for word, number in zip(words, numbers, strict=True):
            if number not in self.held:
                rows = self.model.inputs[self.bag(word)]
                value = rows.mean(axis=0) if self.model.sg else rows.sum(axis=0)
                self.held[number] = (word, value, value.copy())
        return np.array([self.held[number][1] for number in numbers]), self.factors(words), numbers

    def factors(self, words: list[int]) -> Vectors:
        factors = [self.scales(self.bag(word)) for word in words]
        return np.array([scale.mean() if self.model.sg else scale.sum() for scale in factors])[:, None]

    def add(self, words: list[int], numbers: list[int], changes: Vectors) -> None:
        for number, change in zip(numbers, np.broadcast_to(changes, (len(words), len(changes[0]))), strict=True):
            self.held[number][1][:] += change

    def sizes(self, words: list[int]) -> int:
        return sum(len(self.bag(word)) for word in words)

    def far(self, needed: int, last: int) -> bool:
        return last - needed >= self.most

    def give_back(self, needed: int | None = None) -> None:
        for number in sorted(self.held):
            if needed is None or number < needed:
                word, value, before = self.held.pop(number)
                factor = float(self.factors([word])[0, 0])
                if factor:
                    np.add.at(
                        self.model.inputs, self.bag(word), self.scales(self.bag(word)) * (value - before) / factor
                    )


def is_alone(model: Model) -> bool:
    """Whether a block has one centre."""
    return model.negatives_per_pair or model.paths is not None


def numbered(inputs: Inputs, words: list[int]) -> tuple[list[int], list[int], int]:
    """Words of baskets, each token with a number of its own in every block."""
    first, inputs.fresh = inputs.fresh, inputs.fresh + len(words)
    return words, list(range(first, inputs.fresh)), first


def train_contexts(
    model: Model, inputs: Inputs, window: Window, negatives: Negatives, alpha: float, done: Done
) -> None:
    """Blocks of one centre's contexts. The second output matrix sees h as the first one left it."""
    used = 0
    for size in chunk_sizes(len(window.contexts), most_inputs(model, alpha)):
        words, numbers, needed = window.contexts[used : used + size], window.numbers[used : used + size], window.needed
        if model.basket:
            words, numbers, needed = numbered(inputs, words)
        for target in targets_of(model, negatives, [window.centre], window.position, used * model.negative):
            matrix, outputs, labels = target[:3]
            paths = matrix is model.out_hs
            h, scale, rows = inputs.take(words, numbers, needed)
            loss = block_loss(h, matrix[target.whole_rows], target.whole_labels)
            dh, do, _ = block_step(
                h, matrix[outputs], labels, alpha, rows, scale, outputs, paths, together=model.together
            )
            np.add.at(matrix, outputs, do)
            inputs.add(words, numbers, scale * dh)
            done.pairs += len(rows) * len(outputs)
            done.loss += loss
        used += size


def train_windows(
    model: Model, inputs: Inputs, group: list[Window], negatives: Negatives, alpha: float, done: Done
) -> None:
    """One block of several centres: each token in their windows is one input, with the centres whose context it is."""
    words = {number: word for window in group for number, word in zip(window.numbers, window.contexts, strict=True)}
    numbers = sorted(words)
    own = np.array([[number in window.numbers for window in group] for number in numbers])
    taken = ([words[number] for number in numbers], numbers, group[0].needed)
    train_together(model, inputs, group, taken, own, (group[0].position, 0), negatives, alpha, done)


def train_together(
    model: Model,
    inputs: Inputs,
    group: list[Window],
    taken: tuple[list[int], list[int], int],
    own: Array,
    first: tuple[int, int],
    negatives: Negatives,
    alpha: float,
    done: Done,
) -> None:
    """One block of several centres. An input learns from its own centres and, as often as there are such, from
    negatives that serve them all. More contexts have more negatives of less weight. `first` is
    the position and the number of the first draw."""
    assert model.out_ns is not None
    count = max(model.negative, LEAST_DRAWS) if own.sum() > FEW_CONTEXTS else model.negative
    outputs, _ = negative_targets([window.centre for window in group], negatives.drawn(*first, count))
    h, scale, rows = inputs.take(*taken)
    labels, weights = np.zeros((len(rows), len(outputs))), np.ones((len(rows), len(outputs)))
    labels[:, : len(group)] = np.where(own, 1.0, np.nan)
    weights[:, len(group) :] = own.sum(axis=1, keepdims=True) * model.negative / count
    dh, do, loss = block_step(
        h,
        model.out_ns[outputs],
        labels,
        alpha,
        rows,
        scale,
        outputs,
        weights=weights,
        together=model.together,
    )
    np.add.at(model.out_ns, outputs, do)
    inputs.add(*taken[:2], scale * dh)
    done.pairs += int((~np.isnan(labels)).sum())
    done.loss += loss


def basket_groups(model: Model, sentences: Sequence[Sequence[int]], epoch: int, alpha: float) -> Iterator[list[Window]]:
    """Centres of one basket that share what is drawn of it: up to four different words, as they follow each other, and
    no more than there are contexts in a block."""
    most = min(4, math.isqrt(most_at_rate(alpha, False, MOST_CONTEXTS)))
    key = stream_key(model.seed, epoch, TOKENS)
    first = 0
    for sentence in sentences:
        words = {
            first + place: word
            for place, word in enumerate(sentence)
            if is_kept(model, draw(key, first + place), word, first + place)
        }
        group: list[int] = []
        for where in [*words, None]:
            if group and (where is None or len(group) == most or words[where] in [words[place] for place in group]):
                drawn = [first + place for place in basket_places(model, len(sentence), group[0], epoch)]
                places = [place for place in drawn if place in words]
                yield [
                    Window(centre, words[centre], [words[place] for place in places], places, [], 0, 0)
                    for centre in group
                ]
                group = []
            if where is not None:
                group.append(where)
        first += len(sentence)


def train_basket(
    model: Model, inputs: Inputs, group: list[Window], negatives: Negatives, alpha: float, done: Done
) -> None:
    """Blocks of several centres' common contexts; a centre is no context of its own."""
    used = 0
    most = min(MOST_INPUTS, max(1, most_at_rate(alpha, False, MOST_CONTEXTS) // len(group)))
    for size in chunk_sizes(len(group[0].places), most):
        found = list(zip(group[0].places, group[0].contexts, strict=True))[used : used + size]
        members = [(place, word) for place, word in found if [window.position for window in group] != [place]]
        first, used = used * max(model.negative, LEAST_DRAWS), used + size
        own = np.array([[place != window.position for window in group] for place, _ in members])
        if len(members) == 1:  # one input for each of its centres
            centres = [window for window in group if window.position != members[0][0]]
            rows = [members[0][1]] * len(centres)
            own = np.eye(len(centres), dtype=bool)
            taken = numbered(inputs, rows)
            train_together(model, inputs, centres, taken, own, (group[0].position, first), negatives, alpha, done)
        elif members:
            taken = numbered(inputs, [word for _, word in members])
            train_together(model, inputs, group, taken, own, (group[0].position, first), negatives, alpha, done)


def sharing(model: Model, found: list[Window], alpha: float, inputs: Inputs | None = None) -> Iterator[list[Window]]:
    """Centres that share a block: up to four different words, as they follow each other. In skip-gram there are limits
    to the tokens in their windows and to the contexts of all; a centre beyond them is alone."""
    most, most_contexts = 1 if is_alone(model) else 4, most_at_rate(alpha, False, MOST_CONTEXTS)
    group: list[Window] = []
    for window in found:
        tokens = {place for member in [*group, window] for place in member.places}
        contexts = sum(len(member.contexts) for member in [*group, window])
        is_full = len(group) == most or (model.sg and (len(tokens) > MOST_INPUTS or contexts > most_contexts))
        is_full |= inputs is not None and bool(group) and inputs.far(group[0].needed, window.last)
        if group and (is_full or window.centre in [member.centre for member in group]):
            yield group
            group = []
        group.append(window)
    if group:
        yield group


def train_cbow(
    model: Model, inputs: Inputs, group: list[Window], negatives: Negatives, alpha: float, done: Done
) -> None:
    """One hidden row for all contexts of a centre and both output matrices, and its change handed to each of them.

    With the true gradient (arXiv 2012.15332) the change is divided by the number of contexts for a mean and not for a
    sum; otherwise it is not divided for a mean (word2vec) and is for a sum (gensim).
    """
    taken = [(window.contexts, window.numbers, group[0].needed) for window in group]
    if model.basket:
        first = inputs.fresh
        taken = [(*numbered(inputs, window.contexts)[:2], first) for window in group]
    shares = [1.0 / inputs.sizes(window.contexts) for window in group]
    sums = [inputs.take(*some)[0].sum(axis=0) for some in taken]
    h = np.array([row * (share if model.cbow_mean else 1.0) for row, share in zip(sums, shares, strict=True)])
    change = np.zeros_like(h)
    for target in targets_of(model, negatives, [window.centre for window in group], group[0].position, 0):
        matrix, rows, labels = target[:3]
        loss = block_loss(h, matrix[target.whole_rows], target.whole_labels)
        dh, do, _ = block_step(h, matrix[rows], labels, alpha, outputs=rows, together=len(h))
        np.add.at(matrix, rows, do)
        change += dh
        done.pairs += int((~np.isnan(labels)).sum())
        done.loss += loss
    for some, share, row in zip(taken, shares, change, strict=True):
        factor = share if model.cbow_mean == model.cbow_exact else 1.0
        inputs.add(*some[:2], factor * inputs.take(*some)[1] * row)


def train(
    model: Model, sentences: Sequence[Sequence[int]], epoch: int, alpha: float, begin: int = 0, end: int | None = None
) -> Done:
    """Train on the centres at tokens [begin, end)."""
    done, negatives = Done(), Negatives(model, epoch)
    longest = max(map(len, sentences), default=0)
    inputs = Inputs(model) if model.bags is None else Bags(model, longest)
    if model.basket and model.sg and not is_alone(model):
        for group in basket_groups(model, sentences, epoch, alpha):
            done.kept += len(group)
            done.centres += [(window.position, window.contexts) for window in group]
            train_basket(model, inputs, group, negatives, alpha, done)
        inputs.give_back()
        return done
    found = []
    for window in windows(model, sentences, epoch):
        if window.position < begin or (end is not None and window.position >= end):
            continue
        done.kept += 1
        done.centres.append((window.position, window.contexts))
        if window.contexts:
            found.append(window)
    for group in sharing(model, found, alpha, inputs):
        if not model.sg:
            train_cbow(model, inputs, group, negatives, alpha, done)
        elif is_alone(model) or len(group[0].contexts) > min(MOST_INPUTS, most_at_rate(alpha, False, MOST_CONTEXTS)):
            train_contexts(model, inputs, group[0], negatives, alpha, done)
        else:
            train_windows(model, inputs, group, negatives, alpha, done)
    inputs.give_back()
    return done
