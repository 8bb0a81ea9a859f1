"""Every command through ``main``, as a shell would call it."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli.called import Result, Run, caller

import fastemb
from fastemb import Corpus, KeyedVectors, Word2Vec, load_vectors
from fastemb.cli import main
from fastemb.io.formats import FORMATS, Format
from fastemb.train.hogwild import Hogwild

COMMANDS = (
    "train",
    "similar",
    "nearest",
    "analogy",
    "index",
    "align",
    "merge",
    "plot",
    "explore",
    "eval",
    "convert",
    "info",
    "demo",
)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Call ``main`` in an empty folder; what it returns, prints, and prints to standard error."""
    monkeypatch.chdir(tmp_path)

    return caller(capsys)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """8 words, 9 a line; 'the' twice as often as the others. And one that is rare."""
    path = tmp_path / "text.txt"
    path.write_text("the quick brown fox jumps over the lazy dog\n" * 100 + "rare\n", encoding="utf-8")
    return path


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    """king - man + woman is queen, exactly."""
    rows = {
        "man": [1, 0, 0, 0.1],
        "woman": [0, 1, 0, 0.1],
        "king": [1, 0, 1, 0.1],
        "queen": [0, 1, 1, 0.1],
        "Paris": [0, 0.1, 0, 1],
        "HTML": [0.1, 0, 0, 1.1],
    }
    made = KeyedVectors(4)
    made.add_vectors(list(rows), np.array(list(rows.values()), np.float32))
    made.save(tmp_path / "vectors")
    return tmp_path / "vectors"


def require_error(result: Result, message: str) -> None:
    """Status 1 and one line, nothing else."""
    assert (result.status, result.output) == (1, "")
    assert re.fullmatch(rf"fastemb: error: .*{message}.*\n", result.errors), result.errors


# ---- train ----


def test_train_with_defaults_says_what_it_did(run: Run, text: Path) -> None:
    result = run("train", text, "-o", "v.txt")
    assert (result.status, result.output) == (0, "")
    first, second = result.errors.splitlines()
    assert first == "read 901 words in 101 sentences; 8 different words kept"
    assert re.fullmatch(rf"saved 8 vectors to v\.txt \(\d+\.\d s of training, {fastemb.config.isa()}\)", second)
    saved = load_vectors("v.txt")
    assert saved.index_to_key == ["the", "quick", "brown", "fox", "jumps", "over", "lazy", "dog"]
    assert saved.vector_size == 100


def test_train_equals_the_python_interface(run: Run, text: Path) -> None:
    assert run("train", text, "-o", "v", "-t", 1).status == 0
    model = Word2Vec(corpus_file=text, sg=1, workers=1)
    assert np.array_equal(load_vectors("v").vectors, model.wv.vectors)


