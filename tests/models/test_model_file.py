"""A whole model in a file and back."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reference.planted import topic_sentences

from fastemb import Corpus, KeyedVectors, Word2Vec
from fastemb.io.safetensors import read_tensors, write_tensors

SENTENCES = topic_sentences()
KINDS: dict[str, dict[str, Any]] = {
    "CBOW": {},
    "skip-gram": {"sg": 1, "negatives_per_pair": True},
    "softmax": {"hs": 1, "negative": 0, "cbow_exact": True, "hs_exact": True},
    "both": {"sg": 1, "hs": 1},
}
OTHER_SETTINGS: dict[str, Any] = {
    "vector_size": 19,
    "alpha": 0.06,
    "window": 3,
    "min_count": 1,
    "sample": 0.02,
    "seed": 2**64 - 1,
    "workers": 1,
    "min_alpha": 0.003,
    "ns_exponent": -0.25,
    "cbow_mean": 0,
    "epochs": 2,
    "max_final_vocab": 1000,
    "shrink_windows": False,
}


def trained(**settings: Any) -> Word2Vec:
    return Word2Vec(SENTENCES, **OTHER_SETTINGS | settings)


def matrices(model: Word2Vec) -> dict[str, bytes]:
    names = ["syn1neg"] * bool(model.negative) + ["syn1"] * bool(model.hs)
    return {name: getattr(model, name).tobytes() for name in names} | {"vectors": model.wv.vectors.tobytes()}


@pytest.mark.parametrize("kind", KINDS)
def test_everything_comes_back_bit_for_bit(tmp_path: Path, kind: str) -> None:
    model = trained(comment="of topics", **KINDS[kind])
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    assert matrices(loaded) == matrices(model)
    for name in (OTHER_SETTINGS | KINDS[kind]).keys() | {"comment", "corpus_count", "corpus_total_words"}:
        assert getattr(loaded, name) == getattr(model, name), name
    assert loaded.total_train_time == model.total_train_time
    assert loaded.get_latest_training_loss() == model.get_latest_training_loss()
    assert loaded.wv.index_to_key == model.wv.index_to_key
    assert [loaded.wv.get_vecattr(word, "count") for word in loaded.wv.index_to_key] == [
        model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key
    ]
    assert loaded.wv.most_similar("t0w0") == model.wv.most_similar("t0w0")


@pytest.mark.parametrize("kind", KINDS)
def test_training_goes_on_as_if_nothing_had_happened(tmp_path: Path, kind: str) -> None:
    model = trained(**KINDS[kind])
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    assert loaded.train(SENTENCES) == model.train(SENTENCES)
    assert matrices(loaded) == matrices(model)


def test_a_model_that_was_not_trained_yet(tmp_path: Path) -> None:
    model = Word2Vec(**OTHER_SETTINGS)
    with pytest.raises(RuntimeError, match="no vocabulary yet: you must first build vocabulary"):
        model.save(tmp_path / "model")
    assert not any(tmp_path.iterdir())
    model.build_vocab(SENTENCES)
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    loaded.train(SENTENCES)
    assert matrices(loaded) == matrices(trained())


def test_replaced_vectors_are_saved(tmp_path: Path) -> None:
    model = trained()
    model.wv.vectors = np.ones((24, 19))
    model.save(tmp_path / "model")
    assert (Word2Vec.load(tmp_path / "model").wv.vectors == 1).all()


def test_settings_of_numpys_types_are_saved_as_numbers(tmp_path: Path) -> None:
    model = trained(window=np.int64(3), alpha=np.float64(0.06), sg=np.True_, cbow_mean=1)
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    assert (loaded.window, loaded.alpha, loaded.sg) == (3, 0.06, True)


@pytest.mark.parametrize("keys", [["wörter", "日本", "\N{GRINNING FACE}", "a b", ""], [5, -7, 2**40]])
def test_keys_of_all_scripts_and_numbers(tmp_path: Path, keys: list[Any]) -> None:
    model = Word2Vec([keys] * 5, min_count=1, sample=0, vector_size=3)
    model.save(tmp_path / "model")
    assert Word2Vec.load(tmp_path / "model").wv.index_to_key == keys


@pytest.mark.parametrize(
    "token", [(2, 3), b"a", True, 1.5, 1.0, datetime.date(2024, 1, 1), uuid.UUID(int=1), Decimal(1), np.float32(1)]
)
def test_tokens_that_no_file_can_hold_are_refused_before_training(tmp_path: Path, token: Any) -> None:
    sentences = [["a", 2, token]] * 5
    for build in (
        lambda: Word2Vec(sentences, min_count=1),
        lambda: Word2Vec(Corpus.from_sentences(sentences), min_count=1),
        lambda: Word2Vec(min_count=1).build_vocab_from_freq({"a": 2, token: 2}),
        lambda: trained().build_vocab(sentences, update=True, min_count=1),
    ):
        with pytest.raises(TypeError, match=r"tokens must be str or int, .* make them str, as with \[\[str\(token\)"):
            build()
    model = Word2Vec([[str(token) for token in sentence] for sentence in sentences], min_count=1, sample=0)
    model.save(tmp_path / "model")
    assert str(token) in Word2Vec.load(tmp_path / "model").wv


def test_a_comment_that_json_cannot_hold_is_an_error_and_nothing_is_written(tmp_path: Path) -> None:
    model = trained(comment={1, 2})
    with pytest.raises(TypeError, match=r"cannot save \{1, 2\}"):
        model.save(tmp_path / "model")
    assert not any(tmp_path.iterdir())


class Tagged(Word2Vec):
    """A subclass with arguments of its own."""

    flavour = "plain"

    def __init__(self, tag: str, sentences: Any = None) -> None:
        self.tag = tag
        super().__init__(sentences, **OTHER_SETTINGS)

    def hello(self) -> str:
        return self.tag


def test_subclasses_and_what_was_hung_on_a_model(tmp_path: Path) -> None:
    model = Tagged("topics", SENTENCES)
    model.flavour = "rich"
    model.table, model.maker = np.arange(6).reshape(2, 3), open  # type: ignore[attr-defined]
    model.wv.note = "on the vectors"  # type: ignore[attr-defined]
    model.wv.set_vecattr("t0w0", "kind", "noun")
    model.wv.set_vecattr("t0w0", "score", 0.5)
    model.wv.vectors_lockf = np.linspace(0, 1, 24, dtype=np.float32)
    model.add_lifecycle_event("noted", by="me")
    with pytest.warns(UserWarning, match=r"not saved.*: maker$"):
        model.save(tmp_path / "model")
    loaded = Tagged.load(tmp_path / "model")
    assert type(loaded) is Tagged
    assert (loaded.hello(), loaded.flavour) == ("topics", "rich")
    assert np.array_equal(loaded.table, model.table)  # type: ignore[attr-defined]
    assert loaded.wv.note == "on the vectors"  # type: ignore[attr-defined]
    assert loaded.wv.get_vecattr("t0w0", "kind") == "noun"
    assert loaded.wv.get_vecattr("t0w0", "score") == 0.5
    assert np.array_equal(loaded.wv.vectors_lockf, model.wv.vectors_lockf)
    events = [event["event"] for event in loaded.lifecycle_events or ()]
    assert events == ["train", "train", "created", "noted", "loaded"]
    assert loaded.train(SENTENCES) == model.train(SENTENCES)
    assert matrices(loaded) == matrices(model)
    vectors = KeyedVectors.load(tmp_path / "model")
    assert vectors.get_vecattr("t0w0", "kind") == "noun"


def test_counts_of_all_words_are_saved_when_they_were_kept(tmp_path: Path) -> None:
    model = Word2Vec(min_count=1)
    model.build_vocab(SENTENCES, keep_raw_vocab=True)
    model.save(tmp_path / "model")
    assert Word2Vec.load(tmp_path / "model").raw_vocab == model.raw_vocab != {}


@pytest.mark.parametrize("name", ["wv", "save", "load", "_known", "window", "hello", "__dict__"])
def test_attributes_in_a_file_cannot_replace_what_a_model_has(tmp_path: Path, name: str) -> None:
    rewritten(tmp_path / "model.st", model=json.dumps({name: 1}))
    with pytest.raises(ValueError, match=r"model\.st: damaged attributes"):
        Tagged.load(tmp_path / "model.st")


def test_gensims_arguments_of_save_and_load(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    model = trained()
    model.save(tmp_path / "model", separately=None, ignore=[], pickle_protocol=4)
    model.lifecycle_events = Word2Vec.load(tmp_path / "model", rethrow=True).lifecycle_events
    assert len(recwarn) == 0
    with pytest.warns(UserWarning, match="have no effect: everything goes to one file"):
        model.save(tmp_path / "again", pickle_protocol=5)
    with open(tmp_path / "open", "wb") as file:
        model.save(file)
    assert matrices(Word2Vec.load(tmp_path / "open")) == matrices(Word2Vec.load(tmp_path / "again")) == matrices(model)


def test_load_is_of_the_class(tmp_path: Path) -> None:
    model = trained()
    model.save(tmp_path / "model")
    with pytest.raises(AttributeError, match="load makes a new model"):
        model.load(tmp_path / "model")


FULL_DISK = """
import errno, resource, signal, sys
from fastemb import Word2Vec

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that a write fails, as on a full disk
model = Word2Vec.load(sys.argv[1])
model.wv.vectors[:] = 7
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), -1))
try:
    model.save(sys.argv[2])
