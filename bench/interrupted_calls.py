"""Long calls of words, vectors, corpora, phrases and items, which `bench.interrupts` interrupts."""

from __future__ import annotations

import copy
import hashlib
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from fastemb import Corpus, Interactions, Item2Vec, KeyedVectors, Phrases, Word2Vec, load_vectors, save_vectors
from fastemb.items import evaluate, leave_one_out, split_by_time
from fastemb.models.callbacks import StopTraining

State = Any
Call = tuple[Callable[[], Any], Callable[[Any], Any], Callable[[Any], bool]]
"""What makes the object of a call, the call, and whether what is left of the object is sound."""


def digest(value: Any) -> str:
    """Of the numbers and keys that an object holds."""
    made = hashlib.blake2b()

    def add(part: Any) -> None:
        if isinstance(part, np.ndarray):
            made.update(f"{part.dtype}{part.shape}".encode())
            made.update(np.ascontiguousarray(part).tobytes() if part.dtype != object else repr(part.tolist()).encode())
        elif isinstance(part, dict):
            for name, one in part.items():
                add(name)
                add(one)
        elif isinstance(part, list | tuple):
            for one in part:
                add(one)
        else:
            made.update(repr(part).encode())

    add(value)
    return made.hexdigest()


def of_vectors(wv: KeyedVectors) -> State:
    return digest([wv.index_to_key, wv.key_to_index, wv.vectors, dict(wv.expandos)])


def of_model(model: Word2Vec) -> State:
    vocabulary, paths = model._known.vocabulary, model._known.paths
    return digest(
        [
            of_vectors(model.wv),
            model._known.weights.syn1neg,
            model._known.weights.syn1,
            None if vocabulary is None else [list(vocabulary.keys), vocabulary.counts],
            None if paths is None else [paths.offsets, paths.nodes, paths.codes],
            [model.corpus_count, model.min_count, model.sample, model.effective_min_count, model.raw_vocab],
            model.wv.vectors_lockf,
        ]
    )


def of_items(model: Item2Vec) -> State:
    fitted = model._trained
    if fitted is None:
        return None
    data = fitted.histories
    return digest([of_vectors(fitted.wv), of_vectors(fitted.wv_out), data.items, data.offsets, list(data.session_keys)])


def of_phrases(phrases: Phrases) -> State:
    return digest([phrases.corpus_word_count, dict(copy.copy(phrases).vocab)])


def sound_model(model: Word2Vec) -> bool:
    """Sizes and layout of all parts agree, and nothing writes to them."""
    wv, weights = model.wv, model._known.weights
    matrices = [m for m in (wv.vectors, weights.syn1neg, weights.syn1) if m is not None]
    rows = {len(wv.index_to_key), len(wv.key_to_index), *map(len, matrices), *map(len, wv.expandos.values())}
    layout = all(m.flags.c_contiguous and m.shape[1] == model.vector_size for m in matrices)
    first = wv.vectors.copy()
    time.sleep(0.0005)
    still = bool((first == wv.vectors).all()) and bool(np.isfinite(first).all())
    return len(rows) == 1 and layout and not weights._paddings and still


