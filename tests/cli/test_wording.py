"""What commands say is in the words of the command line, and what they tell people to do works."""

from __future__ import annotations

import io
import json
import re
import shlex
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cli.called import status_of

from fastemb import Corpus, Item2Vec, KeyedVectors, Phrases, Word2Vec, load_vectors
from fastemb.cli.wording import in_options

Run = Callable[..., tuple[int, str]]

PYTHON = re.compile(  # an argument, a call or a method of Python
    r"(?<![\w/-])[a-z_]+=|\b[a-z_]+\.[a-z_]+\(|\b(Corpus|Interactions|KeyedVectors|Word2Vec)\b[.(]|\b[a-z]+_[a-z_]+\b"
)
LATIN = "café".encode("latin-1")


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of many kinds, each wrong for some command."""
    monkeypatch.chdir(tmp_path)
    made = {
        "ok.vec": b"2 2\ncat 1 2\ndog 2 1\n",
        "ok.glove": b"cat 1 2\ndog 2 1\n",
        "latin.vec": b"2 2\n" + LATIN + b" 1 2\ndog 2 1\n",
        "latin.glove": LATIN + b" 1 2\ndog 2 1\n",
        "tabs.vec": b"2 2\ncat\t1\t2\ndog\t2\t1\n",
        "tabs.glove": b"cat\t1\t2.5\ndog\t2.5\t1\n",
        "tabs.mixed": b"cat\t1 2.5\ndog\t2.5 1\n",
        "latin.txt": b"a " + LATIN + b" c\n" * 3,
        "utf16.txt": "a b c\na c b\n".encode("utf-16"),
        "text.txt": b"a b c\na c b\n" * 5,
        "words.txt": b"cat\ndog\n",
        "latin-words.txt": LATIN + b"\ndog\n",
        "pairs.txt": b"cat dog 1\ncat " + LATIN + b" 2\n",
        "comma.csv": b"n,text\n1,a b\n2,b a\n",
        "semicolon.csv": b"n;text\n1;a b\n2;b a\n",
        "quote.csv": b'n,text\n1,"a b\n2,b a\n',
        "quoted.csv": b'n,text\n1,"a" b\n2,b a\n',
        "bare.csv": b"1,a b\n2,b a\n",
        "latin.csv": b"n,text\n1,a " + LATIN + b"\n",
        "events.csv": b"user,item,when\n" + b"".join(b"u%d,i%d,%d\n" % (n // 4, n % 5, n) for n in range(40)),
        "headless.csv": b"".join(b"u%d,i%d,%d\n" % (n // 4, n % 5, n) for n in range(40)),
        "repeated.csv": b"".join(b"%d,%d,%d\n" % (n // 4, n % 5, n % 5) for n in range(1, 40)),
        "semicolons.csv": b"user;item\n" + b"".join(b"u%d;i%d\n" % (n // 4, n % 5) for n in range(40)),
        "latin-events.csv": b"user,item\nu1,a\nu1,b\nu2," + LATIN + b"\nu2,a\n",
        "baskets.txt": b"milk,whole bread\nmilk,tea\nwhole bread,tea\n" * 3,
        "latin-baskets.txt": b"milk " + LATIN + b"\nmilk tea\n",
        "titles.csv": b"i1,one\ni2," + LATIN + b"\n",
        "titles.bar": b"i1|one\ni2|two\n",
    }
    for name, content in made.items():
        Path(name).write_bytes(content)
    np.save("matrix.npy", np.eye(2, 3, dtype=np.float32))
    header = json.dumps({"emb": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}).encode()
    Path("emb.safetensors").write_bytes(
        struct.pack("<Q", len(header)) + header + np.eye(2, 3, dtype=np.float32).tobytes()
    )


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return lambda command: (status_of(*shlex.split(command)), capsys.readouterr().err)


TRAIN = "train {} -o out.vec -d 4 -e 1 --min-count 1 --sample 0 -q "
ITEMS = "items train {} -o out.safetensors --vector-size 4 --epochs 1 --negative 1 -q "
NAMED = "--session user --item item "

# A command that fails or warns, what it says, and the same command as that advises.
REMEDIES = [
    ("similar latin.vec dog", "such as --encoding latin-1", "similar latin.vec dog --encoding latin-1"),
    ("similar latin.glove dog", "give --unicode-errors replace", "similar latin.glove dog --unicode-errors replace"),
    ("analogy latin.vec dog dog dog", "--encoding latin-1", "analogy latin.vec dog dog dog --encoding latin-1"),
    ("convert latin.vec out.vec", "--encoding latin-1", "convert latin.vec out.vec --encoding latin-1"),
    ("info latin.vec", "--encoding latin-1", "info latin.vec --encoding latin-1"),
    ("similar matrix.npy cat", "read it, with --words the keys", "similar matrix.npy cat --words words.txt"),
    ("items similar matrix.npy cat", "fastemb similar, .*with --words", "similar matrix.npy cat --words words.txt"),
    (
        "similar emb.safetensors cat",
        "'emb' .*with --key .*--words",
        "similar emb.safetensors cat --key emb --words words.txt",
    ),
    (
        "similar emb.safetensors cat --key emb",
        "give --words too",
        "similar emb.safetensors cat --key emb --words words.txt",
    ),
    (
        "similar emb.safetensors cat --words words.txt",
        "with --key its",
        "info emb.safetensors --key emb --words words.txt",
    ),
    ("info matrix.npy --key emb --words words.txt", "leave --key out", "info matrix.npy --words words.txt"),
    (
        "info matrix.npy --words latin-words.txt",
        "name its encoding by --encoding",
        "info matrix.npy --words latin-words.txt --encoding latin-1",
    ),
    (
        "items similar ok.vec cat",
        "similar, nearest, analogy, index, eval, convert and info read it$",
        "similar ok.vec cat",
    ),
    (
        "items similar ok.glove cat",
        "similar, nearest, analogy, index, eval, convert and info read it$",
        "similar ok.glove cat",
    ),
    (
        "corpus info ok.vec",
        "similar, nearest, analogy, index, eval, convert and info read it$",
        "similar ok.vec cat",
    ),
    (TRAIN.format("latin.txt"), "as with --encoding latin-1", TRAIN.format("latin.txt") + "--encoding latin-1"),
    (
        TRAIN.format("latin.txt"),
        "with --unicode-errors replace$",
        TRAIN.format("latin.txt") + "--unicode-errors replace",
    ),
    (TRAIN.format("utf16.txt"), "with --encoding utf-16", TRAIN.format("utf16.txt") + "--encoding utf-16"),
    (
        TRAIN.format("comma.csv") + "--column nope",
        "no column 'nope', but 'n', 'text'",
        TRAIN.format("comma.csv") + "--column text",
    ),
    (
        TRAIN.format("semicolon.csv") + "--column text",
        "--sep tells what parts them",
        TRAIN.format("semicolon.csv") + "--column text --sep ';'",
    ),
    (
        TRAIN.format("bare.csv") + "--column text",
        "--columns names them",
        TRAIN.format("bare.csv") + "--column text --columns n,text",
    ),
    (
        TRAIN.format("quote.csv") + "--column text",
        'give --quotechar ""',
        TRAIN.format("quote.csv") + '--column text --quotechar ""',
    ),
    (
        TRAIN.format("quoted.csv") + "--column text",
        'give --quotechar ""',
        TRAIN.format("quoted.csv") + '--column text --quotechar ""',
    ),
    (
        TRAIN.format("latin.csv") + "--column text",
        "--encoding latin-1",
        TRAIN.format("latin.csv") + "--column text --encoding latin-1",
    ),
    (TRAIN.format("text.txt") + "--encoding nope", "--encoding nope is no encoding", TRAIN.format("text.txt")),
    (TRAIN.format("text.txt") + "--min-count 99", "lower --min-count$", TRAIN.format("text.txt")),
    (TRAIN.format("text.txt") + "--max-vocab 1", "raise --max-vocab$", TRAIN.format("text.txt") + "--max-vocab 3"),
    (TRAIN.format("text.txt") + "--negative 0", "give --negative 5, or", TRAIN.format("text.txt") + "--negative 5"),
    (TRAIN.format("text.txt") + "--negative 0", "or --loss hs$", TRAIN.format("text.txt") + "--loss hs"),
    (
        TRAIN.format("text.txt") + "--window 0",
        "^fastemb: error: --window must be",
        TRAIN.format("text.txt") + "--window 1",
    ),
    (TRAIN.format("text.txt") + "-d 0", "^fastemb: error: --vector-size must be", TRAIN.format("text.txt")),
    (
        TRAIN.format("headless.csv") + "--column x --sep ''",
        '--sep "": give',
        TRAIN.format("comma.csv") + "--column text --sep ,",
    ),
    (
        ITEMS.format("headless.csv") + NAMED,
        "name them by --columns$",
        ITEMS.format("headless.csv") + NAMED + "--columns user,item,when",
    ),
    (
        ITEMS.format("repeated.csv") + NAMED,
        "name the columns by --columns$",
        ITEMS.format("repeated.csv") + NAMED + "--columns user,item,x",
    ),
    (
        ITEMS.format("semicolons.csv") + NAMED,
        "give that by --sep$",
        ITEMS.format("semicolons.csv") + NAMED + "--sep ';'",
    ),
    (
        ITEMS.format("latin-events.csv") + NAMED,
        "such as --encoding latin-1$",
        ITEMS.format("latin-events.csv") + NAMED + "--encoding latin-1",
    ),
    (
        ITEMS.format("events.csv") + NAMED + "--gap 5",
        "times by --time$",
        ITEMS.format("events.csv") + NAMED + "--gap 5 --time when",
    ),
    (
        ITEMS.format("events.csv") + NAMED + "--gap 3x --time when",
        "--gap 3x: the unit 'x' is none of",
        ITEMS.format("events.csv") + NAMED + "--gap 3s --time when",
    ),
    (
        "items eval events.csv --split time --vector-size 4 --epochs 1 --negative 1 -q " + NAMED,
        "name their column by --time$",
        "items eval events.csv --split time --vector-size 4 --epochs 1 --negative 1 -q --time when " + NAMED,
    ),
    (
        ITEMS.format("baskets.txt") + "--baskets",
        "if ',' parts them, give --sep ,$",
        ITEMS.format("baskets.txt") + "--baskets --sep ,",
    ),
    (
        ITEMS.format("latin-baskets.txt") + "--baskets",
        "--encoding latin-1",
        ITEMS.format("latin-baskets.txt") + "--baskets --encoding latin-1",
    ),
    (
        ITEMS.format("events.csv") + NAMED + "--titles titles.csv",
        "--titles-encoding latin-1$",
        ITEMS.format("events.csv") + NAMED + "--titles titles.csv --titles-encoding latin-1",
    ),
    (
        ITEMS.format("events.csv") + NAMED + "--titles titles.bar",
        "told apart by --titles-sep,",
        ITEMS.format("events.csv") + NAMED + "--titles titles.bar --titles-sep '|'",
    ),
    (
        ITEMS.format("events.csv") + NAMED + "--min-count 99",
        r"\(--min-count\)$",
        ITEMS.format("events.csv") + NAMED + "--min-count 1",
    ),
    (
        ITEMS.format("events.csv") + NAMED + "--columns user,item,when",
        "warning: .*line 1: .* looks like names of columns.*--columns was given: leave that out",
        ITEMS.format("events.csv") + NAMED,
    ),
]


@pytest.mark.parametrize(("command", "message", "mended"), REMEDIES)
def test_what_a_command_advises_works_and_is_said_in_options(command: str, message: str, mended: str, run: Run) -> None:
    status, errors = run(command)
    assert status == 1 or "warning" in message or "--baskets" in command
    said = "\n".join(re.sub(r"^(fastemb: \w+: )(/\S+: )?", r"\1", line) for line in errors.splitlines())
    assert re.search(message, said, re.MULTILINE), said
    assert not PYTHON.search(said), said
    status, errors = run(mended)
    assert status == 0, errors
    assert "warning" not in errors


def test_commands_of_pairs_name_no_option_that_they_do_not_have(run: Run) -> None:
    status, errors = run("eval ok.vec --similarity pairs.txt")
    assert (status, errors.rstrip()[-16:]) == (1, ": save it as UTF-8"[-16:])
    Path("pairs.txt").write_bytes(Path("pairs.txt").read_bytes().decode("latin-1").encode() + b"dog cat 3\ncat cat 9\n")
    assert run("eval ok.vec --similarity pairs.txt") == (0, "")


@pytest.mark.parametrize("name", ["tabs.vec", "tabs.glove", "tabs.mixed"])
def test_a_tab_after_the_key_is_named(name: str, run: Run) -> None:
    line = 2 if name == "tabs.vec" else 1
    for command in (f"similar {name} cat", f"info {name}"):
        status, errors = run(command)
        assert status == 1
        assert f"{name}: line {line}: a tab follows the key b'cat', where a space must stand" in errors
    assert r"as with tr '\t' ' ' < FILE > NEW" in errors
    Path("spaces").write_bytes(Path(name).read_bytes().replace(b"\t", b" "))
    assert run("similar spaces cat")[0] == 0
    Path("between").write_bytes(Path(name).read_bytes().replace(b"t\t", b"t ").replace(b"g\t", b"g "))
    assert load_vectors("between")["dog"].tolist() in ([2, 1], [2.5, 1])  # between numbers any white space will do


def test_files_of_models_name_the_commands_that_read_them(run: Run) -> None:
    sentences = [["a", "b", "c"], ["c", "a"]] * 5
    Word2Vec(sentences, vector_size=4, min_count=1, workers=1, epochs=1, sample=0).save("model")
    KeyedVectors.load("model").save("vectors")
    Item2Vec(vector_size=4, epochs=1, workers=1, negative=1).fit(sentences).save("items")
    Corpus.from_sentences(sentences).save("corpus")
    Phrases(sentences, min_count=1).save("phrases")
    wrong = {
        "model": "items similar {} a",
        "vectors": "items recommend {} --history a",
        "items": "corpus info {}",
        "corpus": "similar {} a",
        "phrases": "similar {} a",
    }
    right = {
        "model": "similar {} a",
        "vectors": "info {}",
        "items": "items similar {} a",
        "corpus": "corpus info {}",
    }
    for name, command in wrong.items():
        status, errors = run(command.format(name))
        assert status == 1
        if name == "phrases":
            assert "in Python Phrases.load reads it" in errors
            continue
        assert not PYTHON.search(errors), errors
        named = right[name].split(" {")[0].split()[-1]
        assert re.search(rf"\b{named}\b.* read it", errors), errors
        assert run(right[name].format(name))[0] == 0


def test_a_cache_of_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def give() -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a b c\n" * 9)))

    give()
    status, errors = run(TRAIN.format("-") + "--cache kept")
    assert status == 1
    assert "--cache needs files" in errors
    assert "encode it first, by 'fastemb corpus build'" in errors
    give()
    assert run("corpus build - -o kept -q")[0] == 0
    assert run(TRAIN.format("kept"))[0] == 0


def test_keys_that_a_format_cannot_hold(run: Run) -> None:
    made = KeyedVectors(2)
    made.add_vectors(["new york"], np.ones((1, 2), np.float32))
    made.save("spaces.safetensors")
    status, errors = run("convert spaces.safetensors out.vec")
    assert status == 1
    assert "fastemb's own format can: let the name end in .safetensors" in errors
    assert run("convert spaces.safetensors out.safetensors")[0] == 0


@pytest.mark.parametrize("path", ["item=3/my_min_count.txt", "encoding=x/time=2020-01-01.txt"])
def test_paths_stay_as_they_are(path: str, run: Run) -> None:
    Path(path).parent.mkdir()
    Path(path).write_bytes(Path("latin.txt").read_bytes())
    errors = run(TRAIN.format(path))[1]
    assert f"{path}, line 1: invalid UTF-8; name its encoding, as with --encoding latin-1" in errors


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("give encoding=\"latin-1\" or sep=''", 'give --encoding latin-1 or --sep ""'),
        ('quotechar="\'" is a part of sep="\'|\'"', "--quotechar ''\"'\"'' is a part of --sep ''\"'\"'|'\"'\"''"),
        ("max_final_vocab=3 leaves no word", "--max-vocab 3 leaves no word"),
        ("call f(sep=1) with sep=2", "call f(sep=1) with --sep 2"),
        ("window must be at least 1", "--window must be at least 1"),
        ("a window must be open", "a window must be open"),
        ("give format='glove' to load_vectors", "give --from glove"),
        ("read it with binary=True, or in load_vectors with format='npy'", "read it with --from npy"),
        (
            "it looks like JSON lines: read it with format='jsonl'",
            "it looks like JSON lines: read it with --from jsonl",
        ),
        ("one number without a header need format='glove'", "one number without a header need --from glove"),
        ("give format=npy", "give --to npy"),
        ("confidence must lie between 0 and 1", "--confidence must lie between 0 and 1"),
        ("diverged. Lower alpha (now 5) or negative (now 9)", "diverged. Lower --alpha (now 5) or --negative (now 9)"),
        ("two words that min_count and sample keep", "two words that --min-count and --sample keep"),
        ("nothing was trained: epochs is 0", "nothing was trained: --epochs is 0"),
        ("r.csv: gap must be above 0", "r.csv: --gap must be above 0"),
        ("Word2Vec.from_gensim reads it", "in Python Word2Vec.from_gensim reads it"),
    ],
)
def test_words_of_python_become_options(message: str, expected: str) -> None:
    assert in_options(message) == expected


def test_options_of_another_file_have_its_name() -> None:
    assert in_options("give sep= and min_count", prefix="titles-") == "give --titles-sep and --titles-min-count"