except OSError as error:
    print(error.errno == errno.EFBIG)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a file's size can be limited on POSIX only")
@pytest.mark.parametrize("share", [0, 0.3, 0.9])
@pytest.mark.parametrize("name", ["model", "other"])
def test_an_old_file_stays_whole_when_the_disk_is_full(tmp_path: Path, name: str, share: float) -> None:
    trained().save(tmp_path / "model")
    before = (tmp_path / "model").read_bytes()
    command = [sys.executable, "-c", FULL_DISK, tmp_path / "model", tmp_path / name, str(int(share * len(before)))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"]
    assert os.listdir(tmp_path) == ["model"]
    assert (tmp_path / "model").read_bytes() == before


# ---- files that are no model, or damaged ----


def test_files_of_other_kinds_are_named(tmp_path: Path) -> None:
    model = trained()
    model.wv.save(tmp_path / "vectors")
    with pytest.raises(ValueError, match=r"vectors: holds no Word2Vec model; .*KeyedVectors.load reads it"):
        Word2Vec.load(tmp_path / "vectors")
    write_tensors(tmp_path / "tensors", {"vectors": np.zeros(3)}, {})
    with pytest.raises(ValueError, match=r"tensors: holds no Word2Vec model$"):
        Word2Vec.load(tmp_path / "tensors")
    for content in (b"", b"3 4\na 1 2 3 4\n", b"\x80\x04pickle", os.urandom(1000)):
        (tmp_path / "other.bin").write_bytes(content)
        with pytest.raises(ValueError, match=r"other.bin: "):
            Word2Vec.load(tmp_path / "other.bin")
    with pytest.raises(FileNotFoundError, match="absent"):
        Word2Vec.load(tmp_path / "absent")


@pytest.mark.parametrize("text", ["hello world\n", "wörter " * 400, "2 3\na 1 2 3\nb 1 2 3\n"])
def test_text_in_place_of_a_model_names_the_call_that_learns_from_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "some.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"some\.txt: .*; to learn from text call Word2Vec\(corpus_file=") as caught:
        Word2Vec.load(path)
    call = str(caught.value).partition("to learn from text call ")[2]
    assert len(eval(call.replace(")", ", min_count=1, sample=0)")).wv) > 0


def test_the_vectors_of_a_model_file_can_be_read_alone(tmp_path: Path) -> None:
    model = trained()
    model.save(tmp_path / "model")
    vectors = KeyedVectors.load(tmp_path / "model", mmap="r")
    assert vectors.index_to_key == model.wv.index_to_key
    assert np.array_equal(vectors.vectors, model.wv.vectors)
    assert np.array_equal(vectors.expandos["count"], model.wv.expandos["count"])


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9, 0.9999])
def test_a_file_that_ends_early_is_named(tmp_path: Path, share: float) -> None:
    path = tmp_path / "model"
    trained().save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ValueError, match="model: "):
        Word2Vec.load(path)


