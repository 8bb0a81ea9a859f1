"""A slow twin of training and inference of documents, in float64 and plain loops, on the parts of `oracle`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from reference.oracle import (
    LEAST_DRAWS,
    MOST_CONTEXTS,
    MOST_INPUTS,
    TOKENS,
    Done,
    Model,
    Negatives,
    Vectors,
    Window,
    block_loss,
    block_step,
    chunk_sizes,
    draw,
    is_alone,
    is_kept,
    most_at_rate,
    most_inputs,
    negative_targets,
    path_targets,
    sharing,
    sigmoid,
    stream_key,
    train,
    trained_nodes,
    windows,
)

CENTRES = 4  # at most in a block; and as many parts of what is trained are read side by side
INFERRED_DRAWS = 2  # times the usual number, in inference; each weighs as much less


@dataclass
class DocumentModel(Model):
    """A model whose sentences are documents. ``sg`` is PV-DBOW; else this is PV-DM."""

    tags: Vectors = field(default_factory=lambda: np.zeros((0, 0)))
    tag_scale: list[float] | None = None
    words_beside: bool = False
    side_tags: int = 0  # above 0: rows lie side by side
    null_word: int = 0
    tags_only: bool = False  # inference: nothing else learns


def draws(model: DocumentModel, documents: Sequence[int]) -> int:
    """Negatives of a block whose centres are in these documents: as many times the usual number as there are centres in
    one document. Each weighs as much less."""
    if is_alone(model):
        return model.negative
    return model.negative * (INFERRED_DRAWS if model.tags_only else max(map(documents.count, documents)))


class TagNegatives(Negatives):
    """Never from a pool."""

    def __init__(self, model: DocumentModel, epoch: int) -> None:
        super().__init__(model, epoch)
        self.share = max(model.negative, LEAST_DRAWS) if is_alone(model) else CENTRES * model.negative
        self.shares = 0


Span = tuple[int, int]


def parts_of(model: DocumentModel, begin: int, end: int) -> list[Span]:
    """Parts of the same length of the tokens [begin, end), which are read side by side."""
    if is_alone(model) or model.tags_only:
        return [(begin, end)]
    return list(itertools.pairwise(begin + (end - begin) * part // CENTRES for part in range(CENTRES + 1)))


def in_turn(found: Sequence[Window], parts: Sequence[Span]) -> list[Window]:
    """The centres of all parts, which take turns."""
    each = [[window for window in found if first <= window.position < last] for first, last in parts]
    return [window for turn in itertools.zip_longest(*each) for window in turn if window is not None]


@dataclass
class Block:
    """Centres that share outputs, and the input rows; ``own`` says which inputs belong to which centre."""

    position: int
    centres: list[int]
    own: Any
    first: int  # number of the first draw
    count: int  # of draws


def step(
    model: DocumentModel,
    block: Block,
    negatives: TagNegatives,
    alpha: float,
    inputs: Any,
    scale: Any,
    rows: list[int],
    done: Done,
) -> Vectors:
    """Change outputs; returns the changes of inputs. ``inputs()`` are their vectors, which change between the two
    output matrices where ``scale`` is given: then changes go to ``model.tags``."""
    total: Vectors = np.zeros_like(inputs())

    def one(matrix: Vectors, outputs: list[int], labels: Any, weights: Any, is_path: bool) -> None:
        h = inputs()
        if model.tags_only:
            errors = np.nan_to_num(np.broadcast_to(labels, (len(h), len(outputs))) - sigmoid(h @ matrix[outputs].T))
            dh = alpha * weights * errors @ matrix[outputs]
        else:
            factors = 1.0 if scale is None else scale
            is_one_group = scale is None or np.array_equal(block.own, np.eye(len(block.centres)))  # bags; a tag each
            together = len(h) if is_one_group else model.together
            dh, do, _ = block_step(
                h, matrix[outputs], labels, alpha, rows, factors, outputs, is_path, weights, together=together
            )
            np.add.at(matrix, outputs, do)
        if scale is not None:
            np.add.at(model.tags, rows, scale * dh)
        total[:] += dh

    if model.out_hs is not None and model.paths is not None and model.paths[block.centres[0]]:
        nodes, labels = path_targets(model, block.centres[0])
        levels = trained_nodes(model, block.centres[0], block.position, negatives.epoch)
        done.loss += block_loss(inputs(), model.out_hs[nodes], labels)
        done.pairs += len(block.own) * len(levels)
        one(model.out_hs, [nodes[level] for level in levels], labels[:, levels], 1.0, True)
    if model.out_ns is not None:
        drawn = negatives.drawn(block.position, block.first, block.count)
        outputs, _ = negative_targets(block.centres, drawn)
        labels, weights = np.zeros((len(block.own), len(outputs))), np.ones((len(block.own), len(outputs)))
        labels[:, : len(block.centres)] = np.where(block.own, 1.0, np.nan)
        weights[:, len(block.centres) :] = block.own.sum(axis=1, keepdims=True) * model.negative / block.count
        done.loss += block_loss(inputs(), model.out_ns[outputs], labels, weights)
        done.pairs += int((~np.isnan(labels)).sum())
        one(model.out_ns, outputs, labels, weights, False)
    return total


# ---- PV-DBOW ----


def tag_blocks(
    model: DocumentModel, centres: list[tuple[int, int, int]], tags: Sequence[Sequence[int]], alpha: float, share: int
) -> Iterator[tuple[Block, list[int]]]:
    """Blocks, and their rows of tags: up to four centres of different words, as they follow each other. The tags of a
    document are there once. A centre with too many tags is alone, and these are cut evenly."""
    most_together = most_at_rate(alpha, False, MOST_CONTEXTS)
    most_centres, most = CENTRES, min(most_together, MOST_INPUTS)
    if is_alone(model):
        most_centres, most = 1, most_inputs(model, alpha)
    group: list[tuple[int, int, int]] = []

    def made() -> tuple[Block, list[int]]:
        rows, own = [], []
        for document in dict.fromkeys(document for _, _, document in group):
            rows += tags[document]
            own += [[document == other for _, _, other in group]] * len(tags[document])
        count = draws(model, [document for _, _, document in group])
        return Block(group[0][0], [word for _, word, _ in group], np.array(own), 0, count), rows

    for position, word, document in centres:
        found = len(tags[document])
        documents = {other for _, _, other in group}
        inputs = sum(len(tags[other]) for other in documents | {document})
        pairs = sum(len(tags[other]) for _, _, other in group) + found
        is_there = word in [other for _, other, _ in group]
        if group and (len(group) == most_centres or inputs > most or pairs > most_together or is_there):
            yield made()
            group = []
        if found <= most:
            group.append((position, word, document))
            continue
        used = 0
        for size in chunk_sizes(found, most):
            own = np.ones((size, 1), bool)
            yield Block(position, [word], own, used * share, model.negative), list(tags[document][used : used + size])
            used += size
    if group:
        yield made()


# ---- PV-DM ----


def train_bags(
    model: DocumentModel,
    group: list[Window],
    tags: Sequence[Sequence[int]],
    count: int,
    negatives: TagNegatives,
    alpha: float,
    done: Done,
) -> None:
    """A hidden row for each centre: the mean or the sum of the rows of its contexts and tags."""
    counts = np.array([[len(window.contexts) + len(of)] for window, of in zip(group, tags, strict=True)])
    h = np.array(
        [
            model.inputs[window.contexts].sum(axis=0) + model.tags[list(of)].sum(axis=0)
            for window, of in zip(group, tags, strict=True)
        ]
    )
    change = hidden_step(model, group, h / counts if model.cbow_mean else h, count, negatives, alpha, done)
    if model.cbow_mean == model.cbow_exact:
        change /= counts
    for window, of, row in zip(group, tags, change, strict=True):
        if not model.tags_only:
            np.add.at(model.inputs, window.contexts, scales(model.in_scale, window.contexts) * row)
        np.add.at(model.tags, list(of), scales(model.tag_scale, of) * row)


def train_side_by_side(
    model: DocumentModel,
    group: list[Window],
    around: list[list[int]],
    tags: Sequence[Sequence[int]],
    count: int,
    negatives: TagNegatives,
    alpha: float,
    done: Done,
) -> None:
    """A hidden row for each centre: the rows of its tags, then of the words around it, one after the other."""
    h = np.array(
        [
            np.concatenate([model.tags[list(of)].ravel(), model.inputs[words].ravel()])
            for of, words in zip(tags, around, strict=True)
        ]
    )
    change = hidden_step(model, group, h, count, negatives, alpha, done)
    for of, words, row in zip(tags, around, change, strict=True):
        parts = row.reshape(len(of) + len(words), -1)
        np.add.at(model.tags, list(of), scales(model.tag_scale, of) * parts[: len(of)])
        if not model.tags_only:
            np.add.at(model.inputs, words, scales(model.in_scale, words) * parts[len(of) :])


def hidden_step(
    model: DocumentModel, group: list[Window], h: Vectors, count: int, negatives: TagNegatives, alpha: float, done: Done
) -> Vectors:
    """The changes of hidden rows, each of which belongs to one centre; `count` negatives."""
    own = np.eye(len(group), dtype=bool)
    block = Block(group[0].position, [window.centre for window in group], own, 0, count)
    return step(model, block, negatives, alpha, lambda: h, None, list(range(len(h))), done)


def scales(factors: list[float] | None, rows: Sequence[int]) -> Vectors:
    """Factors on the changes of rows."""
    return np.array([1.0 if factors is None else factors[row] for row in rows])[:, None]


def around_of(model: DocumentModel, document: Sequence[int], first: int, position: int, epoch: int) -> list[int]:
    """The words around a token of a document that begins at ``first``, from left to right; the null word where there
    is none."""
    key = stream_key(model.seed, epoch, TOKENS)
    kept = [at for at, word in enumerate(document) if is_kept(model, draw(key, first + at), word, first + at)]
    centre = kept.index(position - first)
    places = [place for place in range(centre - model.window, centre + model.window + 1) if place != centre]
    return [document[kept[place]] if 0 <= place < len(kept) else model.null_word for place in places]


# ---- training and inference ----


def train_documents(
    model: DocumentModel,
    documents: Sequence[Sequence[int]],
    tags: Sequence[Sequence[int]],
    epoch: int,
    alpha: float,
    begin: int = 0,
    end: int | None = None,
    parts: Sequence[Span] | None = None,
) -> Done:
    """Train on the centres at tokens [begin, end) of documents, whose tags are rows of ``model.tags``; or at those of
    ``parts`` alone, which take turns."""
    done = Done()
    if model.words_beside:
        words = train(model, documents, epoch, alpha, begin, end)
        done.pairs, done.loss = words.pairs, words.loss
    negatives = TagNegatives(model, epoch)
    starts = np.cumsum([0] + [len(document) for document in documents])
    parts = parts_of(model, begin, int(starts[-1]) if end is None else end) if parts is None else parts
    found = []
    for window in windows(model, documents, epoch):
        if any(first <= window.position < last for first, last in parts):
            done.kept += 1
            document = int(np.searchsorted(starts, window.position, "right")) - 1
            is_side = len(tags[document]) == model.side_tags
            if is_side if model.side_tags else tags[document] or (window.contexts and not model.sg):
                found.append(window)
    found = in_turn(found, parts)
    of = [int(np.searchsorted(starts, window.position, "right")) - 1 for window in found]
    if model.sg:
        tagged = [(window.position, window.centre, document) for window, document in zip(found, of, strict=True)]
        for block, rows in tag_blocks(model, tagged, tags, alpha, negatives.share):

            def inputs(rows: list[int] = rows) -> Vectors:
                return model.tags[rows]

            step(model, block, negatives, alpha, inputs, scales(model.tag_scale, rows), rows, done)
        return done
    numbers = dict(zip([window.position for window in found], of, strict=True))
    for group in sharing(model, found, alpha):
        mine = [numbers[window.position] for window in group]
        given = [tags[document] for document in mine]
        count = draws(model, mine)
        if not model.side_tags:
            train_bags(model, group, given, count, negatives, alpha, done)
            continue
        around = [
            around_of(model, documents[document], int(starts[document]), window.position, epoch)
            for window, document in zip(group, mine, strict=True)
        ]
        train_side_by_side(model, group, around, given, count, negatives, alpha, done)
    return done


def infer(
    model: DocumentModel, documents: Sequence[Sequence[int]], tags: Sequence[Sequence[int]], alphas: Sequence[float]
) -> None:
    """Rows of documents alone, each document for itself, an epoch for each rate."""
    model.tags_only, model.words_beside = True, False
    for document, rows in zip(documents, tags, strict=True):
        for epoch, alpha in enumerate(alphas):
            train_documents(model, [document], [rows], epoch, alpha)