def test_every_option_of_train_reaches_the_model(
    run: Run, text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: dict[str, Any] = {}
    init = Word2Vec.__init__

    def spy(self: Word2Vec, *arguments: Any, **settings: Any) -> None:
        assert not arguments
        made.update(settings)
        init(self, **settings)

    monkeypatch.setattr(Word2Vec, "__init__", spy)
    options = (
        "--model cbow --loss ns --vector-size 12 --window 3 --negative 7 --ns-exponent 0.5 --min-count 2 --max-vocab 1 "
        "--max-vocab-size 3 --sample 0.5 --epochs 2 --alpha 0.05 --min-alpha 0.01 --workers 2 --seed 9 --deterministic"
    )
    result = run("train", text, "--output", "v.bin", "--save-model", "model", *options.split())
    assert result.status == 0
    assert result.errors.splitlines()[-1] == "saved the model to model"
    assert made == {
        "sg": 0,
        "hs": 0,
        "vector_size": 12,
        "window": 3,
        "negative": 7,
        "ns_exponent": 0.5,
        "min_count": 2,
        "max_final_vocab": 1,
        "max_vocab_size": 3,
        "sample": 0.5,
        "epochs": 2,
        "alpha": 0.05,
        "min_alpha": 0.01,
        "deterministic": True,
        "workers": 2,
        "seed": 9,
    }
    monkeypatch.undo()
    model = Word2Vec.load(tmp_path / "model")
    saved = load_vectors(tmp_path / "v.bin")
    assert saved.index_to_key == model.wv.index_to_key == ["the"]
    assert np.array_equal(saved.vectors, model.wv.vectors)


def test_train_with_hierarchical_softmax(run: Run, text: Path) -> None:
    assert run("train", text, "-o", "v", "--save-model", "m", "--loss", "hs", "-d", 6, "--sample", 0).status == 0
    model = Word2Vec.load("m")
    assert (model.hs, model.negative, model.sg) == (1, 0, 1)
    assert model.syn1.any()


def test_quiet_prints_nothing(run: Run, text: Path) -> None:
    assert run("train", text, "-o", "v", "--save-model", "m", "-q") == (0, "", "")
    assert Path("v").exists()
    assert Path("m").exists()


@pytest.mark.parametrize("option", ["-o", "--save-model"])
def test_a_missing_folder_is_noticed_before_training(run: Run, text: Path, option: str) -> None:
    options = {"-o": "v", "--save-model": "m", option: os.path.join("absent", "file")}
    result = run("train", text, *(part for pair in options.items() for part in pair))
    require_error(result, "cannot save to absent/file: the folder .*absent does not exist")
    assert not Path("v").exists()


def test_a_folder_in_place_of_a_file_is_noticed_before_training(run: Run, text: Path, tmp_path: Path) -> None:
    require_error(run("train", text, "-o", tmp_path), "cannot save to .*: it is a folder")
    require_error(run("train", text, "-o", "v", "--save-model", tmp_path), "cannot save to .*: it is a folder")


def test_an_unwritable_folder_is_noticed_before_training(
    run: Run, text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # root may write anywhere, so the answer is made up.
    folder = tmp_path / "locked"
    folder.mkdir()
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != folder and access(path, mode))
    require_error(run("train", text, "-o", folder / "v"), "cannot save to .*: the folder .*locked is not writable")
    require_error(run("demo", "-o", folder / "v"), "cannot save to .*: the folder .*locked is not writable")


def test_no_output_replaces_the_corpus_or_another_output(run: Run, text: Path, tmp_path: Path) -> None:
    before = text.read_bytes()
    message = "cannot save to .*: it is also the input or another output"
    require_error(run("train", text, "-o", "text.txt"), message)
    require_error(run("train", text, "-o", "v", "--save-model", text), message)
    require_error(run("train", text, "-o", "v", "--save-model", os.path.join(".", "v")), message)
    (tmp_path / "link").symlink_to(text)
    require_error(run("train", "link", "-o", text), message)
    assert text.read_bytes() == before
    assert not Path("v").exists()


@pytest.mark.parametrize("source", [".", "*.txt", "./*"])
@pytest.mark.parametrize("option", ["-o", "--save-model", "--cache"])
def test_no_output_replaces_a_file_that_a_folder_or_pattern_has(run: Run, text: Path, source: str, option: str) -> None:
    before = text.read_bytes()
    more = () if option == "-o" else ("-o", "v")
    require_error(run("train", source, option, "text.txt", *more), "text.txt: this file is to be read")
    assert text.read_bytes() == before
    assert os.listdir() == ["text.txt"]


@pytest.mark.parametrize("name", ["v.h5", "v.csv", "v.pkl", "v.gz", "v.zip", "v.vec.zip", "v.safetensors.gz"])
def test_names_of_other_formats_are_refused_before_training(run: Run, text: Path, vectors: Path, name: str) -> None:
    message = "(ending says the format|such files cannot be written|are not compressed)"
    require_error(run("train", text, "-o", name), message)
    require_error(run("convert", vectors, name), message)
    require_error(run("demo", "-o", name), message)
    assert not Path("v").exists()
    assert not Path(name).exists()


@pytest.mark.parametrize("name", ["v.gz", "v.txt.GZ", "v.bz2", "v.xz", "v.zip"])
def test_models_are_not_compressed(run: Run, text: Path, name: str) -> None:
    message = "(leave the ending out|such files cannot be written)"
    require_error(run("train", text, "-o", "v", "--save-model", name), message)
    assert not Path("v").exists()
    assert not Path(name).exists()


@pytest.mark.parametrize("name", ["v.vec.gz", "v.txt.GZ", "v.bin.bz2", "v.vec.xz"])
def test_vectors_are_compressed_where_their_name_says_so(run: Run, text: Path, vectors: Path, name: str) -> None:
    assert run("convert", vectors, name).status == 0
    assert len(load_vectors(name)) == len(load_vectors(vectors))
    assert load_vectors(name).vectors.tobytes() == load_vectors(vectors).vectors.tobytes()
    assert run("train", text, "-o", f"trained-{name}", "-q", "-e", 1).status == 0
    assert len(load_vectors(f"trained-{name}")) > 0


@pytest.mark.parametrize("ending", [".txt", ".bin", ".safetensors", ".npz", ".parquet", ".jsonl", ".txt.gz"])
def test_vectors_are_read_from_standard_input(
    run: Run, vectors: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("convert", vectors, f"given{ending}").status == 0
    given = Path(f"given{ending}").read_bytes()

    def from_input(*command: str) -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        return run(*command)

    assert from_input("convert", "-", "out.safetensors").errors.startswith("wrote 6 vectors of 4 dimensions")
    assert load_vectors("out.safetensors").vectors.tobytes() == load_vectors(vectors).vectors.tobytes()
    assert "queen" in from_input("similar", "-", "king").output
    assert "6 of 4 dimensions" in from_input("info", "-").output


def test_errors_in_standard_input_name_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for given, message in [
        (b"nonsense\n", "standard input: no file of vectors"),
        (b"2 2\na 1 2\n", "standard input: 2 vectors of 2 dimensions need 8 bytes or more"),
    ]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        require_error(run("convert", "-", "out.txt"), message)


def test_a_file_of_another_command_names_what_reads_it(run: Run, text: Path, vectors: Path) -> None:
    assert run("corpus", "build", text, "-o", "c", "-q").status == 0
    require_error(run("similar", "c", "king"), "it is an encoded corpus: fastemb train and fastemb corpus info read it")
    require_error(run("items", "similar", vectors, "king"), "it is vectors in fastemb's own format: fastemb similar, ")
    require_error(
        run("corpus", "info", vectors),
        "not an encoded corpus; it is vectors in fastemb's own format: ",
    )
    assert run("convert", vectors, "v.vec").status == 0
    require_error(run("corpus", "info", "v.vec"), "it looks like word2vec's text format")
    require_error(run("eval", vectors, "--similarity", "c"), "line 1 is not utf8.* an encoded corpus")


def test_text_goes_to_standard_output(
    text: Path,
    vectors: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.chdir(tmp_path)
    load_vectors(vectors).save_word2vec_format("wanted")
    assert main(["convert", str(vectors), "-"]) == 0
    assert capsysbinary.readouterr().out == Path("wanted").read_bytes()
    assert main(["train", str(text), "-o", "-", "-q", "-e", "1"]) == 0
    Path("trained").write_bytes(capsysbinary.readouterr().out)
    assert load_vectors("trained").vector_size == 100
    assert not Path("-").exists()


@pytest.mark.parametrize("option", ["--save-model", "--cache"])
def test_what_is_no_text_does_not_go_to_standard_output(run: Run, text: Path, option: str) -> None:
    require_error(run("train", text, "-o", "v", option, "-"), "no text, so it needs a file")
    require_error(run("corpus", "build", text, "-o", "-"), "no text, so it needs a file")
    require_error(run("demo", "-o", "-"), "give a file")
    assert not Path("v").exists()


def test_negatives_with_hierarchical_softmax_are_an_error(run: Run, text: Path) -> None:
    require_error(run("train", text, "-o", "v", "--loss", "hs", "--negative", 5), "--negative is for --loss ns")
    assert not Path("v").exists()


@pytest.mark.skipif(os.name != "posix", reason="devices as POSIX has them")
def test_vectors_may_go_to_a_device(run: Run, text: Path) -> None:
    assert run("train", text, "-o", "/dev/null").status == 0


def test_errors_of_train_are_one_line(run: Run, text: Path, tmp_path: Path) -> None:
    require_error(run("train", "absent.txt", "-o", "v"), "absent.txt")
    (tmp_path / "empty").mkdir()
    require_error(run("train", tmp_path / "empty", "-o", "v"), "no file in this folder")
    require_error(run("train", text, "-o", "v", "--window", 0), "window must be between 1 and")
    require_error(run("train", text, "-o", "v", "--alpha", "nan"), "alpha must be a finite number >= 0, not nan")
    require_error(run("train", text, "-o", "v", "--workers", 0), "workers must be between 1 and")
    require_error(run("train", text, "-o", "v", "--negative", 0), "nothing to train: give --negative 5, or --loss hs")
    require_error(run("train", text, "-o", "v", "--min-count", 1000), "no word occurs 1000 times")
    bad = tmp_path / "bad.txt"
    bad.write_bytes(b"good\nbad \xff\n")
    require_error(run("train", bad, "-o", "v"), r"bad\.txt, line 2: invalid UTF-8")
    assert not Path("v").exists()


def test_divergence_is_one_line(run: Run, text: Path) -> None:
    result = run("train", text, "-o", "v", "--alpha", "1e30", "--sample", 0)
    assert result.status == 1
    assert re.fullmatch(
        r"read .*\nfastemb: warning: --alpha 1e\+30 is so large .*\n"
        r"fastemb: error: training diverged: .* Lower --alpha \(now 1e\+30\)\n",
        result.errors,
    )
    assert not Path("v").exists()


def test_an_interrupt_while_training_saves_and_ends_with_130(
    run: Run, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Hogwild, "train_epoch", interrupted)
    result = run("train", text, "-o", "v", "--save-model", "m", "--quiet")
    assert (result.status, result.output) == (130, "")
    assert result.errors == "interrupted; saving what was learned so far\n"
    assert len(load_vectors("v")) == 8
    assert len(Word2Vec.load("m").wv) == 8


def test_an_interrupt_elsewhere_ends_with_130(run: Run, text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Corpus, "from_file", interrupted)
    assert run("train", text, "-o", "v") == (130, "", "fastemb: interrupted\n")
    assert not Path("v").exists()


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (MemoryError(), "fastemb: error: MemoryError\n"),
        (MemoryError("cannot allocate 9 TiB"), "fastemb: error: cannot allocate 9 TiB\n"),
        (KeyError("no such key"), "fastemb: error: no such key\n"),
        (KeyError(), "fastemb: error: \n"),
        (RuntimeError("bad luck"), "fastemb: error: bad luck\n"),
        (OverflowError("too large"), "fastemb: error: too large\n"),
    ],
)
def test_errors_without_much_to_say(
    run: Run, text: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, line: str
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(Corpus, "from_file", fails)
    assert run("train", text, "-o", "v") == (1, "", line)


# ---- similar ----


def test_similar_prints_each_words_neighbours(run: Run, vectors: Path) -> None:
    result = run("similar", vectors, "king", "Paris", "-n", 2)
    assert (result.status, result.errors) == (0, "")
    lines = result.output.splitlines()
    assert lines[0] == "king"
    assert re.fullmatch(r"  0\.7\d{3}  man", lines[1])
    assert re.fullmatch(r"  0\.5\d{3}  queen", lines[2])
    assert lines[3] == "Paris"
    assert re.fullmatch(r"  0\.9\d{3}  HTML", lines[4])
    assert len(lines) == 6


def test_ten_neighbours_are_the_default(run: Run, text: Path) -> None:
    run("train", text, "-o", "v", "-q", "--min-count", 1)
    assert len(run("similar", "v", "the").output.splitlines()) == 1 + 8
    assert len(run("similar", "v", "the", "--topn", 4).output.splitlines()) == 1 + 4


@pytest.mark.parametrize(
    ("word", "hint"), [("King", "king"), ("paris", "Paris"), ("html", "HTML"), ("PARIS", "Paris"), ("xyz", None)]
)
def test_an_unknown_word_gets_a_hint_and_the_others_an_answer(
    run: Run, vectors: Path, word: str, hint: str | None
) -> None:
    result = run("similar", vectors, word, "man")
    assert result.status == 1
    assert result.errors == f"fastemb: {word!r} is not in the vocabulary" + (
        f"; did you mean {hint!r}?\n" if hint else "\n"
    )
    assert result.output.startswith("man\n")


def test_similar_reads_words_from_standard_input(run: Run, vectors: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("king\n\n  queen \nnobody\n"))
    result = run("similar", vectors, "-n", 1)
    assert result.status == 1
    assert [line for line in result.output.splitlines() if not line.startswith(" ")] == ["king", "queen"]
    assert result.errors == "fastemb: 'nobody' is not in the vocabulary\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert run("similar", vectors) == (0, "", "")


def test_errors_of_similar_are_one_line(run: Run, text: Path) -> None:
    require_error(run("similar", "absent", "word"), "absent")
    require_error(run("similar", text, "word"), r"text\.txt: no file of vectors in a format that can be read .*")


# ---- analogy ----


def test_analogy_answers(run: Run, vectors: Path) -> None:
    result = run("analogy", vectors, "man", "king", "woman", "-n", 1)
    assert (result.status, result.errors) == (0, "")
    first, second = result.output.splitlines()
    assert first == "man : king = woman : ?"
    assert re.fullmatch(r"  0\.9\d{3}  queen", second)


def neighbours(ranking: list[tuple[str, float]]) -> Any:
    """As JSON has them."""
    return [{"word": word, "score": pytest.approx(score, rel=1e-5)} for word, score in ranking]


def test_answers_as_json(run: Run, vectors: Path) -> None:
    wv = load_vectors(vectors)
    done = run("similar", vectors, "man", "king", "frau", "-n", 2, "--json")
    assert done.status == 1
    assert [json.loads(line) for line in done.output.splitlines()] == [
        {"word": word, "neighbours": neighbours(wv.most_similar(word, topn=2))} for word in ("man", "king")
    ]
    done = run("analogy", vectors, "man", "king", "woman", "-n", 1, "--json")
    answers = neighbours(wv.most_similar(positive=["king", "woman"], negative=["man"], topn=1))
    assert json.loads(done.output) == {"a": "man", "b": "king", "c": "woman", "neighbours": answers}


def test_five_answers_at_most_are_the_default(run: Run, text: Path) -> None:
    run("train", text, "-o", "v", "-q", "--min-count", 1)
    assert len(run("analogy", "v", "the", "quick", "fox").output.splitlines()) == 1 + 5


def test_all_unknown_words_of_an_analogy_are_named(run: Run, vectors: Path) -> None:
    result = run("analogy", vectors, "Man", "king", "frau")
    assert (result.status, result.output) == (1, "")
    assert result.errors == (
        "fastemb: 'Man' is not in the vocabulary; did you mean 'man'?\nfastemb: 'frau' is not in the vocabulary\n"
    )


# ---- eval ----


def test_eval_scores_analogies_by_section_and_in_all(run: Run, vectors: Path, tmp_path: Path) -> None:
    questions = tmp_path / "questions.txt"
    questions.write_text(
        ": royalty\nman king woman queen\nking man queen woman\n: wrong\nman king woman Paris\n: unknown\na b c d\n",
        encoding="utf-8",
    )
    result = run("eval", vectors, "--analogies", questions)
    assert (result.status, result.errors) == (0, "")
    assert [re.sub(r" +", " ", line).strip() for line in result.output.splitlines()] == [
        f"analogies, 3cosadd: {questions}",
        "known of asked score 95% interval",
        "royalty 2 of 2 100.0% 34.2 to 100.0%",
        "wrong 1 of 1 0.0% 0.0 to 79.3%",
        "unknown 0 of 1 - -",
        "all 3 of 4 66.7% 20.8 to 93.9%",
        "",
        "Questions with unknown words are left out of the scores.",
    ]
    none = run("eval", vectors, "--analogies", questions, "--restrict-vocab", 2)
    assert (none.status, none.errors) == (
        1,
        f"fastemb: {questions}: there are not enough questions of which all words are known\n",
    )


def test_eval_scores_word_pairs(run: Run, vectors: Path, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("# comment\nParis HTML 9\nking\tqueen\t5\nman woman 1\nking nobody 3\n", encoding="utf-8")
    again = tmp_path / "again.txt"
    again.write_text("Paris HTML 1\nking queen 5\nman woman 9\n", encoding="utf-8")
    result = run("eval", vectors, "--similarity", pairs, again)
    assert (result.status, result.errors) == (0, "")
    lines = [re.sub(r" +", " ", line) for line in result.output.splitlines()]
    assert [line for line in lines if line.startswith(("sim", "all"))] == [
        f"similarity, Spearman's rho: {pairs}",
        "all 3 of 4 1.000 1.000 to 1.000",
        f"similarity, Spearman's rho: {again}",
        "all 3 of 3 -1.000 -1.000 to -1.000",
    ]
    assert run("eval", vectors, "--similarity", pairs, "--similarity", again).output == result.output


def test_errors_of_eval_are_one_line(run: Run, vectors: Path) -> None:
    require_error(run("eval", vectors), "nothing to evaluate: give --analogies FILE, --similarity FILE")
    require_error(run("eval", vectors, "--analogies", "absent.txt"), "absent.txt")
    require_error(run("eval", "absent", "--similarity", "pairs"), "absent")


# ---- convert, info ----


@pytest.mark.parametrize("start", ["own", "text.vec", "words.txt", "words.bin"])
@pytest.mark.parametrize("end", ["own.safetensors", "back.txt", "back.VEC", "back.bin"])
def test_convert_keeps_every_bit(run: Run, vectors: Path, start: str, end: str) -> None:
    original = load_vectors(vectors)
    first = run("convert", vectors, start)
    assert (first.status, first.output) == (0, "")
    assert first.errors == f"wrote 6 vectors of 4 dimensions to {start}\n"
    assert run("convert", start, end).status == 0
    converted = load_vectors(end)
    assert converted.index_to_key == original.index_to_key
    assert np.array_equal(converted.vectors, original.vectors)
    starts = {".bin": b"6 4\nman ", ".txt": b"6 4\nman 1", ".vec": b"6 4\nman 1"}
    content = Path(end).read_bytes()
    assert content.startswith(starts.get(Path(end).suffix.lower(), content[:8] + b"{"))


def test_errors_of_convert_are_one_line(run: Run, vectors: Path, tmp_path: Path) -> None:
    require_error(run("convert", "absent", "v.txt"), "absent")
    require_error(run("convert", vectors, tmp_path / "absent" / "v.txt"), "absent")
    damaged = tmp_path / "damaged"
    damaged.write_bytes(vectors.read_bytes()[:-5])
    require_error(run("convert", damaged, "v.txt"), "damaged: the file ends early")
    assert not Path("v.txt").exists()


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.ABOUT.option)
def test_convert_to_and_from_each_format_by_its_name(run: Run, vectors: Path, known: Format) -> None:
    option = known.ABOUT.option
    assert run("convert", vectors, "there", "--to", option).status == 0
    back = run("convert", "there", "back.safetensors", "--from", option)
    assert (back.status, back.output, back.errors) == (0, "", "wrote 6 vectors of 4 dimensions to back.safetensors\n")
    original, found = load_vectors(vectors), load_vectors("back.safetensors")
    assert found.index_to_key == original.index_to_key
    assert found.vectors.tobytes() == original.vectors.tobytes()
    assert "man" in run("similar", "there", "king", "--from", option).output


def test_convert_says_what_is_lost(run: Run, vectors: Path) -> None:
    made = load_vectors(vectors)
    for rank, key in enumerate(made.index_to_key):
        made.set_vecattr(key, "count", rank)
        made.set_vecattr(key, "kind", f"k{rank}")
    made.note = "mine"  # type: ignore[attr-defined]
    made.save("full")
    lost = {"values": ["kind"], "attributes": ["note"], "integers": 0, "precision": "", "order": False}
    for name, expected in {
        "x.safetensors": lost | {"values": [], "attributes": []},
        "x.npz": lost,
        "x.parquet": lost | {"values": []},
        "x.txt": lost | {"values": ["kind", "count"], "order": True},
        "x.npy": lost | {"values": ["kind", "count"]},
    }.items():
        result = run("convert", "full", name, "--json")
        assert (result.status, result.errors) == (0, "")
        told = json.loads(result.output)
        assert told["lost"] == expected
        assert (told["vectors"], told["dimensions"], told["dtype"]) == (6, 4, "float32")
        found = load_vectors(name)
        assert set(made.expandos) - set(found.expandos) <= set(expected["values"])  # type: ignore[call-overload]
        said = run("convert", "full", name).errors.splitlines()
        assert len(said) == 1 + any(expected.values())
        for word in (*expected["values"], *expected["attributes"]):  # type: ignore[misc]
            assert word in said[1]


def test_convert_to_half_precision(run: Run, vectors: Path) -> None:
    result = run("convert", vectors, "half.npz", "--dtype", "float16")
    assert "digits of the vectors (float32 to float16)" in result.errors
    assert load_vectors("half.npz").vectors.dtype == np.float16
    assert run("convert", vectors, "half.npz", "--dtype", "float16", "--json").output.count("float32 to float16") == 1
    require_error(
        run("convert", vectors, "v.txt", "--dtype", "float16"), "cannot hold float16; these formats can: fastemb"
    )
    load = load_vectors(vectors)
    load.vectors = load.vectors * np.float32(1e6)
    load.save("large")
    require_error(run("convert", "large", "v.npz", "--dtype", "float16"), "float16 cannot hold the vector of 'man'")
    assert not Path("v.npz").exists()


@pytest.mark.parametrize("option", ["--to", "--from"])
def test_wrong_names_of_formats_are_answered_with_the_nearest(run: Run, vectors: Path, option: str) -> None:
    result = run("convert", vectors, "x", option, "glov")
    assert result.status == 2
    assert result.errors.endswith(f"argument {option}: there is no format 'glov'; did you mean 'glove'?\n")


def test_convert_writes_any_single_file_to_standard_output(
    vectors: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    for option in ("jsonl", "word2vec-binary", "npz", "fastemb"):
        assert main(["convert", str(vectors), "-", "--to", option]) == 0
        Path("out").write_bytes(capsysbinary.readouterr().out)
        assert load_vectors("out", format=option).index_to_key == load_vectors(vectors).index_to_key
    for more, message in [
        (["--to", "npy"], b"NumPy array is more than one file, so it needs a name"),
        (["--to", "projector"], b"more than one file"),
        (["--json"], b"--json prints to standard output, where the vectors go"),
    ]:
        assert main(["convert", str(vectors), "-", *more]) == 1
        assert message in capsysbinary.readouterr().err


def test_a_folder_needs_the_name_of_its_format(run: Run, vectors: Path) -> None:
    require_error(run("convert", vectors, "out/"), "the name of a folder does not say the format: give --to projector")
    assert run("convert", vectors, "out/", "--to", "projector").status == 0
    assert sorted(os.listdir("out")) == ["metadata.tsv", "projector_config.pbtxt", "vectors.tsv"]
    assert run("convert", vectors, "out", "--to", "projector").status == 0  # again, in the same folder
    assert load_vectors("out").index_to_key == load_vectors(vectors).index_to_key
    Path("other").mkdir()
    require_error(run("convert", vectors, "other"), "cannot save to other: it is a folder")
    require_error(run("convert", vectors, "other", "--to", "glove"), "cannot save to other: it is a folder")
    require_error(run("info", "other"), "other: this is a folder: name a file in it, or a folder with vectors.tsv and")


def test_convert_does_not_replace_its_input_by_the_second_file(run: Run, vectors: Path) -> None:
    assert run("convert", vectors, "m.txt").status == 0
    os.rename("m.txt", "m.words.txt")
    before = Path("m.words.txt").read_bytes()
    require_error(run("convert", "m.words.txt", "m.npy"), "m.words.txt belongs to it, and is also the input")
    assert Path("m.words.txt").read_bytes() == before


def test_what_gensim_saved_is_refused_by_its_name(run: Run) -> None:
    start = b"\x80\x04\x95\x00\x01" + bytes(6) + b"\x8c\x1agensim.models.keyedvectors\x94"
    Path("m.kv").write_bytes(start + b"\x8c\x0cKeyedVectors\x94\x93")
    for command in (["convert", "m.kv", "x.txt"], ["info", "m.kv"]):
        require_error(run(*command), "vectors that gensim saved: in Python KeyedVectors.from_gensim reads them")


def test_convert_does_not_replace_its_input(run: Run, vectors: Path) -> None:
    before = vectors.read_bytes()
    require_error(run("convert", vectors, "vectors"), "it is also the input")
    assert vectors.read_bytes() == before


def test_info_describes_a_file(run: Run, vectors: Path) -> None:
    result = run("info", vectors)
    assert (result.status, result.errors) == (0, "")
    assert result.output.splitlines() == [
        "vectors     6 of 4 dimensions, float32",
        "format      fastemb's own",
        "size        0.0 MB",
        "lengths     1.00499 to 1.41774, median 1.05476",
        "spread      like 2.55 of 4 dimensions, mean cosine 0.26",
        "keys        6 str",
        "first words man, woman, king, queen, Paris, HTML",
    ]
    require_error(run("info", "absent"), "absent")


def test_info_of_a_corpus_names_the_other_command(run: Run) -> None:
    Corpus.from_sentences([["a"]]).save("c")
    require_error(run("info", "c"), "c: an encoded corpus: 'fastemb corpus info' describes it")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("command", [["similar", "pipe", "man"], ["convert", "pipe", "v.txt"], ["info", "pipe"]])
def test_vectors_from_a_pipe_are_refused_by_its_name(run: Run, command: list[str]) -> None:
    os.mkfifo("pipe")
    require_error(run(*command), "pipe: a pipe can be read once only, and this takes more: save it to a file first")


def test_info_without_a_file_describes_the_installation(run: Run) -> None:
    result = run("info")
    assert (result.status, result.errors) == (0, "")
    assert [line.split("  ")[0] for line in result.output.splitlines()] == [
        "fastemb",
        "Python",
        "platform",
        "kernels",
        "in use",
        "CPUs",
    ]


# ---- usage ----


def test_version(run: Run) -> None:
    assert run("--version") == (0, f"fastemb {fastemb.__version__}\n", "")


def test_help_names_every_command(run: Run) -> None:
    result = run("--help")
    assert (result.status, result.errors) == (0, "")
    for command in COMMANDS:
        assert re.search(rf"^ +{command} ", result.output, re.MULTILINE), command


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command(run: Run, command: str) -> None:
    result = run(command, "--help")
    assert (result.status, result.errors) == (0, "")
    assert result.output.startswith(f"usage: fastemb {command} ")
    assert "%(" not in result.output
    assert "None" not in result.output


def test_help_of_train_tells_the_defaults(run: Run) -> None:
    words = " ".join(run("train", "--help").output.split())
    for default in ("(100)", "(5)", "(0.75)", "(0.001)", "(0.025)", "(0.0001)", "(skipgram)", "(ns)"):
        assert default in words
    assert f"in Python the default of Word2Vec is sg={Word2Vec().sg}, cbow" in words


@pytest.mark.parametrize("number", ["0", "-3", "2.5", "many"])
@pytest.mark.parametrize("command", [["similar", "vectors", "man"], ["analogy", "vectors", "man", "king", "woman"]])
def test_a_number_of_neighbours_is_above_0(run: Run, vectors: Path, command: list[str], number: str) -> None:
    result = run(*command, "-n", number)
    assert (result.status, result.output) == (2, "")
    assert result.errors.endswith(f"error: argument -n/--topn: {number!r} is not a whole number above 0\n")


@pytest.mark.parametrize(
    ("command", "option", "numbers"),
    [
        (["align", "vectors", "vectors"], "--neighbours", ["-1", "many"]),
        (["align", "vectors", "vectors"], "-n/--topn", ["0", "-1"]),
        (["eval", "vectors", "--analogies", "q.txt"], "--restrict-vocab", ["0", "-1", "many"]),
        (["eval", "vectors", "--similarity", "q.txt"], "--restrict-vocab", ["0", "-1"]),
        (["items", "eval", "t.csv"], "-k", ["0", "-1"]),
        (["corpus", "head", "c"], "-n/--lines", ["-1"]),
    ],
)
def test_numbers_that_make_no_sense_are_refused(
    run: Run, vectors: Path, command: list[str], option: str, numbers: list[str]
) -> None:
    for number in numbers:
        result = run(*command, option.partition("/")[0], number)
        assert (result.status, result.output) == (2, "")
        assert f"error: argument {option}: {number!r} is not a whole number" in result.errors


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["train"],
        ["train", "text.txt"],
        ["train", "text.txt", "-o", "v", "--model", "glove"],
        ["train", "text.txt", "-o", "v", "--window", "wide"],
        ["train", "text.txt", "-o", "v", "--epochs", "1.5"],
        ["train", "text.txt", "-o", "v", "--nonsense"],
        ["similar"],
        ["analogy", "vectors", "man", "king"],
        ["convert", "one"],
        ["eval", "vectors", "--similarity"],
        ["info", "one", "two"],
    ],
)
def test_wrong_usage_ends_with_2_and_says_how_it_goes(run: Run, arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.status, result.output) == (2, "")
    assert result.errors.startswith("usage: fastemb")
    assert "error: " in result.errors.splitlines()[-1]


def test_recommendations_go_to_standard_output(run: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "user,item\n" + "".join(f"{user},{user % 3 + step}\n" for user in range(9) for step in (0, 1))
    )
    table = ["--session", "user", "--item", "item"]
    assert run("items", "train", "t.csv", "-o", "m", *table, "--min-count", 1, "--epochs", 1, "-q").status == 0
    assert run("items", "recommend", "m", "--all", "-o", "r.csv", "-n", 1).status == 0
    shown = run("items", "recommend", "m", "--all", "-o", "-", "-n", 1)
    assert shown.status == 0
    assert shown.output.splitlines() == (tmp_path / "r.csv").read_text().splitlines()
    assert not Path("-").exists()
    require_error(run("items", "train", "t.csv", "-o", "-", *table), "no text, so it needs a file")


@pytest.mark.parametrize("command", ["train", "demo", "similar", "items train", "corpus build"])
def test_a_wrong_kernel_is_noticed_before_files_are_looked_at(
    command: str, run: Run, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FASTEMB_ISA", "nonsense")
    fastemb.config.isa.cache_clear()
    made = ["nowhere", "-o", "v"]
    items = [*made, "--session", "user", "--item", "item"]
    arguments = {"demo": [], "similar": ["nowhere", "x"], "items train": items}.get(command, made)
    result = run(*command.split(), *arguments)
    fastemb.config.isa.cache_clear()
    assert result.status == 1
    assert result.errors.startswith(
        "fastemb: error: FASTEMB_ISA='nonsense' is not a kernel of this build; use one of: "
    )


@pytest.mark.integration
@pytest.mark.parametrize(
    ("command", "files"),
    [
        ("train", {"text": "one two\n" * 9}),
        ("items train", {"table": "user,item\n" + "".join(f"{n // 3},{n % 5}\n" for n in range(60))}),
    ],
)
def test_warnings_are_lines_without_files_of_python(command: str, files: dict[str, str], tmp_path: Path) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    columns = ["--session", "user", "--item", "item"]
    options = {"train": ["--epochs", "0"], "items train": [*columns, "--alpha", "2"]}[command]
    called = [sys.executable, "-m", "fastemb", *command.split(), *files, "-o", "out", *options]
    done = subprocess.run(called, cwd=tmp_path, capture_output=True, text=True, check=False)
    warned = [line for line in done.stderr.splitlines() if "arning" in line]
    assert warned
    assert all(line.startswith("fastemb: warning: ") for line in warned)
    assert ".py" not in done.stderr