def rewritten(path: Path, arrays: dict[str, Any] | None = None, **metadata: Any) -> None:
    """Save a model to ``path`` and put other arrays or metadata in it; None takes one out."""
    trained(hs=1).save(path)
    tensors, texts = read_tensors(path)
    for target, changes in ((tensors, arrays or {}), (texts, metadata)):
        for name, value in changes.items():
            if value is None:
                del target[name]
            else:
                target[name] = value
    write_tensors(path, tensors, texts)


@pytest.mark.parametrize(
    "arrays",
    [
        {"vectors": None},
        {"vectors": np.zeros((24, 19), np.float64)},
        {"vectors": np.zeros((24, 18), np.float32)},
        {"vectors": np.zeros((23, 19), np.float32)},
        {"syn1neg": None},
        {"syn1": None},
        {"syn1": np.zeros(24 * 19, np.float32)},
        {"attribute.count": None},
        {"attribute.count": np.full(24, 3.5)},
        {"attribute.count": np.full(24, -1)},
        {"attribute.count": np.full(24, 2**62 - 1)},
        {"own.vectors_lockf": np.ones(7, np.float32)},
        {"own.vectors_lockf": np.full(24, -1, np.float32)},
        {"own.vectors_lockf": np.full(24, np.nan, np.float32)},
        {"path_offsets": None},
        {"path_offsets": np.arange(25)},
        {"path_nodes": np.zeros(3, np.int32)},
        {"path_codes": np.full(3, 2, np.uint8)},
        {"attribute.count": np.full(23, 3)},
        {"attribute.count": np.full((24, 1), 3)},
        {"keys": None},
        {"keys": np.arange(24)},
        {"keys": np.full(4 * 24, 255, np.uint8)},
        {"keys": np.full(4 * 24, 97, np.uint8)},
        {"key_offsets": None},
        {"key_offsets": np.arange(25)},
    ],
)
def test_damaged_arrays_are_named(tmp_path: Path, arrays: dict[str, Any]) -> None:
    rewritten(tmp_path / "model.st", arrays)
    with pytest.raises(ValueError, match=r"model\.st: "):
        Word2Vec.load(tmp_path / "model.st")