class Data:
    """What the calls work on, made when it is asked for; ``scale`` makes all of it smaller."""

    def __init__(self, folder: Path, scale: float) -> None:
        self.folder = folder
        self.scale = scale
        self.words = self.size(20_000, 500)
        self.outputs = folder / "written"
        self.outputs.mkdir()

    def size(self, full: int, least: int = 10) -> int:
        return max(least, int(full * self.scale))

    def ids(self, tokens: int, length: int) -> Corpus:
        numbers = np.random.default_rng(0).zipf(1.2, tokens // length * length) % self.words
        return Corpus.from_ids(numbers.reshape(-1, length), keys=[f"w{number}" for number in range(self.words)])

    @cached_property
    def corpus(self) -> Corpus:
        return self.ids(self.size(4_000_000), 20)

    @cached_property
    def long_rows(self) -> Corpus:
        return self.ids(self.size(1_000_000), self.size(1_000_000))

    @cached_property
    def lists(self) -> list[list[str]]:
        return [[f"w{n % 991}", f"w{n % 7919}", f"w{n % 31}", f"w{n}"] for n in range(self.size(400_000))]

    @cached_property
    def text(self) -> Path:
        path = self.folder / "text.txt"
        path.write_text("".join(" ".join(line) + "\n" for line in self.lists), encoding="utf-8")
        return path

    @cached_property
    def csv(self) -> Path:
        path = self.folder / "text.csv"
        lines = (f'{n},"{" ".join(line)}, and more",{n % 7}\n' for n, line in enumerate(self.lists))
        path.write_text("id,text,kind\n" + "".join(lines), encoding="utf-8")
        return path

    @cached_property
    def other(self) -> Corpus:
        return Corpus.from_sentences([[f"n{n}", f"w{n}"] for n in range(self.size(100_000))])

    @cached_property
    def counts(self) -> dict[str, int]:
        """Of a large vocabulary, in falling order; as it comes, half of them are not."""
        return {f"key{n}": 1 + 10**9 // (n * 7919 % 1_000_003 + 3) for n in range(self.size(1_000_000))}

    @cached_property
    def shop(self) -> Interactions:
        rng, count, owners = np.random.default_rng(1), self.size(3_000_000), self.size(300_000)
        of = np.sort(rng.integers(0, owners, count))
        items = rng.zipf(1.2, count) % self.size(20_000, 100)
        made = Interactions.from_ids(items, np.searchsorted(of, np.arange(owners + 1)))
        made.times = np.arange(count) * 60.0
        return made

    @cached_property
    def table(self) -> dict[str, list[Any]]:
        rng, count = np.random.default_rng(3), self.size(1_000_000)
        return {
            "user": [f"u{n}" for n in rng.integers(0, self.size(100_000), count).tolist()],
            "item": [f"i{n}" for n in (rng.zipf(1.2, count) % self.size(20_000, 100)).tolist()],
            "time": [f"2024-0{1 + n % 9}-1{n % 10} 12:{n % 60:02}:00" for n in range(count)],
        }

    @cached_property
    def events(self) -> Path:
        path = self.folder / "events.csv"
        rows = zip(*self.table.values(), strict=True)
        path.write_text("user,item,time\n" + "".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
        return path

    @cached_property
    def fitted(self) -> Item2Vec:
        part = self.shop[: self.size(20_000)]
        return Item2Vec(epochs=1, vector_size=128 if self.scale == 1 else 16, progress=False).fit(part)

    def keyed_of(self, count: int, size: int = 100) -> KeyedVectors:
        made = KeyedVectors(size)
        made.add_vectors([f"w{n}" for n in range(count)], np.random.default_rng(2).random((count, size), np.float32))
        made.expandos["count"] = np.arange(count) % 1000
        return made

    @cached_property
    def keyed(self) -> KeyedVectors:
        return self.keyed_of(self.words)

    @cached_property
    def large(self) -> KeyedVectors:
        return self.keyed_of(self.size(400_000))

    def saved(self, name: str) -> Path:
        path = self.folder / name
        if not path.exists():
            save_vectors(self.large, path)
        return path

    @cached_property
    def questions(self) -> Path:
        path = self.folder / "questions.txt"
        words = [[f"w{(n * step) % self.words}" for step in (1, 7, 13, 29)] for n in range(1, self.size(40_000))]
        path.write_text(": some\n" + "".join(" ".join(four) + "\n" for four in words), encoding="utf-8")
        return path

    @cached_property
    def phrases(self) -> Phrases:
        return Phrases(self.corpus, threshold=0.1, min_count=1)

    def model(self, **options: Any) -> Word2Vec:
        made = Word2Vec(**{"min_count": 1, "epochs": 10**6, "progress": False} | options)
        made.build_vocab(self.corpus)
        return made


class Copying:
    """A callback that writes a checkpoint of training that has not begun, and lets it end."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_train_begin(self, model: Word2Vec) -> None:
        model.save_checkpoint(self.path)
        raise StopTraining


def asked(prepare: Callable[[], Any], call: Callable[[Any], Any]) -> Callable[[], Call]:
    """A call that changes nothing of what it is given, so only what holds for every call is looked at."""

    def entry() -> Call:
        given = prepare()
        return lambda: given, call, lambda _: True

    return entry


def changed(
    prepare: Callable[[], Any], call: Callable[[Any], Any], state: Callable[[Any], State]
) -> Callable[[], Call]:
    """A call after which the object is as before or as after the whole call."""

    def entry() -> Call:
        made = prepare()
        done = copy.deepcopy(made)
        call(done)
        states = {state(made), state(done)}
        return lambda: copy.deepcopy(made), call, lambda left: state(left) in states

    return entry


def written(
    data: Data, name: str, prepare: Callable[[], Any], write: Callable[[Any, Path], Any], read: Callable[[Path], Any]
) -> Callable[[], Call]:
    """A call that replaces a file, which can be read afterwards and is as long as before; no other is left."""

    def entry() -> Call:
        given, path = prepare(), data.outputs / name
        write(given, path)
        size = path.stat().st_size

        def sound(_: Any) -> bool:
            alone = [left for left in data.outputs.iterdir() if left.name.startswith(("." + name, name))] == [path]
            if not alone or abs(path.stat().st_size - size) > 20_000:  # notes of what was done to a model
                return False
            return data.scale > 0.1 or read(path) is not None

        return lambda: given, lambda made: write(made, path), sound

    return entry


def calls(data: Data) -> dict[str, Callable[[], Call]]:
    """The calls by name; each entry makes its data first."""

    def trained(corpus: str, **options: Any) -> Callable[[], Call]:
        def entry() -> Call:
            made, given = data.model(**options), getattr(data, corpus)
            return lambda: copy.deepcopy(made), lambda model: model.train(given), sound_model

        return entry

    def checkpointed(resumed: bool) -> Callable[[], Call]:
        """Training that writes checkpoints, each whole, and training from the one that is left."""

        def entry() -> Call:
            path, made, model = data.outputs / "checkpoint", data.model(sg=1), Word2Vec
            started = data.outputs / "started"

            def call(given: Word2Vec) -> Any:
                if resumed:
                    path.write_bytes(started.read_bytes())
                    return model.resume(path, data.corpus, checkpoint_every="0.1s")
                path.unlink(missing_ok=True)
                return given.train(data.corpus, checkpoint=path, checkpoint_every="0.1s")

            def sound(given: Word2Vec) -> bool:
                is_whole = not path.exists() or sound_model(model.load(path))
                return is_whole and sound_model(given)

            if resumed:
                once = copy.deepcopy(made)
                once.train(data.corpus, callbacks=[Copying(started)])
            return lambda: copy.deepcopy(made), call, sound

        return entry

    def many_words() -> Word2Vec:
        assert data.counts
        return Word2Vec(hs=1, negative=0, min_count=1, vector_size=16)

    def two_vocabularies() -> Word2Vec:
        made = Word2Vec(vector_size=16, min_count=1)
        made.build_vocab_from_freq(data.counts)
        return made

    def shuffled() -> Word2Vec:
        made = data.model(hs=1)
        made.wv.expandos["count"] = np.random.default_rng(5).permutation(made.wv.expandos["count"])
        return made

    def scored() -> tuple[Word2Vec, list[list[str]]]:
        return data.model(hs=1, negative=0), data.lists[: data.size(5_000)]

    def phrased(call: Callable[[Phrases, Corpus], Any]) -> Callable[[], Call]:
        return asked(lambda: (data.phrases, data.corpus), lambda given: call(*given))

    def tested() -> tuple[Item2Vec, Interactions, Interactions]:
        train, test = leave_one_out(data.shop[: data.size(20_000)])
        return Item2Vec(epochs=1, vector_size=128 if data.scale == 1 else 16, progress=False).fit(train), train, test

    def grown(wv: KeyedVectors) -> KeyedVectors:
        wv.index_to_key = [*wv.index_to_key, *(f"x{n}" for n in range(len(wv)))]
        wv.key_to_index = {key: row for row, key in enumerate(wv.index_to_key)}
        return wv

    def added(wv: KeyedVectors) -> None:
        count = data.size(1_000_000)
        wv.add_vectors([f"x{n}" for n in range(count)], np.ones((count, 20), np.float32))

    def learned(prepare: Callable[[], Item2Vec], call: Callable[[Item2Vec], Any]) -> Callable[[], Call]:
        """As `changed`; with much data the whole call takes minutes, and what it ends in is not looked at."""
        if data.scale < 0.5:
            return changed(lambda: prepare().set_params(vector_size=16, epochs=2, workers=1), call, of_items)

        def entry() -> Call:
            made = prepare()
            return lambda: copy.copy(made), call, lambda left: left._trained is made._trained

        return entry

    return {
        # training
        "train sg": trained("corpus", sg=1),
        "train cbow": trained("corpus"),
        "train hs": trained("corpus", sg=1, hs=1, negative=0),
        "train cbow, 96 dimensions": trained("corpus", vector_size=96),
        "train sg, window 100,000": trained("long_rows", sg=1, window=100_000),
        "train cbow, window 100,000": trained("long_rows", window=100_000),
        "train, lists": trained("lists"),
        "train with checkpoints": checkpointed(False),
        "resume": checkpointed(True),
        # vocabularies
        "build_vocab": changed(data.model, lambda made: made.build_vocab(corpus_file=str(data.text)), of_model),
        "build_vocab, lists": changed(data.model, lambda made: made.build_vocab(data.lists), of_model),
        "build_vocab, update": changed(data.model, lambda made: made.build_vocab(data.other, update=True), of_model),
        "build_vocab_from_freq, 1M, hs": changed(
            many_words, lambda made: made.build_vocab_from_freq(data.counts), of_model
        ),
        "reset_from, 1M": changed(
            lambda: (Word2Vec(vector_size=16, min_count=1), two_vocabularies()),
            lambda given: given[0].reset_from(given[1]),
            lambda given: of_model(given[0]),
        ),
        "init_weights": changed(lambda: data.model(hs=1), lambda made: made.init_weights(), of_model),
        "train of sorted words, hs": asked(
            shuffled, lambda made: (made.wv.sort_by_descending_frequency(), made.train(data.corpus, epochs=1))
        ),
        # models
        "save": written(data, "model", data.model, lambda made, path: made.save(path), Word2Vec.load),
        "load": asked(
            lambda: data.model(hs=1).save(data.folder / "model"), lambda _: Word2Vec.load(data.folder / "model")
        ),
        "score": asked(scored, lambda given: given[0].score(given[1])),
        # vectors
        "add_vectors, 1M": changed(lambda: data.keyed_of(1000, 20), added, of_vectors),
        "resize_vectors": changed(
            lambda: grown(data.keyed_of(data.size(400_000))), lambda wv: wv.resize_vectors(), lambda wv: len(wv.vectors)
        ),
        "sort_by_descending_frequency": changed(
            lambda: data.large, lambda wv: wv.sort_by_descending_frequency(), of_vectors
        ),
        "unit_normalize_all": changed(lambda: data.large, lambda wv: wv.unit_normalize_all(), of_vectors),
        "intersect_word2vec_format": changed(
            lambda: (data.saved("large.bin"), copy.copy(data.large))[1],
            lambda wv: wv.intersect_word2vec_format(str(data.saved("large.bin")), binary=True),
            of_vectors,
        ),
        "get_normed_vectors": asked(lambda: data.large, lambda wv: wv.get_normed_vectors()),
        "vectors_for_all": asked(lambda: data.large, lambda wv: wv.vectors_for_all(wv.index_to_key)),
        "most_similar_batch": asked(lambda: data.keyed, lambda wv: wv.most_similar_batch(wv.index_to_key)),
        "most_similar_cosmul": asked(
            lambda: data.large, lambda wv: [wv.most_similar_cosmul(["w1"], ["w2"]) for _ in range(data.size(200))]
        ),
        "evaluate_word_analogies": asked(
            lambda: (data.questions, data.keyed)[1], lambda wv: wv.evaluate_word_analogies(data.questions)
        ),
        "load_vectors": asked(lambda: data.saved("large.safetensors"), load_vectors),
        "load_vectors, text": asked(lambda: data.saved("large.txt"), load_vectors),
        "load_vectors, binary": asked(lambda: data.saved("large.bin"), load_vectors),
        "save_vectors": written(data, "some.safetensors", lambda: data.large, save_vectors, load_vectors),
        "save_vectors, text": written(data, "some.txt", lambda: data.large, save_vectors, load_vectors),
        "save_vectors, binary": written(data, "some.bin", lambda: data.large, save_vectors, load_vectors),
        # corpora
        "Corpus.from_file": asked(lambda: data.text, Corpus.from_file),
        "Corpus.from_file, pattern": asked(
            lambda: data.text, lambda path: Corpus.from_file(path, token_pattern=r"\w+")
        ),
        "Corpus.from_file, tokenizer": asked(
            lambda: data.text, lambda path: Corpus.from_file(path, tokenizer=lambda line: line.split())
        ),
        "Corpus.from_sentences": asked(lambda: data.lists, Corpus.from_sentences),
        "Corpus.from_sentences, split": asked(
            lambda: [" ".join(line) for line in data.lists], lambda lines: Corpus.from_sentences(lines, split=True)
        ),
        "Corpus.from_csv": asked(lambda: data.csv, lambda path: Corpus.from_csv(path, "text")),
        "Corpus.select": asked(lambda: data.corpus, lambda corpus: corpus.select(min_count=3)),
        "Corpus.save": written(
            data, "corpus", lambda: data.corpus, lambda corpus, path: corpus.save(path), Corpus.open
        ),
        "Corpus.open": asked(
            lambda: data.corpus.save(data.folder / "corpus"), lambda _: Corpus.open(data.folder / "corpus")
        ),
        # phrases
        "Phrases": asked(lambda: data.corpus, Phrases),
        "Phrases.add_vocab": changed(
            lambda: (data.phrases, data.other)[0], lambda made: made.add_vocab(data.other), of_phrases
        ),
        "Phrases.apply": phrased(lambda made, corpus: made.apply(corpus)),
        "Phrases.export_phrases": phrased(lambda made, _: made.export_phrases()),
        "Phrases.find_phrases": phrased(lambda made, corpus: made.find_phrases(corpus)),
        # items
        "Interactions.from_baskets": asked(lambda: data.lists, Interactions.from_baskets),
        "Interactions.from_table": asked(
            lambda: data.table, lambda table: Interactions.from_table(table, session="user", item="item", time="time")
        ),
        "Interactions.from_file": asked(
            lambda: data.events, lambda path: Interactions.from_file(path, session="user", item="item", time="time")
        ),
        "Interactions.merged": asked(lambda: data.shop, lambda shop: shop.merged()),
        "Interactions.frequent": asked(lambda: data.shop, lambda shop: shop.frequent(5)),
        "Interactions.joined": asked(lambda: data.shop, lambda shop: shop.joined(shop)),
        "Interactions.split_at_gaps": asked(lambda: data.shop, lambda shop: shop.split_at_gaps(3600)),
        "leave_one_out": asked(lambda: data.shop, leave_one_out),
        "split_by_time": asked(lambda: data.shop, split_by_time),
        "Item2Vec.fit": learned(lambda: (data.shop, Item2Vec(progress=False))[1], lambda made: made.fit(data.shop)),
        "Item2Vec.partial_fit": learned(
            lambda: copy.deepcopy(data.fitted).set_params(epochs=20), lambda made: made.partial_fit(data.shop)
        ),
        "recommend_many": asked(lambda: data.fitted, lambda made: made.recommend_many(data.shop)),
        "Item2Vec.save": written(data, "items", lambda: data.fitted, lambda made, path: made.save(path), Item2Vec.load),
        "items.evaluate": asked(tested, lambda given: evaluate(*given)),
    }
