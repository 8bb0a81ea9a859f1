"""Nothing that `save` writes may fail to load, whatever people do to a model before."""

from __future__ import annotations

import copy
import pickle
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from fastemb import KeyedVectors, Word2Vec

WORDS = list("abcdefgh")
sentences = st.lists(st.lists(st.sampled_from(WORDS), min_size=2, max_size=6), min_size=1, max_size=6)
kinds = st.fixed_dictionaries(
    {
        "vector_size": st.sampled_from([1, 5, 16]),
        "sg": st.integers(0, 1),
        "null_word": st.integers(0, 1),
        "sorted_vocab": st.integers(0, 1),
        "max_final_vocab": st.sampled_from([None, 6]),
    },
    optional={"hs": st.just(1), "negative": st.sampled_from([1, 5])},
)
ASSIGNED: dict[str, list[Any]] = {
    "window": [1, "2", 3.0, 0, "x", None],
    "alpha": [0.1, "0.05", float("nan"), -1, None],
    "min_alpha": [0.0, 0.0001, float("inf")],
    "epochs": [1, 0, -1, 2.5],
    "sample": [0.0, 1e-3, -1],
    "seed": [1, np.uint64(7), -1],
    "min_count": [1, 2, True],
    "negative": [5, 1, 0, "many"],
    "hs": [0, 1, 2],
    "vector_size": [5, 16, 3],
    "workers": [1, None, -1],
    "comment": ["note", None, 3, [1, {"a": None}], {1, 2}],
    "corpus_count": [3, -1, "x"],
    "min_alpha_yet_reached": [0.5, None],
    "running_training_loss": [0.0, float("inf"), "x"],
    "lifecycle_events": [[], None],
    "raw_vocab": [{}, {"a": 3}, {3: 4}],
    "mine": [3, "x", [1, 2], {"a": 1}, np.arange(3), object(), float("nan"), "\ud800"],
    "save": [3],
}
PREPARED: dict[str, Any] = {
    "update": st.booleans(),
    "keep_raw_vocab": st.booleans(),
    "dry_run": st.booleans(),
    "min_count": st.sampled_from([1, 2, -1]),
    "sample": st.sampled_from([0.0, 0.1, -1]),
}
LOCKS: list[Any] = [np.ones(1, np.float32), np.zeros(8, np.float32), np.linspace(0, 1, 5, dtype=np.float32), [1.0], 1.0]


def everything(model: Word2Vec) -> dict[str, Any]:
    """What a model is made of, in a form that can be compared."""
    names = [
        *("vector_size", "window", "alpha", "min_alpha", "sg", "hs", "negative", "epochs", "sample", "seed"),
        *("min_count", "max_final_vocab", "sorted_vocab", "null_word", "train_count", "corpus_count"),
        *("corpus_total_words", "effective_min_count", "comment", "min_alpha_yet_reached"),
    ]
    found = {name: getattr(model, name) for name in names}
    found |= {name: float(found[name]) for name in ("alpha", "min_alpha", "sample")}
    found |= {name: int(found[name]) for name in ("window", "epochs", "seed", "negative", "hs", "min_count")}
    found["keys"] = list(model.wv.index_to_key)
    found["counts"] = [int(model.wv.get_vecattr(key, "count")) for key in model.wv.index_to_key]
    found["vectors"] = np.asarray(model.wv.vectors, np.float32).tobytes()
    if model.negative:
        found["syn1neg"] = model.syn1neg.tobytes()
    if model.hs:
        found["syn1"] = model.syn1.tobytes()
        found["score"] = model.score([["a", "b", "c"], ["c", "d"]]).tobytes()
    found["attributes"] = sorted(name for name in model.wv.expandos if name not in ("sample_int", "point", "code"))
    found["lockf"] = np.ravel(getattr(model.wv, "vectors_lockf", 1.0)).astype(np.float32).tolist()
    return found