SETTINGS = OTHER_SETTINGS | {"hs": 1}
STATE: dict[str, Any] = {
    "corpus_count": 1,
    "corpus_total_words": 1,
    "effective_min_count": 5,
    "max_vocab_size": None,
    "null_word": 0,
    "sorted_vocab": 1,
    "train_count": 1,
    "total_train_time": 0.5,
    "min_alpha_yet_reached": 0.0001,
    "compute_loss": False,
    "running_training_loss": 0.0,
    "comment": None,
    "epochs_trained": 2,
}


@pytest.mark.parametrize(
    "metadata",
    [
        {"format": None},
        {"version": None},
        {"version": "2"},
        {"key_type": None},
        {"key_type": "int"},
        {"settings": None},
        {"settings": "{"},
        {"settings": "[]"},
        {"settings": "3"},
        {"settings": json.dumps(SETTINGS | {"window": -3})},
        {"settings": json.dumps(SETTINGS | {"window": "three"})},
        {"settings": json.dumps(SETTINGS | {"unknown": 1})},
        {"settings": json.dumps(SETTINGS | {"vector_size": 2**24})},
        {"state": None},
        {"state": "null"},
        {"state": "{}"},
        {"state": json.dumps({name: value for name, value in STATE.items() if name != "comment"})},
        {"state": json.dumps(STATE | {"epochs_trained": -1})},
        {"state": json.dumps(STATE | {"epochs_trained": "two"})},
        {"state": json.dumps(STATE | {"corpus_count": 1.5})},
        {"state": json.dumps(STATE | {"total_train_time": None})},
        {"state": json.dumps(STATE | {"train_count": "many"})},
        {"state": json.dumps(STATE | {"effective_min_count": [1]})},
        {"state": json.dumps(STATE | {"min_alpha_yet_reached": "low"})},
        {"state": json.dumps(STATE | {"running_training_loss": None})},
        {"state": "[" * 100_000},
        {"state": '{"comment":' + "[" * 100_000 + "]" * 100_000 + "}"},
        {"settings": "[" * 100_000},
        {"settings": '{"window":' * 100_000},
        {"model": "[" * 100_000},
        {"model": '{"x":' * 100_000},
        {"model": json.dumps({"lifecycle_events": 3})},
        {"model": json.dumps({"lifecycle_events": ["trained"]})},
        {"model": json.dumps({"raw_vocab": [1, 2]})},
        {"model": json.dumps({"raw_vocab": {"a": "three"}})},
        {"model": json.dumps({"raw_vocab": {"a": -3}})},
        {"own": "{" * 100_000},
        {"attributes": json.dumps({"kind": [1, 2]})},
    ],
)
def test_damaged_settings_are_named(tmp_path: Path, metadata: dict[str, Any]) -> None:
    rewritten(tmp_path / "model.st", **metadata)
    with pytest.raises(ValueError, match=r"model\.st: "):
        Word2Vec.load(tmp_path / "model.st")


