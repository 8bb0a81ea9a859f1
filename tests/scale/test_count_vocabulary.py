"""Words that are counted in parts: the vocabulary is the one of the whole."""

from __future__ import annotations

import bz2
import gzip
import os
import signal
import subprocess
import sys
import textwrap
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import RULE_DISCARD, RULE_KEEP, Corpus, Vocabulary
from fastemb.corpus.arrow import column_of
from fastemb.corpus.inputs import find_inputs
from fastemb.corpus.splitting import TextOptions
from fastemb.corpus.tables import encode_column
from fastemb.corpus.task import ReadSizes
from fastemb.scale import Counted, count_shard, count_vocabulary, merge_counts, vocabulary
from fastemb.scale.pieces import cut

WORDS = ["the", "Ärger", "ΣΑΣ", "\ufeffmark", "x" * 300, "日本", "a", *(f"w{number}" for number in range(500))]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are written after every block or so, as they are of large texts."""
    monkeypatch.setattr(vocabulary, "_LEAST_MEMORY", 1)
    monkeypatch.setattr(vocabulary, "_PART_BITS", 2)


def text(seed: int, tokens: int = 1500) -> str:
    random = np.random.default_rng(seed)
    ids = np.minimum(random.geometric(0.02, tokens), len(WORDS)) - 1
    ends = np.array(["\n", " ", "\t", " \n\n ", "\u3000", "\r\n"])[random.integers(0, 6, tokens)]
    return "".join(WORDS[word] + end for word, end in zip(ids.tolist(), ends.tolist(), strict=True))


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Five files: plain ones, one of them with a mark at its start, compressed ones, and an empty one."""
    (tmp_path / "0.txt").write_bytes(text(0).encode())
    (tmp_path / "1.txt.gz").write_bytes(gzip.compress(text(1).encode()))
    (tmp_path / "2.txt").write_bytes(b"")
    (tmp_path / "3.txt.bz2").write_bytes(bz2.compress(text(3).encode()))
    (tmp_path / "4.txt").write_bytes(b"\xef\xbb\xbf" + text(4, 3000).encode())
    return sorted(tmp_path.glob("*.txt*"))


def assert_same(made: Vocabulary, expected: Vocabulary) -> None:
    assert made.keys == expected.keys
    assert made.counts.tolist() == expected.counts.tolist()
    assert made.least_count == expected.least_count


RULES: list[dict[str, Any]] = [
    {},
    {"min_count": 3},
    {"max_final_vocab": 40},
    {"max_vocab_size": 41},
    {"min_count": 2, "max_vocab_size": 9},
    {"trim_rule": lambda word, count, least: RULE_KEEP if word == "w400" else RULE_DISCARD if word == "the" else None},
]


@pytest.mark.parametrize("rules", RULES)
def test_parts_give_the_vocabulary_of_the_whole(files: list[Path], tmp_path: Path, rules: dict[str, Any]) -> None:
    counted = [count_shard(file, tmp_path / f"{file.name}.counts", memory=1 << 16) for file in files]
    expected = Corpus.from_file(files, **rules).vocabulary
    assert sum(one.words for one in counted) == Corpus.from_file(files).words
    assert_same(merge_counts(counted, **rules), expected)
    assert_same(merge_counts([one.path for one in counted], **rules), expected)


@pytest.mark.parametrize(
    "options",
    [
        {"lower": True},
        {"token_pattern": r"\w\w"},
        {"tokenizer": str.split, "lower": True},
        {"encoding": "latin-1"},
        {"unicode_errors": "ignore", "lower": True},
    ],
)
def test_text_is_read_as_by_corpus(files: list[Path], tmp_path: Path, options: dict[str, Any]) -> None:
    if "unicode_errors" in options:
        files[0].write_bytes(text(0).encode().replace("Ä".encode(), b"\xff") + b" \xfe \xfe\xfe")
    if "encoding" in options:
        files[0].write_bytes("Ärger ö\nÄrger".encode("latin-1"))
        files = files[:1]
    expected = Corpus.from_file(files, **options).vocabulary
    for workers in (1, 2):
        counted = [
            count_shard(file, tmp_path / f"{file.name}.counts", memory=1 << 16, workers=workers, **options)
            for file in files
        ]
        assert_same(merge_counts(counted), expected)


@pytest.mark.parametrize("seed", range(3))
def test_pieces_are_cut_anywhere(tmp_path: Path, seed: int) -> None:
    """Cuts at every kind of place: within words, marks and line ends, and where no word ends for long."""
    random = np.random.default_rng(seed)
    paths = []
    for number in range(3):
        paths.append(tmp_path / f"{number}.txt")
        paths[-1].write_bytes(text(10 * seed + number, int(random.integers(1, 60))).encode())
    expected = Corpus.from_file(paths)
    for options in (TextOptions(), TextOptions(token_pattern=r"\S+")):
        for count in (2, 5, 40):
            cuts = b"\n" if options.needs_lines else b" \n"
            shards = [shard for shard in cut(find_inputs(paths), count, options, cuts) if shard]
            counted = [
                vocabulary.count_pieces(pieces, options, str(tmp_path / f"{number}.counts"), 1 << 16)
                for number, pieces in enumerate(shards)
            ]
            assert sum(one.words for one in counted) == expected.words
            assert_same(merge_counts(counted), expected.vocabulary)