class Saved(RuleBasedStateMachine):
    """A model to which anything is done; now and then it is saved, loaded, compared and trained further."""

    model: Word2Vec

    @initialize(kind=kinds, text=sentences)
    def make(self, kind: dict[str, Any], text: list[list[str]]) -> None:
        self.model = Word2Vec(min_count=1, workers=1, sample=0, epochs=1, **kind)
        self.attempt(lambda: self.model.build_vocab(text))

    def attempt(self, act: Any) -> bool:
        """Do something, which may be refused; whether it was done."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                act()
        except (
            ValueError,
            TypeError,
            KeyError,
            RuntimeError,
            FloatingPointError,
            AttributeError,
            IndexError,
            OverflowError,
        ):
            return False
        return True

    @rule(text=sentences, update=st.booleans(), keep=st.booleans())
    def build(self, text: list[list[str]], update: bool, keep: bool) -> None:
        self.attempt(lambda: self.model.build_vocab(text, update=update, keep_raw_vocab=keep))

    @rule(text=sentences, epochs=st.integers(0, 2))
    def train(self, text: list[list[str]], epochs: int) -> None:
        self.attempt(lambda: self.model.train(text, epochs=epochs))

    @rule(kind=kinds, text=sentences)
    def take_over(self, kind: dict[str, Any], text: list[list[str]]) -> None:
        other = Word2Vec(
            text, min_count=1, workers=1, sample=0, epochs=1, **kind | {"null_word": 0, "max_final_vocab": None}
        )
        self.attempt(lambda: self.model.reset_from(other))

    @rule()
    def start_anew(self) -> None:
        self.attempt(self.model.init_weights)

    @rule(chosen=st.sampled_from([(name, value) for name, values in ASSIGNED.items() for value in values]))
    def assign(self, chosen: tuple[str, Any]) -> None:
        name, value = chosen
        before = dict(vars(self.model))
        self.attempt(lambda: setattr(self.model, name, value))
        if not self.attempt(lambda: self.model._settings().checked()):  # a nonsense setting would end the game
            assert not self.attempt(lambda: self.saved())
            vars(self.model).clear()
            vars(self.model).update(before)

    @rule(order=st.permutations(range(9)), parts=st.sets(st.sampled_from(["keys", "rows", "vectors", "count"])))
    def shuffle(self, order: list[int], parts: set[str]) -> None:
        wv = self.model.wv
        chosen = [row for row in order if row < len(wv)]
        keys = [wv.index_to_key[row] for row in chosen]
        if "vectors" in parts and len(wv.vectors) == len(chosen):
            wv.vectors = wv.vectors[chosen]
        if "count" in parts and "count" in wv.expandos and len(wv.expandos["count"]) == len(chosen):
            wv.expandos["count"] = wv.expandos["count"][chosen]
        if "keys" in parts:
            wv.index_to_key = keys
        if "rows" in parts:
            wv.key_to_index = {key: row for row, key in enumerate(keys)}

    @rule(
        keys=st.lists(st.sampled_from([*WORDS, "x", "y"]), max_size=9, unique=True),
        counts=st.booleans(),
        same=st.booleans(),
    )
    def replace_vectors(self, keys: list[str], counts: bool, same: bool) -> None:
        mine = [key for key in self.model.wv.index_to_key if key is not None]
        keys = sorted(mine, key=repr, reverse=True) if same else keys
        made = KeyedVectors(self.model.vector_size if isinstance(self.model.vector_size, int) else 5)
        made.add_vectors(keys, np.ones((len(keys), made.vector_size)))
        if counts:
            made.expandos["count"] = np.arange(len(keys), 0, -1)
        self.attempt(lambda: setattr(self.model, "wv", made))

    @rule(key=st.sampled_from([*WORDS, "new"]), value=st.sampled_from([0, 1, 50, -3, 2**61]))
    def set_count(self, key: str, value: int) -> None:
        self.attempt(lambda: self.model.wv.set_vecattr(key, "count", value))

    @rule()
    def sort(self) -> None:
        self.attempt(self.model.wv.sort_by_descending_frequency)

    @rule(key=st.sampled_from(["a", "new", "newer"]))
    def add_vector(self, key: str) -> None:
        self.attempt(lambda: self.model.wv.add_vector(key, np.ones(self.model.wv.vector_size)))

    @rule(locks=st.sampled_from(LOCKS))
    def lock(self, locks: Any) -> None:
        self.attempt(lambda: setattr(self.model.wv, "vectors_lockf", locks))

    @rule(name=st.sampled_from(["kind", "count", "a b", "x"]), value=st.sampled_from([1, 0.5, "noun", [1, 2], None]))
    def hang_on_words(self, name: str, value: Any) -> None:
        self.attempt(lambda: self.model.wv.set_vecattr("a", name, value))

    @rule(name=st.sampled_from(["note", "save", "a b", "__x", "vectors_lockf2"]))
    def hang_on_vectors(self, name: str) -> None:
        vars(self.model.wv)[name] = "mine"

    @rule(counts=st.dictionaries(st.sampled_from([*WORDS, "x"]), st.integers(0, 9)), update=st.booleans())
    def build_of_counts(self, counts: dict[str, int], update: bool) -> None:
        self.attempt(lambda: self.model.build_vocab_from_freq(counts, keep_raw_vocab=update, update=update))

    @rule(text=sentences, how=st.fixed_dictionaries({}, optional=PREPARED))
    def build_in_two_steps(self, text: list[list[str]], how: dict[str, Any]) -> None:
        self.attempt(lambda: self.model.scan_vocab(text))
        self.attempt(lambda: self.model.prepare_vocab(**how))
        self.attempt(self.model.prepare_weights)

    @rule(
        name=st.sampled_from(["syn1neg", "syn1"]),
        shape=st.sampled_from(["same", "other"]),
        value=st.sampled_from([0, 2]),
    )
    def assign_outputs(self, name: str, shape: str, value: int) -> None:
        rows = len(self.model.wv) + (shape == "other")
        self.attempt(lambda: setattr(self.model, name, np.full((rows, self.model.vector_size), value)))

    @rule(
        keys=st.lists(st.sampled_from([*WORDS, "new", "newer", 3]), min_size=1, max_size=4),
        replace=st.booleans(),
        extra=st.sampled_from([None, "count", "kind"]),
    )
    def add_vectors(self, keys: list[Any], replace: bool, extra: str | None) -> None:
        wv = self.model.wv
        extras = None if extra is None else {extra: np.arange(len(keys))}
        self.attempt(lambda: wv.add_vectors(keys, np.ones((len(keys), wv.vector_size)), extras, replace))

    @rule(keys=st.lists(st.sampled_from([*WORDS, "new"]), min_size=1, max_size=3, unique=True))
    def set_vectors(self, keys: list[str]) -> None:
        wv = self.model.wv
        self.attempt(lambda: wv.__setitem__(keys, np.full((len(keys), wv.vector_size), 0.5)))

    @rule(lock=st.sampled_from([0.0, 1.0]), other=st.booleans())
    def intersect(self, lock: float, other: bool) -> None:
        size = self.model.wv.vector_size + other
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "vectors.txt"
            path.write_text(f"2 {size}\na{' 2' * size}\nx{' 3' * size}\n")
            self.attempt(lambda: self.model.wv.intersect_word2vec_format(path, lockf=lock))

    @rule(key=st.sampled_from(["a", "more", None]))
    def add_a_row(self, key: str | None) -> None:
        self.model.wv.index_to_key.append(key)
        self.attempt(self.model.wv.resize_vectors)

    @rule(key=st.sampled_from(WORDS), parts=st.sets(st.sampled_from(["keys", "rows"])))
    def remove_in_place(self, key: str, parts: set[str]) -> None:
        if "keys" in parts and key in self.model.wv.index_to_key:
            self.model.wv.index_to_key.remove(key)
        if "rows" in parts:
            self.model.wv.key_to_index.pop(key, None)

    @rule(names=st.sampled_from([["count"], ["kind", "one"], ["a b"]]), kind=st.sampled_from([int, float, object]))
    def allocate(self, names: list[str], kind: Any) -> None:
        self.attempt(lambda: self.model.wv.allocate_vecattrs(names, [kind] * len(names)))

    @rule(values=st.sampled_from([{}, {"count": [3, 2, 1]}, {"count": np.arange(8)}, {"kind": np.ones(2)}, None]))
    def replace_attributes(self, values: Any) -> None:
        self.attempt(lambda: setattr(self.model.wv, "expandos", copy.deepcopy(values)))

    @rule(way=st.sampled_from(["unit_normalize_all", "fill_norms", "init_sims"]))
    def normalise(self, way: str) -> None:
        self.attempt(getattr(self.model.wv, way))
        self.attempt(lambda: self.model.init_sims(replace=way == "init_sims"))

    @rule(text=st.sampled_from(["words", [1, 2], object()]))
    def note(self, text: Any) -> None:
        self.attempt(lambda: self.model.add_lifecycle_event("mine", log_level=False, text=text))

    @rule(way=st.sampled_from(["copy", "deepcopy", "pickle", "load"]))
    def replace_model(self, way: str) -> None:
        made: list[Word2Vec] = []
        if way == "pickle":
            self.attempt(lambda: made.append(pickle.loads(pickle.dumps(self.model))))
        elif way == "load":
            self.attempt(lambda: made.append(self.saved()))
        else:
            self.attempt(lambda: made.append(getattr(copy, way)(self.model)))
        self.model = made[0] if made else self.model

    @rule(way=st.sampled_from(["copy", "deepcopy", "pickle", "all keys", "file"]))
    def replace_vectors_by_theirs(self, way: str) -> None:
        wv, made = self.model.wv, list[KeyedVectors]()
        if way == "pickle":
            self.attempt(lambda: made.append(pickle.loads(pickle.dumps(wv))))
        elif way == "all keys":
            self.attempt(lambda: made.append(wv.vectors_for_all(wv.index_to_key, copy_vecattrs=True)))
        elif way == "file":
            with tempfile.TemporaryDirectory() as folder:
                self.attempt(lambda: wv.save(Path(folder) / "wv"))
                if (Path(folder) / "wv").exists():
                    made.append(KeyedVectors.load(Path(folder) / "wv"))  # what was saved loads
        else:
            self.attempt(lambda: made.append(getattr(copy, way)(wv)))
        self.attempt(lambda: setattr(self.model, "wv", made[0] if made else wv))

    @rule(dtype=st.sampled_from([np.float64, np.float16, np.float32]))
    def change_dtype(self, dtype: Any) -> None:
        self.model.wv.vectors = self.model.wv.vectors.astype(dtype)

    def saved(self) -> Word2Vec:
        with tempfile.TemporaryDirectory() as folder:
            Word2Vec.save(self.model, Path(folder) / "model")
            try:
                return Word2Vec.load(Path(folder) / "model")
            except Exception as error:
                raise AssertionError(f"what was saved cannot be loaded: {error}") from error

    @precondition(lambda self: self.model is not None)
    @rule()
    def save_and_load(self) -> None:
        made: list[Word2Vec] = []
        if not self.attempt(lambda: made.append(self.saved())):
            return
        loaded = made[0]
        assert everything(loaded) == everything(self.model)
        text = [["a", "b", "c", "d"], ["b", "a", "h"]] * 3
        one, two = (self.attempt(lambda model=model: model.train(text, epochs=1)) for model in (self.model, loaded))
        assert one == two
        if one:
            assert loaded.wv.vectors.tobytes() == self.model.wv.vectors.tobytes()


@pytest.mark.slow
@pytest.mark.parametrize("part", range(20))
def test_nothing_that_is_saved_fails_to_load(part: int) -> None:
    _play(Saved, 40, part)


def test_nothing_that_is_saved_fails_to_load_in_short() -> None:
    _play(Saved, 15, 1000)


def _play(machine: type[RuleBasedStateMachine], examples: int, seed: int) -> None:
    from hypothesis import seed as seeded
    from hypothesis.stateful import run_state_machine_as_test

    # without shrinking, which takes minutes: what fails is short enough to be read
    health = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    played = seeded(seed)(machine)
    run_state_machine_as_test(
        played,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=health,
        ),
    )