def test_a_file_of_a_newer_version_says_so(tmp_path: Path) -> None:
    rewritten(tmp_path / "model.st", version="2")
    with pytest.raises(ValueError, match=r"written by a newer fastemb \(model format 2\)"):
        Word2Vec.load(tmp_path / "model.st")


def test_a_file_cannot_put_other_attributes_into_a_model(tmp_path: Path) -> None:
    rewritten(tmp_path / "model.st", state=json.dumps(STATE | {"train": 1, "wv": 2, "_in": 3}))
    loaded = Word2Vec.load(tmp_path / "model.st")
    loaded.train(SENTENCES)
    assert len(loaded.wv) == 24
    assert "train" not in vars(loaded)


@pytest.mark.parametrize(
    ("name", "wv_name", "value"),
    [
        ("save", "save", 3),
        ("train", "most_similar", "x"),
        ("syn1", "load", [1]),
        ("with a space", "with a space", 1),
        ("__x", "__x", 2),
        ("deep", "deep", eval("[" * 150 + "]" * 150)),
        ("numbers", "numbers", {1: "a"}),
    ],
)
def test_what_could_not_be_loaded_is_left_out_with_a_warning(
    tmp_path: Path, name: str, wv_name: str, value: Any
) -> None:
    model = trained()
    model.comment = "kept"
    vars(model)[name] = vars(model.wv)[wv_name] = value
    with pytest.warns(UserWarning, match=f"not saved, as they are .*({name}|{wv_name})"):
        Word2Vec.save(model, tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    assert loaded.comment == "kept"
    assert name not in vars(loaded)
    with pytest.warns(UserWarning, match=f"not saved, as they are .*{wv_name}"):
        KeyedVectors.save(model.wv, tmp_path / "vectors")
    KeyedVectors.load(tmp_path / "vectors")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("window", "three"),
        ("alpha", float("nan")),
        ("corpus_count", -5),
        ("train_count", "x"),
        ("hs", 1),
        ("negative", 0),
        ("vector_size", 7),
        ("min_alpha_yet_reached", None),
        ("running_training_loss", "low"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_when_it_is_saved(tmp_path: Path, name: str, value: Any) -> None:
    model = trained()
    vars(model)[name] = value
    with pytest.raises((ValueError, TypeError)):
        model.save(tmp_path / "model")
    assert not any(tmp_path.iterdir())


def test_notes_of_what_happened_are_bounded(tmp_path: Path) -> None:
    model = trained()
    for number in range(150):
        model.add_lifecycle_event("noted", number=number)
    model.save(tmp_path / "model")
    events = Word2Vec.load(tmp_path / "model").lifecycle_events or []
    assert len(events) == len(model.lifecycle_events or []) == 100
    assert (events[0]["event"], events[-1]["event"]) == ("train", "loaded")
    assert [event["number"] for event in events[1:-1]] == list(range(52, 150))


def test_a_model_whose_training_diverged_can_be_saved(tmp_path: Path) -> None:
    model = trained()
    with pytest.warns(UserWarning, match="so large"), pytest.raises(FloatingPointError):
        model.train(SENTENCES, start_alpha=1e30, compute_loss=True)
    model.running_training_loss = float("inf")
    model.save(tmp_path / "model")
    assert Word2Vec.load(tmp_path / "model").running_training_loss == float("inf")