@pytest.mark.integration
def test_processes_count_as_one_does(files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "_PART_BITS", 8)  # as the other processes have it
    expected = Corpus.from_file(files, lower=True, min_count=2).vocabulary
    for processes in (1, 3):
        made = count_vocabulary(files, lower=True, min_count=2, processes=processes, memory=1 << 16, folder=tmp_path)
        assert_same(made, expected)
    assert not [name for name in os.listdir(tmp_path) if name.endswith((".counts", ".tmp"))]


@pytest.mark.integration
def test_faults_in_another_process_are_raised_here(tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes(b"good words\n" * 5000 + b"bad \xff\n" + b"good\n" * 100)
    with pytest.raises(ValueError, match=r"bad\.txt from byte [\d,]+ on, line \d+: .*UTF-8"):
        count_vocabulary(tmp_path / "bad.txt", processes=3, folder=tmp_path)
    with pytest.raises(TypeError, match=r"the tokenizer cannot be sent to other processes.*processes=1"):
        count_vocabulary(tmp_path / "bad.txt", processes=2, tokenizer=lambda line: line.split())
    assert sorted(os.listdir(tmp_path)) == ["bad.txt"]


@pytest.mark.integration
def test_processes_end_with_the_one_that_started_them() -> None:
    program = """
        from fastemb.scale.counting_process import in_processes
        import time
        print("begun", flush=True)
        in_processes(time.sleep, [(60,), (60,)])
    """
    for number in (signal.SIGINT, signal.SIGKILL):
        parent = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert parent.stdout is not None
        parent.stdout.readline()
        children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
        if not children.exists():
            pytest.skip("the system does not tell which processes were started")
        while len(found := children.read_text().split()) < 2:
            assert parent.poll() is None
            time.sleep(0.01)
        parent.send_signal(number)
        parent.communicate(timeout=20)
        begun = time.monotonic()
        while any(is_running(int(child)) for child in found):
            assert time.monotonic() - begun < 20
            time.sleep(0.01)


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_files_that_hold_no_counts(files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tmp_path / "a.counts"
    count_shard(files[0], whole)
    data = whole.read_bytes()
    for name, wrong in (("cut", data[:-1]), ("short", data[:30]), ("empty", b""), ("text", b"the cat\n" * 20)):
        (tmp_path / name).write_bytes(wrong)
        with pytest.raises(ValueError, match=f"{name}: this is no file of counted words, or was cut off"):
            merge_counts([whole, tmp_path / name])
    monkeypatch.setattr(vocabulary, "_PART_BITS", 3)
    count_shard(files[0], tmp_path / "b.counts")
    with pytest.raises(ValueError, match=r"b\.counts was made by another version of fastemb than .*a\.counts"):
        merge_counts([whole, tmp_path / "b.counts"])
    (tmp_path / "holed").write_bytes(data[8:])
    with pytest.raises(ValueError, match="holed: this file of counted words is damaged"):
        merge_counts([tmp_path / "holed"])


def test_wrong_input(files: list[Path], tmp_path: Path) -> None:
    counts = tmp_path / "a.counts"
    count_shard(files[2], counts)
    with pytest.raises(ValueError, match=r"a\.counts: there is no word in it"):
        merge_counts([counts])
    with pytest.raises(ValueError, match=r"2\.txt: there is no word in it"):
        count_vocabulary(files[2])
    with pytest.raises(ValueError, match=r"a\.counts is given twice: its words would count twice"):
        merge_counts([counts, Counted(str(counts), 0)])
    with pytest.raises(ValueError, match="the list of parts is empty"):
        merge_counts([])
    for wrong in (str(counts), Counted(str(counts), 0), 3):
        with pytest.raises(TypeError, match="parts must be a list of files of counts"):
            merge_counts(wrong)  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError, match="nowhere"):
        merge_counts([tmp_path / "nowhere"])
    with pytest.raises(FileNotFoundError, match=r"nowhere\.txt"):
        count_vocabulary(tmp_path / "nowhere.txt")
    with pytest.raises(ValueError, match="it is also the text that is read"):
        count_shard(files[0], files[0])
    with pytest.raises(ValueError, match="processes must be at least 1"):
        count_vocabulary(files, processes=0)
    with pytest.raises(TypeError, match="did you mean 'min_count'"):
        count_vocabulary(files, mincount=3)  # type: ignore[call-arg]


def test_integers_are_not_counted(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    column = column_of(arrow.chunked_array([[[1, 2], [3]]]), None, ReadSizes())
    encode = partial(encode_column, column, TextOptions())
    with pytest.raises(TypeError, match="only words are counted, and these are integers"):
        vocabulary.write_counts(encode, str(tmp_path / "a.counts"), memory=1 << 16, workers=1)


def test_memory_has_a_least_value(monkeypatch: pytest.MonkeyPatch, files: list[Path]) -> None:
    monkeypatch.undo()
    with pytest.raises(ValueError, match=r"memory must be at least 16,777,216 bytes, not 512"):
        count_vocabulary(files, memory=512)


def test_a_fault_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes(b"good\n" * 100 + b"\xff\n")
    with pytest.raises(ValueError, match=r"bad\.txt, line 101"):
        count_shard(tmp_path / "bad.txt", tmp_path / "a.counts")
    assert os.listdir(tmp_path) == ["bad.txt"]
